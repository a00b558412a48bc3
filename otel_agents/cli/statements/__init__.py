"""The SQL of the commands, a file a question; over the view ``spans`` alone, so that a file of spans answers it too."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.resources import files


def statement(name: str, **values: datetime | float | str) -> str:
    """Return the text of a file, without ``.sql``, with each ``$name`` in it replaced by the literal of its value."""
    text = _text(name)
    for key in sorted(values, key=len, reverse=True):
        text = text.replace(f"${key}", _literal(values[key]))
    return text


def _literal(value: datetime | float | str) -> str:
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


@cache
def _text(name: str) -> str:
    return (files(__package__) / f"{name}.sql").read_text(encoding="utf-8")
