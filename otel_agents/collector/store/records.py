"""Lays data points and log records out for the store, and the SQL that turns them into rows.

One that is sent again is kept once: it has the same identity and owner, and came in another request. Records of the
same identity in one request are several, as clocks are coarse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.store import evaluations, owners
from otel_agents.collector.store.attributes import VARIANTS, Attributes
from otel_agents.collector.store.expressions import AS_TEXT, first, readings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from otel_agents.collector.handoff import Batch

_JSON: Final = pa.json_(pa.string())  # DuckDB takes it as JSON and does not parse it again
_WRITTEN_AS_JSON: Final = frozenset(("attributes", "resource", "scope", "metadata", "exemplars"))
_EVENT_NAME: Final = "event.name"  # the attribute that had the name before the field did
_SEVERITIES: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")

_INSERT: Final = """
INSERT INTO {table} BY NAME
SELECT * EXCLUDE (request, row)
FROM (SELECT {columns}, hash({identity}) AS identity, request, row FROM {incoming}) AS sent
WHERE NOT EXISTS (
    FROM {table} AS known
    WHERE known.time BETWEEN make_timestamp({first}) AND make_timestamp({last})
        AND known.identity = sent.identity
        AND known.owner IS NOT DISTINCT FROM sent.owner
)
QUALIFY request = min(request) OVER (PARTITION BY identity, owner)
ORDER BY row
"""

_POINT: Final = {
    "name": "name",
    "kind": "kind",
    "unit": "nullif(unit, '')",
    "description": "nullif(description, '')",
    "metadata": "metadata",
    "service_name": "service_name",
    "scope_name": "scope_name",
    "scope": "scope",
    "start_time": "CASE WHEN start_ns > 0 THEN make_timestamp((start_ns // 1000)::BIGINT) END",
    "time": "make_timestamp((time_ns // 1000)::BIGINT)",
    "start_nanos": "start_ns % 1000",
    "time_nanos": "time_ns % 1000",
    "temporality": "CASE temporality WHEN 1 THEN 'delta' WHEN 2 THEN 'cumulative' END",
    "monotonic": "monotonic",
    "value": "coalesce(number, integer::DOUBLE)",
    "integer_value": "integer",
    "count": "count",
    "sum": "sum",
    "min": "min",
    "max": "max",
    "bounds": "bounds",
    "bucket_counts": "bucket_counts",
    "exponential": "exponential",
    "quantiles": "quantiles",
    "exemplars": "exemplars",
    "flags": "flags",
    "attributes": "attributes",
    "resource": "resource",
}
# What was measured is in it, as two processes may say the same of themselves.
_POINT_IDENTITY: Final = (
    "name, kind, unit, resource, scope_name, scope, attributes, start_ns, time_ns, number, integer, count, sum"
)

_LOG: Final = {
    "time": "make_timestamp((coalesce(nullif(time_ns, 0), observed_ns) // 1000)::BIGINT)",
    "observed_time": "make_timestamp((observed_ns // 1000)::BIGINT)",
    "time_nanos": "coalesce(nullif(time_ns, 0), observed_ns) % 1000",
    "observed_nanos": "observed_ns % 1000",
    "has_time": "time_ns > 0",
    "severity": f"CASE WHEN severity_number BETWEEN 1 AND 24 THEN {list(_SEVERITIES)}[(severity_number + 3) // 4]"
    " ELSE nullif(severity_text, '') END",
    "severity_number": "nullif(severity_number, 0)",
    "severity_text": "nullif(severity_text, '')",
    "trace_id": "nullif(lower(hex(trace_id)), '')",
    "span_id": "nullif(lower(hex(span_id)), '')",
    "flags": "flags",
    "dropped_attributes": "dropped_attributes",
    "service_name": "service_name",
    "scope_name": "scope_name",
    "scope": "scope",
    "attributes": "attributes",
    "resource": "resource",
    "body": first(readings(frozenset(f"body|{v}" for v in VARIANTS), ["body"], AS_TEXT)),
    "body_kind": """CASE WHEN "body|json" = 'null' THEN NULL """
    + " ".join(f"""WHEN "body|{v}" IS NOT NULL THEN '{v}'""" for v in VARIANTS)
    + " END",
}
_LOG_IDENTITY: Final = (
    "time_ns, CASE WHEN time_ns = 0 THEN observed_ns END, severity_number, severity_text, event_name, trace_id,"
    f" span_id, resource, scope_name, scope, attributes, {', '.join(f'{chr(34)}body|{v}{chr(34)}' for v in VARIANTS)}"
)


def lay_out_points(batches: Sequence[Batch], connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Put the data points of some batches into one table, attributes as JSON."""
    return _lay_out(batches, connection, frozenset(owners.KEYS))


