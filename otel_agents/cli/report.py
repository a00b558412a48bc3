"""``otel-agents report``: what the agents did in the last hours, and what it cost."""

from __future__ import annotations

import csv
import json
import sys
from typing import IO, TYPE_CHECKING, Any, Final

from otel_agents.cli import source, words
from otel_agents.cli.options import hours

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

    from otel_agents.cli.source import Row, Source

_Section = tuple[str, list[tuple[str, str]]]


def register(subparsers: Any) -> None:
    """Declare the command and its options."""
    parser = subparsers.add_parser("report", help="say what the agents did in the last hours, and what it cost")
    parser.add_argument("--hours", type=hours, default=24, help="how far back (default: 24)")
    parser.add_argument(
        "--format", choices=tuple(_WRITERS), default="text", help="default: text; csv has a row for each query"
    )
    source.add_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the report.

    Raises:
        OtelAgentsError: nothing answers.
    """
    _WRITERS[args.format](source.open_source(args), args.hours, sys.stdout)
    return 0


def _text(asked: Source, hours: int, out: IO[str]) -> None:
    from otel_agents.cli.rows import cut, printable, text_width
    from otel_agents.cli.summary import summary

    figures = summary(asked, hours)
    out.write(f"{_title(figures)}\n")
    for title, facts in _sections(figures):
        out.write(f"\n{title}\n")
        for name, value in facts:
            shown = cut(printable(name), 28)
            out.write(f"  {shown}{' ' * (28 - text_width(shown))}  {value}\n")


def _markdown(asked: Source, hours: int, out: IO[str]) -> None:
    from otel_agents.cli.markdown import table
    from otel_agents.cli.summary import summary

    figures = summary(asked, hours)
    out.write(f"# {_title(figures)}\n")
    for title, facts in _sections(figures):
        out.write("\n".join(["", f"## {title}", "", *table(("", ""), facts)]) + "\n")


def _json(asked: Source, hours: int, out: IO[str]) -> None:
    from otel_agents.cli.summary import summary

    json.dump(summary(asked, hours), out, indent=2, ensure_ascii=False)
    out.write("\n")


def _csv(asked: Source, hours: int, out: IO[str]) -> None:
    from otel_agents.cli.rows import harmless
    from otel_agents.cli.summary import each_query

    writer = csv.writer(out)
    writer.writerow(QUERY_COLUMNS)
    for row in each_query(asked, hours):
        writer.writerow([_cell(row[name], harmless) for name in QUERY_COLUMNS])


QUERY_COLUMNS: Final = (
    "timestamp",
    "query_id",
    "agent_type",
    "duration_ms",
    "success",
    "entities_detected",
    "tool_calls",
    "graphql_queries",
    "model_calls",
    "input_tokens",
    "output_tokens",
    "cost",
)


def _cell(value: object, harmless: Callable[[str], str]) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return harmless(value) if isinstance(value, str) else value


def _title(figures: Row) -> str:
    period = figures["period"]
    hours = f"last {period['hours']} hours" if period["hours"] > 1 else "last hour"
    return f"Report of the {hours}: {words.at(period['start'])} – {words.at(period['end'])} UTC"


def _sections(figures: Row) -> Iterable[_Section]:
    """Return the report's parts, as texts."""
    queries, times, complexity = figures["queries"], figures["response_times"], figures["complexity"]
    yield (
        "Queries",
        [
            ("Total", words.count(queries["total"])),
            ("Success rate", words.percent(queries["success_rate"])),
            ("Failed", words.count(queries["failed"])),
        ],
    )
    if not queries["total"]:
        return
    yield "Agent usage", _rows(figures["agents"], "agent", _usage) or [("No agent ran", "")]
    yield (
        "Response times",
        [
            ("Average", words.took(times["average_ms"])),
            ("Range", f"{words.took(times['min_ms'])} – {words.took(times['max_ms'])}"),
            ("p50, p95", f"{words.took(times['p50_ms'])}, {words.took(times['p95_ms'])}"),
            ("Slow (over 5 s)", words.count(times["slow"])),
            ("Very slow (over 30 s)", words.count(times["very_slow"])),
        ],
    )
    if figures["entities"]:
        yield "Entities", _rows(figures["entities"], "entity", lambda one: words.count(one["queries"]))
    if complexity["scored"]:
        yield (
            "Complexity",
            [
                ("Average score", f"{complexity['average']:.3f}"),
                ("High (over 0.7)", words.count(complexity["high"])),
                ("Queries with a score", words.count(complexity["scored"])),
            ],
        )
    yield "Cost", _cost(figures["cost"])


def _cost(cost: Row) -> list[tuple[str, str]]:
    rows = [
        ("Total", words.dollars(cost["cost"])),
        ("A query", words.dollars(cost["per_query"])),
        ("Model calls", words.count(cost["model_calls"])),
        ("Tokens", _tokens(cost)),
    ]
    if cost["unpriced_calls"]:
        rows.append(("Calls of unknown cost", words.count(cost["unpriced_calls"])))
    rows += _rows(
        cost["models"], "model", lambda one: f"{words.dollars(one['cost'])} ({words.counted(one['calls'], 'call')})"
    )
    rows += _rows(cost["agents"], "agent", lambda one: f"{words.dollars(one['cost'])} ({_tokens(one)} tokens)")
    return rows


def _usage(one: Row) -> str:
    requests = words.counted(one["requests"], "request")
    rate = "" if one["success_rate"] is None else f", {words.percent(one['success_rate'])} ok"
    return f"{words.counted(one['queries'], 'query', 'queries')} ({words.percent(one['share'])}), {requests}{rate}"


def _tokens(one: Row) -> str:
    return f"{words.count(one['input_tokens'])} in, {words.count(one['output_tokens'])} out"


def _rows(rows: Sequence[Row], name: str, said: Callable[[Row], str]) -> list[tuple[str, str]]:
    return [(row[name], said(row)) for row in rows]


_WRITERS: Final[dict[str, Callable[[Source, int, IO[str]], None]]] = {
    "text": _text,
    "json": _json,
    "csv": _csv,
    "markdown": _markdown,
}
