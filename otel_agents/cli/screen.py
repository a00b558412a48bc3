"""What ``otel-agents monitor`` shows: head, panels and tables, as large as the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from otel_agents.cli import words
from otel_agents.cli.rows import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    Row = dict[str, Any]

_STATUS: Final = {"healthy": "bold green", "degraded": "bold yellow", "unhealthy": "bold red", "idle": "bold"}
_PANEL_ROWS: Final = 7  # what the health panel holds
_NARROW: Final = 100  # columns; below it the tables leave out what is least needed
_SMALL: Final = 72  # below it the names would have no room beside all figures
_HEAD, _FRAME, _TITLES, _FOOT = 3, 2, 3, 1  # lines: the head, a panel's border, a table's title and its heads, the foot


def frame(figures: Row, facts: Sequence[str], foot: str, width: int, height: int | None) -> RenderableType:
    """Return one frame.

    Args:
        figures: the overview, as the API answers it.
        facts: what the head says beside the status.
        foot: the last line.
        width: columns there are.
        height: lines there are; None for as many as it takes.
    """
    reasons = figures["health"]["reasons"]
    shown = min(len(reasons), 2) if height is not None else len(reasons)
    left = None if height is None else height - _HEAD - _FOOT - shown
    panel_rows = None if left is None else max(1, min(_PANEL_ROWS, left - _FRAME - _TITLES - 2))
    parts: list[RenderableType] = [_head(figures, facts)]
    parts += [_line(f" ! {reason}", "yellow") for reason in reasons[:shown]]
    parts.append(_panels(figures, panel_rows, width))
    if left is None or panel_rows is None:
        parts.append(_agents(figures, None, width))
        parts += [Text(""), _models(figures, None, width)] if figures["models"] else []
        parts += [Text(""), _errors(figures, 10, width)] if figures["errors"] else []
    else:
        left -= panel_rows + _FRAME
        rows = _share(left, figures)
        tables = [_agents(figures, rows[0], width)]
        tables += [_models(figures, rows[1], width)] if rows[1] else []
        tables += [_errors(figures, rows[2], width)] if rows[2] else []
        spare = left - sum(max(1, table.row_count) + _TITLES for table in tables)
        for table in tables:
            parts += [Text("")] if spare > 0 and table is not tables[0] else []
            spare -= table is not tables[0]
            parts.append(table)
        parts += [Text("")] * spare
    return Group(*parts, _line(f" {foot}", "dim"))


def _share(lines: int, figures: Row) -> tuple[int, int, int]:
    """Divide lines among the tables of agents, models and errors: the agents first, the others where there is room."""
    agents = max(1, min(len(figures["agents"]), lines - _TITLES))
    left = lines - agents - _TITLES
    models = min(len(figures["models"]), max(0, left - _TITLES))
    left -= models + _TITLES if models else 0
    errors = min(len(figures["errors"]), max(0, left - _TITLES))
    return agents, models, errors


def _head(figures: Row, facts: Sequence[str]) -> Panel:
    status = figures["health"]["status"]
    text = Text("Status: ", no_wrap=True, overflow="ellipsis", justify="center")
    text.append(status.upper(), _STATUS.get(status, "bold"))
    text.append("".join(f" │ {fact}" for fact in facts))
    return Panel(text, title="System Monitoring Dashboard", box=ROUNDED, padding=0)


def _panels(figures: Row, rows: int | None, width: int) -> Table:
    agents = [(one["agent"], one["requests"], one["success_rate"]) for one in figures["agents"]]
    tools = [(one["tool"], one["calls"], one["success_rate"]) for one in figures["tools"]]
    grid = Table.grid(expand=True)
    for _ in range(3):
        grid.add_column(ratio=1)
    height = None if rows is None else rows + _FRAME
    most = rows if rows is not None else max(_PANEL_ROWS, len(agents) + 1, len(tools) + 1)
    inner = width // 3 - 4
    grid.add_row(
        Panel(_counts("Reqs", agents, most, inner), title="Agents", box=ROUNDED, height=height or most + _FRAME),
        Panel(_counts("Uses", tools, most, inner), title="Tools", box=ROUNDED, height=height or most + _FRAME),
        Panel(_health(figures), title="Health", box=ROUNDED, height=height or most + _FRAME),
    )
    return grid


def _counts(title: str, rows: list[tuple[str, int, float]], most: int, width: int) -> Table:
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_row("", Text(title, "dim"), Text("Success" if width > 26 else "OK", "dim"))
    room = most - 1
    for name, number, rate in rows if len(rows) <= room else rows[: max(0, room - 1)]:
        table.add_row(_text(name), words.short(number), _rate(rate))
    if len(rows) > room > 0:
        table.add_row(Text(f"… {len(rows) - room + 1} more", "dim"), "", "")
    return table


def _health(figures: Row) -> Table:
    totals = figures["totals"]
    requests = sum(one["requests"] for one in figures["agents"])
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", no_wrap=True, ratio=1)
    for name, value in (
        ("Requests", words.count(requests or totals["traces"])),
        ("Success", _rate(100 - totals["error_rate"])),
        ("Agents", words.count(len(figures["agents"]))),
        ("Errors", words.count(totals["errors"])),
        ("p95", words.took(totals["p95_ms"])),
        ("Tokens", words.short(totals["input_tokens"] + totals["output_tokens"])),
        ("Cost", spent(totals)),
    ):
        table.add_row(name, value)
    return table


def spent(totals: Row) -> str:
    """Write a cost, with a plus where calls of unknown cost come to it."""
    return words.dollars(totals["cost"]) + ("+" if totals["unpriced_calls"] and totals["cost"] is not None else "")


def _agents(figures: Row, most: int | None, width: int) -> Table:
    small = width < _SMALL
    heads = ("Requests", "Success", "Avg Time", "p95", "Tokens", "Cost")
    table = _table("Agent Performance", "Agent", *(heads[:3] + heads[-1:] if small else heads), width=width)
    for one in figures["agents"][:most]:
        cells = (
            _text(one["agent"]),
            words.count(one["requests"]),
            _rate(one["success_rate"]) if one["requests"] else words.UNKNOWN,
            words.took(one["avg_ms"]),
            words.took(one["p95_ms"]),
            words.short(one["input_tokens"] + one["output_tokens"]),
            words.dollars(one["cost"]),
        )
        table.add_row(*(cells[:4] + cells[-1:] if small else cells))
    if not figures["agents"]:
        table.add_row(Text("no agent ran", "dim"))
    return table


def _models(figures: Row, most: int | None, width: int) -> Table:
    table = _table("Models", "Model", "Calls", "Errors", "Avg Time", "p95", "Tokens", "Cost", width=width)
    for one in figures["models"][:most]:
        table.add_row(
            _text(one["model"]),
            words.count(one["calls"]),
            words.count(one["errors"]),
            words.took(one["avg_ms"]),
            words.took(one["p95_ms"]),
            words.short(one["input_tokens"] + one["output_tokens"]),
            words.dollars(one["cost"]),
        )
    return table


def _errors(figures: Row, most: int, width: int) -> Table:
    table = _plain("Errors", wide=width >= _NARROW)
    table.add_column("Last (UTC)", no_wrap=True)
    table.add_column("Times", justify="right", no_wrap=True)
    table.add_column("Where", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("What", no_wrap=True, overflow="ellipsis", ratio=3)
    for one in figures["errors"][:most]:
        table.add_row(one["time"][11:19], words.count(one["count"]), _text(one["name"]), _text(one["message"], "red"))
    return table


def _table(title: str, name: str, *numbers: str, width: int) -> Table:
    table = _plain(title, wide=width >= _NARROW)
    table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=1)
    for number in numbers:
        table.add_column(number, justify="right", no_wrap=True, min_width=8 if width >= _SMALL else 7)
    return table


def _plain(title: str, *, wide: bool) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        expand=True,
        show_edge=False,
        padding=(0, 1 if wide else 0),
    )


def _rate(value: float) -> Text:
    return Text(words.percent(value), "green" if value >= 98 else "yellow" if value >= 90 else "red")


def _text(text: str, style: str = "") -> Text:
    return Text(printable(text), style)


def _line(text: str, style: str) -> Text:
    return Text(printable(text), style, no_wrap=True, overflow="ellipsis")
