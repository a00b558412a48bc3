"""The SQL of the commands, a file a question; over the view ``spans`` alone, so that a file of spans answers it too."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def statement(name: str, **values: datetime | float | str) -> str:
    """Return the text of a file, without ``.sql``, with each ``$name`` in it replaced by the literal of its value."""
    return _filled(_text(name), values)


def ended(start: datetime, end: datetime, **values: datetime | float | str) -> str:
    """Return the collector's own question for what ended in a time."""
    from otel_agents.collector.query.ended import IN_A_TIME, around
    from otel_agents.collector.query.statements import text_of

    return _filled(text_of("ended", IN_A_TIME), {"start": start, "end": end, **around(start, end), **values})


def _filled(text: str, values: Mapping[str, datetime | float | str]) -> str:
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
