"""Writes the answer of a query as a table, as JSON or as CSV."""

from __future__ import annotations

import csv
import json
import shutil
import unicodedata
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBERS: Final = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "BIGNUM")  # what the names of such types hold
_NARROWEST: Final = 8  # characters a column keeps, however narrow the terminal
_GAP: Final = "  "
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet would run what begins so


@dataclass(frozen=True, slots=True)
class Answer:
    """What ``POST /api/v1/sql`` answers."""

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    truncated: bool
    elapsed_ms: float


def footer(answer: Answer) -> str:
    """Say how many rows there are, how long it took, and whether there would be more."""
    count = len(answer.rows)
    said = f"{count:,} {'row' if count == 1 else 'rows'} in {answer.elapsed_ms:,.1f} ms"
    return f"{said} (cut at {count:,} rows)" if answer.truncated else said


def write_table(answer: Answer, out: IO[str]) -> None:
    """Write aligned columns; on a terminal too narrow for them, the widest are cut."""
    texts = [[printable(_text(value)) for value in row] for row in answer.rows]
    heads = [printable(column) for column in answer.columns]
    widths = [max(map(text_width, column)) for column in zip(heads, *texts, strict=True)]
    if out.isatty():
        widths = _fit(widths, shutil.get_terminal_size().columns)
    right = [_is_number(kind) for kind in answer.types]
    for line in (heads, ["-" * width for width in widths], *texts):
        cells = map(_cell, line, widths, right)
        out.write(_GAP.join(cells).rstrip() + "\n")


def write_json(answer: Answer, out: IO[str]) -> None:
    """Write a list of objects; a column's name that comes again gets a number."""
    names: list[str] = []
    for column in answer.columns:
        again = 2
        name = column
        while name in names:
            name, again = f"{column}_{again}", again + 1
        names.append(name)
    json.dump([dict(zip(names, row, strict=True)) for row in answer.rows], out, indent=2, ensure_ascii=False)
    out.write("\n")


def write_csv(answer: Answer, out: IO[str]) -> None:
    """Write CSV (RFC 4180); a text a spreadsheet would take for a formula gets an apostrophe first. NULL is empty."""
    writer = csv.writer(out)
    writer.writerow([harmless(column) for column in answer.columns])
    numbers = [_is_number(kind) for kind in answer.types]
    for row in answer.rows:
        texts = ("" if value is None else _text(value) for value in row)
        writer.writerow([text if number else harmless(text) for text, number in zip(texts, numbers, strict=True)])


WRITERS: Final[dict[str, Callable[[Answer, IO[str]], None]]] = {
    "table": write_table,
    "json": write_json,
    "csv": write_csv,
}


def _text(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.10g}" if value != int(value) else f"{value:.1f}"
    return json.dumps(value, ensure_ascii=False)


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _is_number(kind: str) -> bool:
    return "[" not in kind and "(" not in kind.removeprefix("DECIMAL(") and any(word in kind for word in _NUMBERS)


def printable(text: str) -> str:
    """Replace what would move the cursor: spans hold text of others."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _ESCAPES.get(c, f"\\u{ord(c):04x}") for c in text)


_ESCAPES: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def text_width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(_character_width(c) for c in text)


def _character_width(c: str) -> int:
    if unicodedata.combining(c):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def _fit(widths: list[int], room: int) -> list[int]:
    """Narrow the widest columns alike until all fit, or none can be narrowed."""
    room -= len(_GAP) * (len(widths) - 1)
    most = min(max(widths), max(room, _NARROWEST))
    while most > _NARROWEST and sum(min(width, most) for width in widths) > room:
        most -= 1
    return [min(width, most) for width in widths]


def _cell(text: str, width: int, at_right: bool) -> str:
    text = cut(text, width)
    space = " " * (width - text_width(text))
    return space + text if at_right else text + space


def cut(text: str, width: int) -> str:
    """Cut a text to so many columns."""
    if text_width(text) <= width:
        return text
    kept, used = "", 1
    for c in text:
        used += _character_width(c)
        if used > width:
            break
        kept += c
    return kept + "…"
