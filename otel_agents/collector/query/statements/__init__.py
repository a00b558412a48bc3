"""The SQL of the API's pages, a file a question."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, Statement

Row = dict[str, Any]

_PARSED: dict[str, Statement] = {}


def ask(cursor: DuckDBPyConnection, name: str, *, opening: str = "", order: str = "", **values: Any) -> list[Row]:
    """Run the statement of a file and return its rows by column name.

    Args:
        cursor: what to run it on.
        name: the file, without ``.sql``.
        opening: the beginning of the statement, where that is not in the file; text of ours, never of a user.
        order: the ORDER BY, to stand where the file has ``/* in order */``.
        values: the statement's parameters; those it does not name are left out.
    """
    text = opening + text_of(name, order=order)
    statement = text if opening else _parsed(cursor, text)
    cursor.execute(statement, {key: value for key, value in values.items() if f"${key}" in text})
    columns = [column[0] for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _parsed(cursor: DuckDBPyConnection, text: str) -> Statement:
    """Parse a statement once: that takes up to a tenth of the time."""
    if text not in _PARSED:
        (_PARSED[text],) = cursor.extract_statements(text)
    return _PARSED[text]


@cache
def text_of(name: str, where: str = "", order: str = "") -> str:
    """Return the statement of a file, with more conditions where it has ``/* and */``, and in order."""
    text = (files(__package__) / f"{name}.sql").read_text(encoding="utf-8")
    return text.replace("/* and */", where).replace("/* in order */", order)
