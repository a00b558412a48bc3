"""The SQL that keeps evaluations apart, from log records and from the events of spans; each is kept once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow.compute as pc

from otel_agents import conventions as c
from otel_agents.collector.store.expressions import AS_NUMBER, AS_TEXT, first, readings
from otel_agents.collector.store.owners import tenant

if TYPE_CHECKING:
    import pyarrow as pa

KEYS: Final = frozenset(
    (c.EVALUATION_NAME, c.EVALUATION_VALUE, c.EVALUATION_LABEL, c.EVALUATION_EXPLANATION, c.RESPONSE_ID)
)

_INSERT: Final = """
INSERT INTO evaluation_data BY NAME
SELECT DISTINCT * FROM ({found}) AS found
WHERE NOT EXISTS (
    FROM evaluation_data AS known
    WHERE known.time = found.time
        AND known.span_id IS NOT DISTINCT FROM found.span_id
        AND known.name IS NOT DISTINCT FROM found.name
        AND known.attributes = found.attributes
        AND known.tenant IS NOT DISTINCT FROM found.tenant
)
RETURNING trace_id, tenant
"""

_OF_SPANS: Final = f"""
SELECT
    event.time::TIMESTAMP AS time,
    trace_id,
    span_id,
    event.attributes ->> '{c.RESPONSE_ID}' AS response_id,
    event.attributes ->> '{c.EVALUATION_NAME}' AS name,
    TRY_CAST(event.attributes ->> '{c.EVALUATION_VALUE}' AS DOUBLE) AS score,
    event.attributes ->> '{c.EVALUATION_LABEL}' AS label,
    event.attributes ->> '{c.EVALUATION_EXPLANATION}' AS explanation,
    service_name,
    event.attributes AS attributes,
    tenant
FROM (
    SELECT
        lower(hex(trace_id)) AS trace_id,
        lower(hex(span_id)) AS span_id,
        service_name,
        {{tenant}} AS tenant,
        unnest(from_json(events, '[{{{{"name":"VARCHAR","time":"VARCHAR","attributes":"JSON"}}}}]')) AS event
    FROM incoming
    WHERE contains(events, '"{c.EVALUATION_EVENT}"')
)
WHERE event.name = '{c.EVALUATION_EVENT}'
"""  # noqa: S608 - all of it is written here


def of_spans(incoming: pa.Table) -> list[str]:
    """Write what keeps the evaluations among the events of laid-out spans; nothing when there are none."""
    events = incoming["events"].cast("string")
    if not pc.any(pc.match_substring(events, f'"{c.EVALUATION_EVENT}"')).as_py():
        return []
    return [_INSERT.format(found=_OF_SPANS.format(tenant=tenant(frozenset(incoming.column_names))))]


def of_logs(present: frozenset[str], log: dict[str, str]) -> list[str]:
    """Write what keeps the evaluations among laid-out log records.

    Args:
        present: the columns of the table ``incoming_logs``.
        log: how the columns of ``log_data`` are read from it.
    """
    if not any(column.partition("|")[0] in KEYS for column in present):
        return []
    found = {
        "time": log["time"],
        "trace_id": log["trace_id"],
        "span_id": log["span_id"],
        "response_id": first(readings(present, [c.RESPONSE_ID], AS_TEXT)),
        "name": first(readings(present, [c.EVALUATION_NAME], AS_TEXT)),
        "score": first(readings(present, [c.EVALUATION_VALUE], AS_NUMBER)),
        "label": first(readings(present, [c.EVALUATION_LABEL], AS_TEXT)),
        "explanation": first(readings(present, [c.EVALUATION_EXPLANATION], AS_TEXT)),
        "service_name": "service_name",
        "attributes": "attributes",
        "tenant": tenant(present),
    }
    columns = ", ".join(f"{value} AS {name}" for name, value in found.items())
    where = f"{log['event_name']} = '{c.EVALUATION_EVENT}'"
    return [_INSERT.format(found=f"SELECT {columns} FROM incoming_logs WHERE {where}")]  # noqa: S608 - as above
