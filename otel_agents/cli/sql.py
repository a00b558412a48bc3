"""``otel-agents sql``: asks a running collector a question in SQL."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from otel_agents.errors import QueryError

if TYPE_CHECKING:
    import argparse


def register(subparsers: Any) -> None:
    """Declare the command and its options."""
    parser = subparsers.add_parser("sql", help="ask the collector a question in SQL")
    parser.add_argument("query", help='SELECT … over spans, traces, … ("DESCRIBE spans" lists the columns); - reads it')
    parser.add_argument("--url", help="address of the collector (default: $OTEL_AGENTS_URL or http://127.0.0.1:4318)")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="default: table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the query and print its answer; the number of rows goes to stderr.

    Raises:
        OtelAgentsError: no collector answers, or the address is none.
    """
    from otel_agents.cli import rows
    from otel_agents.cli.client import Client, collector_url

    query = sys.stdin.read() if args.query == "-" else args.query
    client = Client(collector_url(args.url))
    try:
        answer = rows.Answer(**client.post("/api/v1/sql", {"sql": query}))
    except QueryError as error:
        hint = f"; {error.hint}" if error.hint else ""
        print(f"otel-agents: {error}{hint}", file=sys.stderr)
        return 1
    try:
        rows.WRITERS[args.format](answer, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    print(rows.footer(answer), file=sys.stderr)
    return 0