def lay_out_logs(batches: Sequence[Batch], connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Put the log records of some batches into one table: attributes as JSON, a column for each key read."""
    laid_out = _lay_out(batches, connection, evaluations.KEYS | {_EVENT_NAME, *owners.KEYS})
    body = laid_out["body"].combine_chunks()
    for variant in VARIANTS:
        laid_out = laid_out.append_column(f"body|{variant}", pc.struct_field(body, variant))
    return laid_out.drop_columns("body")


def point_statements(incoming: pa.Table) -> list[str]:
    """Write what stores the table ``incoming_points``."""
    first_ns, last_ns = pc.min_max(incoming["time_ns"]).as_py().values()
    point = _POINT | _whose(frozenset(incoming.column_names))
    return [_insert("point_data", point, _POINT_IDENTITY, "incoming_points", first_ns, last_ns)]


def log_statements(incoming: pa.Table) -> list[str]:
    """Write what stores the table ``incoming_logs``, and the evaluations in it."""
    present = frozenset(incoming.column_names)
    event_name = first(["nullif(event_name, '')", *readings(present, [_EVENT_NAME], AS_TEXT)])
    log = _LOG | {"event_name": event_name} | _whose(present)
    not_told = pc.equal(incoming["time_ns"], pa.scalar(0, pa.uint64()))
    times = pc.if_else(not_told, incoming["observed_ns"], incoming["time_ns"])
    first_ns, last_ns = pc.min_max(times).as_py().values()
    insert = _insert("log_data", log, _LOG_IDENTITY, "incoming_logs", first_ns, last_ns)
    return [insert, *evaluations.of_logs(present, log)]


def _lay_out(batches: Sequence[Batch], connection: duckdb.DuckDBPyConnection, wanted: frozenset[str]) -> pa.Table:
    rows = owners.with_owners(pa.Table.from_batches([batch.rows for batch in batches]), batches)
    attributes = Attributes(rows["attributes"])
    texts = attributes.pair_texts(connection)
    laid_out = {name: rows[name].combine_chunks() for name in rows.column_names if name != "attributes"}
    laid_out["attributes"] = attributes.objects(texts, [True] * len(attributes.names))
    for name in _WRITTEN_AS_JSON & laid_out.keys():
        laid_out[name] = pa.ExtensionArray.from_storage(_JSON, laid_out[name])
    requests = [pa.nulls(batch.records, pa.int32()).fill_null(index) for index, batch in enumerate(batches)]
    laid_out["request"] = pa.concat_arrays(requests)
    laid_out["row"] = pa.array(range(rows.num_rows), pa.int64())
    for name, variant, values in attributes.columns(wanted):
        laid_out[f"{name}|{variant}"] = values
    return pa.table(laid_out)


def _whose(present: frozenset[str]) -> dict[str, str]:
    return {"owner": owners.owner(present), "tenant": owners.tenant(present)}


def _insert(table: str, values: dict[str, str], identity: str, incoming: str, first_ns: int, last_ns: int) -> str:
    return _INSERT.format(
        table=table,
        columns=", ".join(f"{value} AS {name}" for name, value in values.items()),
        identity=identity,
        incoming=incoming,
        first=first_ns // 1000,
        last=last_ns // 1000,
    )
