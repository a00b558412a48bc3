"""One trace with all of its spans."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from otel_agents.collector.query.statements import Row, ask
from otel_agents.collector.query.traces import summaries
from otel_agents.collector.query.values import to_json
from otel_agents.errors import QueryError

if TYPE_CHECKING:
    from otel_agents.collector.store.store import Store

MAX_SPANS = 10_000  # the first ones; a page could not show more


def read_trace(store: Store, trace_id: str) -> dict[str, Any]:
    """Return a trace in the shape of ``GET /api/v1/traces/{trace_id}``.

    Raises:
        QueryError: ``not_found``.
    """
    with store.read() as cursor:
        ranges = ask(cursor, "ranges", ids=[trace_id.lower()])
        if not ranges:
            raise QueryError(f"there is no trace {trace_id[:64]}", kind="not_found")
        found = ranges[0]
        spans = ask(
            cursor,
            "spans_of_trace",
            id=found["trace_id"],
            began=found["began"],
            last=found["last"],
            count=MAX_SPANS,
        )
        (summary,) = summaries(cursor, ranges)
    return {"trace_id": found["trace_id"], "summary": summary, "spans": [_span(row) for row in spans]}


def _span(row: Row) -> Row:
    parsed = {key: json.loads(row[key] or empty) for key, empty in _JSON.items()}
    return {**to_json({key: value for key, value in row.items() if key not in _JSON}), **parsed}


_JSON = {"attributes": "{}", "resource": "{}", "events": "[]", "links": "[]"}
