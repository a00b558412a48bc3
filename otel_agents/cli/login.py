"""``otel-agents login``: prints a link that lets a browser into the pages of a collector that asks for keys, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse


def register(subparsers: Any) -> None:
    """Declare the command and its options."""
    parser = subparsers.add_parser("login", help="print a link to the pages of a collector that asks for keys")
    parser.add_argument("--url", help="the collector (default: $OTEL_AGENTS_URL, or the one that runs here)")
    parser.add_argument("--data", help="its data folder (default: $OTEL_AGENTS_DATA, or otel-agents in your own)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the link.

    Raises:
        OtelAgentsError: no collector answers, or it refuses.
    """
    from otel_agents.cli.client import Client, collector_url
    from otel_agents.cli.local import data_folder, running
    from otel_agents.errors import CollectorError, QueryError

    found = {} if args.url else running(data_folder(args.data))
    client = Client(found.get("url") or collector_url(args.url), found.get("key"))
    try:
        path = client.post("/api/v1/login-links", {})["path"]
    except QueryError as error:
        raise CollectorError(f"{error}; {error.hint}" if error.hint else str(error)) from None
    print(client.url + path)
    return 0
