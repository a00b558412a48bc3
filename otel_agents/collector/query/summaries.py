"""Sums traces up, a row of the list each.

Planning the SQL that does it takes as long as a loop over some thousand spans, so only more than those are left to it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from otel_agents.collector.query.preview import MARKS, preview
from otel_agents.collector.query.statements import Row, ask, text_of
from otel_agents.collector.query.values import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from duckdb import DuckDBPyConnection

MOST_SPANS: Final = 5_000
MOST_TOLD: Final = 262_144  # bytes; a span that was told overly much counts as told nothing
_MS: Final = timedelta(milliseconds=1)


def summaries(cursor: DuckDBPyConnection, ranges: list[Row]) -> list[Row]:
    """Sum up traces whose ranges (``trace_id``, ``began``, ``last``) are known, the newest first."""
    if not ranges:
        return []
    wanted = {
        "ids": [row["trace_id"] for row in ranges],
        "began": min(row["began"] for row in ranges),
        "last": max(row["last"] for row in ranges),
        "most_told": MOST_TOLD,
    }
    spans = ask(cursor, "spans_of_traces", **wanted, count=MOST_SPANS + 1)
    return added_up(cursor, spans) if len(spans) <= MOST_SPANS else _by_sql(cursor, wanted)


def added_up(cursor: DuckDBPyConnection, spans: Iterable[Row]) -> list[Row]:
    """Sum up the traces of some spans, which have what the statement ``spans_of_traces`` gives."""
    states = {row["trace_id"]: row["state"] for row in ask(cursor, "states")}
    traces: dict[str, list[Row]] = {}
    for span in spans:
        traces.setdefault(span["trace_id"], []).append(span)
    found = [_summary(trace_id, of_trace, states) for trace_id, of_trace in traces.items()]
    found.sort(key=lambda row: (row["start_time"], row["trace_id"]), reverse=True)
    return [to_json(row) for row in found]


def _summary(trace_id: str, spans: list[Row], states: Mapping[str, str]) -> Row:
    spans.sort(key=lambda span: (span["start_time"], span["span_id"]))
    began = spans[0]["start_time"]
    roots = [span for span in spans if span["parent_span_id"] is None]
    failed = [span for span in spans if span["status"] == "error"]
    calls = _calls(spans)
    costs = [span["cost"] for span in calls if span["cost"] is not None]
    in_order = [*roots, *spans]
    told = next((span["content"] for span in spans if _is_told(span["content"])), None)
    return {
        "trace_id": trace_id,
        "name": in_order[0]["name"],
        "service_name": _first(in_order, "service_name"),
        "agents": list(dict.fromkeys(_each(spans, "agent"))),
        "start_time": began,
        "duration_ms": (max(map(_ended, spans)) - began) / _MS,
        # As in the view `traces`.
        "status": "error" if any(span["status"] == "error" for span in roots or spans) else "ok",
        "state": states.get(trace_id),
        # The first to fail is the cause; what is around it fails later.
        "error": _error(min(failed, key=_ended)) if failed else None,
        "spans": len(spans),
        "errors": len(failed),
        "model_calls": len(calls),
        "tool_calls": sum(span["type"] == "tool" for span in spans),
        "input_tokens": sum(_each(calls, "input_tokens")),
        "output_tokens": sum(_each(calls, "output_tokens")),
        "cost": sum(costs) if costs else None,
        "session_id": _first(spans, "session_id"),
        "user_id": _first(spans, "user_id"),
        "preview": None if told is None else preview(told),
    }


def _calls(spans: list[Row]) -> list[Row]:
    """The model spans that count: of two instrumentations around one call, the one inside."""
    models = [span for span in spans if span["type"] == "model"]
    told = [span for span in models if span["input_tokens"] is not None or span["output_tokens"] is not None]
    around = {span["parent_span_id"] for span in told}
    return [span for span in models if span["span_id"] not in around]


def _each(spans: Iterable[Row], column: str) -> list[Any]:
    return [span[column] for span in spans if span[column] is not None]


def _first(spans: Iterable[Row], column: str) -> Any:
    return next((span[column] for span in spans if span[column] is not None), None)


def _ended(span: Row) -> datetime:
    ended: datetime = span["end_time"] or span["start_time"]
    return ended


def _error(span: Row) -> str:
    return str(next((span[name] for name in ("status_message", "error_type") if span[name] is not None), "error"))


def _is_told(content: str | None) -> bool:
    return content is not None and any(mark in content for mark in MARKS)


def _by_sql(cursor: DuckDBPyConnection, wanted: Mapping[str, Any]) -> list[Row]:
    page = f"WITH page AS MATERIALIZED (\n{text_of('spans_of_traces')}\n)\n"
    rows = ask(cursor, "summaries", opening=page, **wanted, count=None, marks=list(MARKS))
    said = [row.pop("content") for row in rows]
    return [to_json({**row, "preview": preview(told) if told else None}) for row, told in zip(rows, said, strict=True)]
