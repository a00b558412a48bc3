"""``otel-agents import``: sends what a file holds to a collector."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse


def register(subparsers: Any) -> None:
    """Declare the command and its options."""
    parser = subparsers.add_parser("import", help="send the spans of a file to the collector")
    parser.add_argument("file", metavar="FILE", help="what `otel-agents export` wrote, or any OTLP JSON")
    parser.add_argument("--format", choices=("parquet", "otlp-json", "csv"), help="default: by FILE's name")
    parser.add_argument("--url", help="address of the collector (default: $OTEL_AGENTS_URL or http://127.0.0.1:4318)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Import; what is there already is not stored again.

    Raises:
        OtelAgentsError: no collector answers, it refuses, or the file cannot be read.
    """
    from otel_agents.cli import formats
    from otel_agents.cli.client import Client, collector_url

    path = Path(args.file)
    client = Client(collector_url(args.url))
    requests = refused = 0
    for to, body in formats.read(path, args.format or formats.SUFFIXES.get(path.suffix.lower(), "otlp-json")):
        refused += client.post_otlp(to, body)
        requests += 1
    print(f"{requests:,} {'request' if requests == 1 else 'requests'} sent to {client.url}", file=sys.stderr)
    if refused:
        print(f"otel-agents: {refused:,} records were refused", file=sys.stderr)
    return int(bool(refused))
