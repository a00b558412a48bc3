"""The SQL that turns laid-out spans into rows of ``span_data``."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from otel_agents.collector.store import columns
from otel_agents.collector.store.expressions import AS_INTEGER, AS_NUMBER, AS_TEXT, first, numbered, readings
from otel_agents.collector.store.nested import nested
from otel_agents.collector.store.owners import owner, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_STATUSES = ("unset", "ok", "error")


@lru_cache(maxsize=64)
def insert_sql(present: frozenset[str]) -> str:
    """Write the INSERT from the table ``incoming``, whose columns are ``present``."""

    def reads(keys: Iterable[str], forms: dict[str, str]) -> list[str]:
        return readings(present, keys, forms)

    values = {
        "trace_id": "lower(hex(trace_id))",
        "span_id": "lower(hex(span_id))",
        "parent_span_id": "nullif(lower(hex(parent_span_id)), '')",
        "name": "name",
        "kind": numbered("kind", _KINDS),
        "scope_name": "scope_name",
        "service_name": "service_name",
        "type": _type(lambda keys: reads(keys, AS_TEXT)),
        "start_time": "make_timestamp((start_ns // 1000)::BIGINT)",
        "end_time": "CASE WHEN end_ns > 0 THEN make_timestamp((end_ns // 1000)::BIGINT) END",
        "duration_ms": "CASE WHEN end_ns > start_ns THEN (end_ns - start_ns) / 1e6 WHEN end_ns > 0 THEN 0 END",
        "status": numbered("status", _STATUSES),
        "status_message": "nullif(status_message, '')",
        "attributes": "'{}'",  # where earlier versions had them
        **{name: name for name in columns.GROUPS},
        "content": "content",
        "resource": "resource",
        "events": "events",
        "links": "links",
        "start_nanos": "start_ns % 1000",
        "end_nanos": "end_ns % 1000",
        "scope": "scope",
        "trace_state": "nullif(trace_state, '')",
        "flags": "flags",
        "dropped_attributes": "dropped_attributes",
        "dropped_events": "dropped_events",
        "dropped_links": "dropped_links",
        "batch": "batch",
    }
    inside = nested(present)
    for named, forms in ((columns.TEXT, AS_TEXT), (columns.INTEGER, AS_INTEGER), ({"cost": columns.COST}, AS_NUMBER)):
        values |= {column: first([*reads(keys, forms), *inside.get(column, ())]) for column, keys in named.items()}
    values |= {"tenant": tenant(present), "owner": owner(present)}
    values["cost_source"] = first(
        [values["cost_source"], f"CASE WHEN {values['cost']} IS NOT NULL THEN 'reported' END"]
    )
    values["ttft_ms"] = first(
        [f"{read} * {factor}" for key, factor in columns.TTFT.items() for read in reads([key], AS_NUMBER)]
    )
    values["error_type"] = first([values["error_type"], "CASE WHEN status = 2 THEN exception_type END"])
    return (
        f"INSERT INTO span_data ({', '.join(values)})\n"
        f"SELECT {', '.join(f'{value} AS {column}' for column, value in values.items())}\n"
        "FROM incoming"
    )


def _type(reads: Callable[[Iterable[str]], list[str]]) -> str:
    found = []
    for key, types in columns.TYPE.items():
        cases = " ".join(f"WHEN '{value}' THEN '{span_type}'" for value, span_type in types.items())
        found += [f"CASE lower(trim({read}, '\"')) {cases} END" for read in reads([key])]
    for key, span_type in columns.TYPE_BY_PRESENCE.items():
        found += [f"CASE WHEN {read} IS NOT NULL THEN '{span_type}' END" for read in reads([key])]
    return first([*found, "'other'"])
