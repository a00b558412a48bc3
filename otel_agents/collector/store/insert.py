"""The SQL that turns laid-out spans into rows of ``span_data``."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from otel_agents.collector.store import columns
from otel_agents.collector.store.attributes import NUMBER_JSON, VARIANTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_STATUSES = ("unset", "ok", "error")

# How a column of each variant is read as a text (what attributes->>'key' answers), an integer and a number.
_AS_TEXT = {
    "text": "{0}",
    "flag": "{0}::VARCHAR",
    "integer": "{0}::VARCHAR",
    "number": f"({NUMBER_JSON})::JSON ->> '$'",
    "json": "{0}::JSON ->> '$'",
}
_AS_INTEGER = {"text": "TRY_CAST({0} AS BIGINT)", "integer": "{0}", "number": "TRY_CAST({0} AS BIGINT)"}
_AS_NUMBER = {"text": "TRY_CAST({0} AS DOUBLE)", "integer": "{0}::DOUBLE", "number": "{0}"}


@lru_cache(maxsize=64)
def insert_sql(present: frozenset[str]) -> str:
    """Write the INSERT from the table ``incoming``, whose columns are ``present``."""

    def reads(keys: Iterable[str], forms: dict[str, str]) -> list[str]:
        return [
            forms[variant].format(f'"{key}|{variant}"')
            for key in keys
            for variant in VARIANTS
            if variant in forms and f"{key}|{variant}" in present
        ]

    values = {
        "trace_id": "lower(hex(trace_id))",
        "span_id": "lower(hex(span_id))",
        "parent_span_id": "nullif(lower(hex(parent_span_id)), '')",
        "name": "name",
        "kind": _numbered("kind", _KINDS),
        "scope_name": "scope_name",
        "service_name": "service_name",
        "type": _type(lambda keys: reads(keys, _AS_TEXT)),
        "start_time": "make_timestamp((start_ns // 1000)::BIGINT)",
        "end_time": "CASE WHEN end_ns > 0 THEN make_timestamp((end_ns // 1000)::BIGINT) END",
        "duration_ms": "CASE WHEN end_ns > start_ns THEN (end_ns - start_ns) / 1e6 WHEN end_ns > 0 THEN 0 END",
        "status": _numbered("status", _STATUSES),
        "status_message": "nullif(status_message, '')",
        "attributes": "attributes",
        "content": "content",
        "resource": "resource",
        "events": "events",
        "links": "links",
    }
    values |= {column: _first(reads(keys, _AS_TEXT)) for column, keys in columns.TEXT.items()}
    values |= {column: _first(reads(keys, _AS_INTEGER)) for column, keys in columns.INTEGER.items()}
    values["cost"] = _first(reads(columns.COST, _AS_NUMBER))
    values["cost_source"] = _first(
        [values["cost_source"], f"CASE WHEN {values['cost']} IS NOT NULL THEN 'reported' END"]
    )
    values["ttft_ms"] = _first(
        [f"{read} * {factor}" for key, factor in columns.TTFT.items() for read in reads([key], _AS_NUMBER)]
    )
    values["error_type"] = _first([values["error_type"], "CASE WHEN status = 2 THEN exception_type END"])
    return (
        f"INSERT INTO span_data ({', '.join(values)})\n"
        f"SELECT {', '.join(f'{value} AS {column}' for column, value in values.items())}\n"
        "FROM incoming"
    )


def _first(values: list[str]) -> str:
    return f"coalesce({', '.join(values)})" if values else "NULL"


def _numbered(column: str, names: tuple[str, ...]) -> str:
    cases = " ".join(f"WHEN {number} THEN '{name}'" for number, name in enumerate(names))
    return f"CASE {column} {cases} ELSE '{names[0]}' END"


def _type(reads: Callable[[Iterable[str]], list[str]]) -> str:
    found = []
    for key, types in columns.TYPE.items():
        cases = " ".join(f"WHEN '{value}' THEN '{span_type}'" for value, span_type in types.items())
        found += [f"CASE lower(trim({read}, '\"')) {cases} END" for read in reads([key])]
    for key, span_type in columns.TYPE_BY_PRESENCE.items():
        found += [f"CASE WHEN {read} IS NOT NULL THEN '{span_type}' END" for read in reads([key])]
    return _first([*found, "'other'"])
