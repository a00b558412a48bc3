"""One trace with all of its spans."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from otel_agents import conventions
from otel_agents.collector.query.ranges import ranges_of
from otel_agents.collector.query.statements import Row, ask
from otel_agents.collector.query.summaries import MOST_TOLD, added_up, summaries
from otel_agents.collector.query.values import to_json
from otel_agents.collector.store.columns import GROUPS
from otel_agents.errors import QueryError

if TYPE_CHECKING:
    from datetime import datetime

    from duckdb import DuckDBPyConnection

    from otel_agents.collector.store.store import Store

MAX_SPANS = 10_000  # the first ones; a page could not show more


def read_trace(store: Store, trace_id: str) -> dict[str, Any]:
    """Return a trace in the shape of ``GET /api/v1/traces/{trace_id}``.

    Raises:
        QueryError: ``not_found``.
    """
    with store.read() as cursor:
        ranges = ranges_of(cursor, [trace_id])
        if not ranges:
            raise QueryError(f"there is no trace {trace_id[:64]}", kind="not_found")
        found = ranges[0]
        page = {"id": found["trace_id"], "began": found["began"], "last": found["last"]}
        spans = ask(cursor, "spans_of_trace", **page, count=MAX_SPANS + 1)
        if len(spans) > MAX_SPANS:
            spans = ask(cursor, "spans_of_trace", order=_FIRST, **page, count=MAX_SPANS + 1)
        else:
            spans.sort(key=_place)
        for span in spans:
            span["attributes"] = _joined(span)
            if len(span["content"] or "") > MOST_TOLD:
                span["content"] = None
        (summary,) = added_up(cursor, spans) if len(spans) <= MAX_SPANS else summaries(cursor, ranges)
        read = [_span(row, found["began"]) for row in spans[:MAX_SPANS]]
        _judge(cursor, found["trace_id"], read)
    return {"trace_id": found["trace_id"], "summary": summary, "spans": read}


def _place(span: Row) -> tuple[datetime, timedelta, str]:
    began: datetime = span["start_time"]
    return began, began - (span["end_time"] or began), span["span_id"]  # of those that begin together the longest first


def _joined(span: Row) -> dict[str, Any]:
    parts = (*(span.pop(name) for name in GROUPS), span["content"])
    return {key: value for part in parts if part is not None for key, value in json.loads(part).items()}


def _span(row: Row, began: datetime) -> Row:
    parsed = {key: json.loads(row[key] or empty) for key, empty in _JSON.items()}
    told = {key: to_json(value) for key, value in row.items() if key not in _NOT_TOLD}
    about = {"offset_ms": (row["start_time"] - began) / _MS, "attributes": row["attributes"]}
    return {**told, **about, **parsed, "evaluations": []}


def _judge(cursor: DuckDBPyConnection, trace_id: str, spans: list[Row]) -> None:
    """Add what was said of each span; what was said of the trace, or of a span that is not there, goes to the first."""
    by_id = {span["span_id"]: span for span in spans}
    by_response = {span["attributes"].get(conventions.RESPONSE_ID): span for span in spans}
    by_response.pop(None, None)
    responses = [response for response in by_response if isinstance(response, str)]
    for row in ask(cursor, "evaluations_of_trace", id=trace_id, responses=responses):
        span_id, response_id = row.pop("span_id"), row.pop("response_id")
        judged = by_id.get(span_id) or by_response.get(response_id) or spans[0]
        judged["evaluations"].append(to_json(row))


_FIRST = "ORDER BY start_time, coalesce(end_time, start_time) DESC, span_id"
_JSON = {"resource": "{}", "events": "[]", "links": "[]"}
_NOT_TOLD = {*_JSON, "trace_id", "attributes", "content"}
_MS = timedelta(milliseconds=1)
