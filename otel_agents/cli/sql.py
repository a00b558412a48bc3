"""``otel-agents sql``: asks a running collector a question in SQL."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from otel_agents.errors import ConfigurationError, QueryError

if TYPE_CHECKING:
    import argparse

    from otel_agents.cli.rows import Answer

_PLACE: Final = re.compile(r"at line (?P<line>\d+), column (?P<column>\d+)")
_SAVED: Final = "/api/v1/queries"
_BEFORE, _SHOWN = 60, 100  # characters of a long line: before the place, and in all


def register(subparsers: Any) -> None:
    """Declare the command and its options."""
    parser = subparsers.add_parser("sql", help="ask the collector a question in SQL")
    parser.add_argument(
        "query", nargs="?", help='SELECT … over spans, traces, … ("DESCRIBE spans" lists the columns); - reads it'
    )
    parser.add_argument("--url", help="address of the collector (default: $OTEL_AGENTS_URL or http://127.0.0.1:4318)")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="default: table")
    saved = parser.add_argument_group("saved queries, which the SQL page has too")
    saved.add_argument("--saved", metavar="NAME", help="run the query that was saved under a name")
    saved.add_argument("--save", metavar="NAME", help="run the query, and save it under a name when it can be run")
    saved.add_argument("--about", metavar="TEXT", default="", help="with --save: what it answers")
    saved.add_argument("--list", action="store_true", help="list the saved queries")
    saved.add_argument("--delete", metavar="NAME", help="delete a saved query")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the query and print its answer; the number of rows goes to stderr.

    Raises:
        OtelAgentsError: no collector answers, or the address is none.
    """
    from otel_agents.cli import rows
    from otel_agents.cli.client import Client, collector_url

    if sum(map(bool, (args.query, args.saved, args.list, args.delete))) != 1:
        raise ConfigurationError("give a query, or one of --saved NAME, --list and --delete NAME")
    if args.save and not args.query:
        raise ConfigurationError("--save NAME needs a query")
    client = Client(collector_url(args.url))
    query = ""
    try:
        if args.delete:
            client.delete(_saved(args.delete))
            return 0
        if args.list:
            answer = _listed(client.get(_SAVED)["queries"])
        else:
            query = client.get(_saved(args.saved))["sql"] if args.saved else args.query
            query = sys.stdin.read() if query == "-" else query
            answer = rows.Answer(**client.post("/api/v1/sql", {"sql": query}))
            if args.save:
                client.post(_saved(args.save), {"sql": query, "about": args.about}, "PUT")
    except QueryError as error:
        hint = f"; {error.hint}" if error.hint else ""
        print(f"otel-agents: {error}{hint}{_pointed(query, str(error))}", file=sys.stderr)
        return 1
    try:
        rows.WRITERS[args.format](answer, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if not args.list:
        print(rows.footer(answer), file=sys.stderr)
    return 0


def _saved(name: str) -> str:
    return f"{_SAVED}/{quote(name, safe='')}"


def _listed(queries: list[dict[str, str]]) -> Answer:
    from otel_agents.cli.rows import Answer

    columns = ["name", "about", "changed", "changed_by", "sql"]
    return Answer(
        columns, ["VARCHAR"] * len(columns), [[query[name] for name in columns] for query in queries], False, 0
    )


def _pointed(query: str, message: str) -> str:
    """The line of a query that a message is about, and a mark below the place; "" when it names none."""
    named = _PLACE.search(message)
    lines = query.split("\n")
    if named is None or int(named["line"]) > len(lines):
        return ""
    line, column = lines[int(named["line"]) - 1].replace("\t", " "), int(named["column"]) - 1
    from_ = max(0, column - _BEFORE)
    shown = ("…" if from_ else "") + line[from_ : from_ + _SHOWN]
    length = len(m[0]) if (m := re.match(r'"[^"]*"|\'[^\']*\'|[\w.]+|\S', line[column:])) else 1
    at = column - from_ + (1 if from_ else 0)
    return f"\n  {shown}\n  {' ' * at}{'^' * min(length, max(1, len(shown) - at))}"
