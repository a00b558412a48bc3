"""``otel-agents stats``: everything of the last hours by category."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from otel_agents.cli import source, words
from otel_agents.cli.options import hours

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from otel_agents.cli.source import Row


def register(subparsers: Any) -> None:
    """Declare the command and its options."""
    parser = subparsers.add_parser("stats", help="show the figures of the last hours by agent, tool, model, user, hour")
    parser.add_argument("--hours", type=hours, default=24, help="how far back (default: 24)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    source.add_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the figures.

    Raises:
        OtelAgentsError: nothing answers.
    """
    from otel_agents.cli.summary import detailed

    figures = detailed(source.open_source(args), args.hours)
    if args.format == "json":
        json.dump(figures, sys.stdout, indent=2, ensure_ascii=False)
        print()
    else:
        _print(figures)
    return 0


def _print(figures: Row) -> None:
    from otel_agents.cli.markdown import is_text, tables
    from otel_agents.cli.rows import Answer, write_table

    window = figures["window"]
    print(f"Statistics from {words.at(window['start'])} to {words.at(window['end'])} UTC")
    spending: list[Sequence[str]] = [
        (
            one["name"],
            one["kind"],
            words.count(one["calls"]),
            words.count(one["input_tokens"] + one["output_tokens"]),
            words.dollars(one["cost"]),
        )
        for one in figures["spending"]
    ]
    busy: list[Sequence[str]] = [
        (one["hour"], words.count(one["queries"]), words.count(one["spans"]), words.count(one["errors"]))
        for one in figures["hours"]
    ]
    shown = tables(figures)
    shown.append(("Users and tenants", ("Name", "Kind", "Model calls", "Tokens", "Cost"), spending))
    shown.append(("Hours (UTC)", ("Hour", "Queries", "Spans", "Errors"), busy))
    for title, heads, rows in shown:
        if rows:
            print(f"\n{title}")
            kinds = ["VARCHAR" if is_text(head) else "INTEGER" for head in heads]
            write_table(Answer(list(heads), kinds, [list(row) for row in rows], False, 0.0), sys.stdout)
