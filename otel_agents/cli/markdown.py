"""Overview and report as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agents.cli import words
from otel_agents.cli.rows import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Row = dict[str, Any]

_TEXTS: Final = frozenset({"Agent", "Tool", "Model", "Last (UTC)", "Where", "Error", "Name", "Kind", "Hour"})


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table, its figures at the right; a word where there are no rows."""
    lines = [_line(row) for row in rows]
    marks = (" ---: |" if at and not is_text(head) else " --- |" for at, head in enumerate(heads))
    return [_line(heads), f"|{''.join(marks)}", *lines] if lines else ["None."]


def is_text(head: str) -> bool:
    """Say whether a column holds texts, which stand at the left."""
    return head in _TEXTS


def overview(figures: Row) -> str:
    """Return the overview as a document."""
    totals, health, window = figures["totals"], figures["health"], figures["window"]
    requests = sum(one["requests"] for one in figures["agents"]) or totals["traces"]
    lines = [
        "# System monitoring",
        "",
        f"{words.at(window['start'])} – {words.at(window['end'])} UTC ({words.period(window['minutes'])})",
        "",
        f"**Status: {health['status'].upper()}**",
        "",
        *(f"- {_escaped(reason)}" for reason in health["reasons"]),
        *([""] if health["reasons"] else []),
        *table(
            ("Requests", "Success", "Agents", "Errors", "p50", "p95", "Tokens", "Cost", "Unpriced calls"),
            [
                (
                    words.count(requests),
                    words.percent(100 - totals["error_rate"]),
                    words.count(len(figures["agents"])),
                    words.count(totals["errors"]),
                    words.took(totals["p50_ms"]),
                    words.took(totals["p95_ms"]),
                    words.count(totals["input_tokens"] + totals["output_tokens"]),
                    words.dollars(totals["cost"]),
                    words.count(totals["unpriced_calls"]),
                )
            ],
        ),
    ]
    for title, heads, rows in tables(figures):
        lines += ["", f"## {title}", "", *table(heads, rows)]
    return "\n".join(lines) + "\n"


def tables(figures: Row) -> list[tuple[str, Sequence[str], list[Sequence[str]]]]:
    """Return the tables of agents, tools, models and errors: title, heads and rows, as texts."""
    return [
        (
            "Agents",
            ("Agent", "Requests", "Success", "Avg time", "p95", "Tokens", "Cost"),
            [
                (
                    one["agent"],
                    words.count(one["requests"]),
                    words.percent(one["success_rate"]),
                    words.took(one["avg_ms"]),
                    words.took(one["p95_ms"]),
                    words.count(one["input_tokens"] + one["output_tokens"]),
                    words.dollars(one["cost"]),
                )
                for one in figures["agents"]
            ],
        ),
        (
            "Tools",
            ("Tool", "Uses", "Success", "Avg time", "p95"),
            [
                (
                    one["tool"],
                    words.count(one["calls"]),
                    words.percent(one["success_rate"]),
                    words.took(one["avg_ms"]),
                    words.took(one["p95_ms"]),
                )
                for one in figures["tools"]
            ],
        ),
        (
            "Models",
            ("Model", "Calls", "Errors", "Avg time", "p95", "First token", "Tokens", "Cost"),
            [
                (
                    one["model"],
                    words.count(one["calls"]),
                    words.count(one["errors"]),
                    words.took(one["avg_ms"]),
                    words.took(one["p95_ms"]),
                    words.took(one["ttft_ms"]),
                    words.count(one["input_tokens"] + one["output_tokens"]),
                    words.dollars(one["cost"]),
                )
                for one in figures["models"]
            ],
        ),
        (
            "Errors",
            ("Last (UTC)", "Times", "Where", "Error"),
            [
                (
                    words.at(one["time"]),
                    words.count(one["count"]),
                    one["name"],
                    one["message"] or one["error_type"] or "error",
                )
                for one in figures["errors"]
            ],
        ),
    ]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    """Keep a text of others from being anything but text in Markdown or the HTML made of it."""
    for mark in "\\`*_[]|":
        text = text.replace(mark, f"\\{mark}")
    return printable(text.replace("\n", " ")).replace("<", "&lt;").replace(">", "&gt;")
