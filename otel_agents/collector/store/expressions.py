"""Pieces of SQL that read laid-out attributes, a column for each key and variant it occurs in (``layout.py``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otel_agents.collector.store.attributes import NUMBER_JSON, VARIANTS

if TYPE_CHECKING:
    from collections.abc import Iterable

# How a column of each variant is read as a text (what attributes->>'key' answers), an integer and a number.
AS_TEXT: Final = {
    "text": "{0}",
    "flag": "{0}::VARCHAR",
    "integer": "{0}::VARCHAR",
    "number": f"({NUMBER_JSON})::JSON ->> '$'",
    "json": "{0}::JSON ->> '$'",
}
AS_INTEGER: Final = {"text": "TRY_CAST({0} AS BIGINT)", "integer": "{0}", "number": "TRY_CAST({0} AS BIGINT)"}
AS_NUMBER: Final = {"text": "TRY_CAST({0} AS DOUBLE)", "integer": "{0}::DOUBLE", "number": "{0}"}


def readings(present: frozenset[str], keys: Iterable[str], forms: dict[str, str]) -> list[str]:
    """Read some keys, in the variants that are ``present``, one expression each."""
    return [
        forms[variant].format(f'"{key}|{variant}"')
        for key in keys
        for variant in VARIANTS
        if variant in forms and f"{key}|{variant}" in present
    ]


def first(values: list[str]) -> str:
    """Take the first of some values that is not NULL."""
    return f"coalesce({', '.join(values)})" if values else "NULL"


def numbered(column: str, names: tuple[str, ...]) -> str:
    """Name the numbers of a column; one that is out of range is called as 0 is."""
    cases = " ".join(f"WHEN {number} THEN '{name}'" for number, name in enumerate(names))
    return f"CASE {column} {cases} ELSE '{names[0]}' END"
