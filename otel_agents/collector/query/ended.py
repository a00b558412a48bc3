"""Spans that ended, as the records that figures and alerts are made of: those of a time, or those that just arrived."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow.compute as pc

from otel_agents.collector.query.statements import ask
from otel_agents.records import SpanRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, as the store has its times
PAGE: Final = 10_000  # rows of one answer
# Conditions of the statement `ended`, for what ended in a time, those after the last one had.
IN_A_TIME: Final = (
    "AND end_time >= $start AND end_time < $end AND start_time >= $start - INTERVAL 1 HOUR"
    " AND (epoch_us(end_time) > $after_us OR (epoch_us(end_time) = $after_us AND span_id > $after))"
)
_ARRIVED: Final = (
    "AND start_time BETWEEN $first AND $last"
    " AND hash(trace_id, span_id) IN (SELECT hash(lower(hex(trace_id)), lower(hex(span_id))) FROM arrived)"
)


def in_a_time(cursor: DuckDBPyConnection, start: datetime, end: datetime) -> Iterator[SpanRecord]:
    """Give what ended from a time to another (UTC, without a zone), in that order."""
    after_us, after = 0, ""
    while rows := ask(cursor, "ended", where=IN_A_TIME, start=start, end=end, after_us=after_us, after=after):
        yield from map(record, rows)
        after_us, after = rows[-1]["end_us"], rows[-1]["span_id"]


def arrived(cursor: DuckDBPyConnection, spans: pa.Table) -> list[SpanRecord]:
    """Give those of some spans, ``PAGE`` at most, that have ended.

    Args:
        cursor: what to ask.
        spans: their ``trace_id``, ``span_id`` and ``start_ns``, as they were sent.
    """
    cursor.register("arrived", spans.select(["trace_id", "span_id"]))
    try:
        first, last = (
            _EPOCH + timedelta(microseconds=ns // 1000) for ns in pc.min_max(spans["start_ns"]).as_py().values()
        )
        return [record(row) for row in ask(cursor, "ended", where=_ARRIVED, first=first, last=last)]
    finally:
        cursor.unregister("arrived")


def record(row: dict[str, Any]) -> SpanRecord:
    """Make a record of a row of the statement ``ended``."""
    parent = row["parent_span_id"]
    repeated = row["repeated"]  # another span tells of the same call
    return SpanRecord(
        name=row["name"],
        type="other" if repeated else row["type"],
        start_ns=row["start_us"] * 1000,
        end_ns=row["end_us"] * 1000,
        failed=row["failed"],
        error_type=row["error_type"],
        error_message=row["error_message"],
        agent=row["agent"],
        tool=row["tool"] if row["type"] == "tool" else None,
        model=row["model"],
        tenant=row["tenant"],
        first_chunk_s=None if row["ttft_ms"] is None else row["ttft_ms"] / 1000,
        input_tokens=row["input_tokens"] or 0,
        output_tokens=row["output_tokens"] or 0,
        cached_tokens=row["cache_read_tokens"] or 0,
        reasoning_tokens=row["reasoning_tokens"] or 0,
        cost_usd=row["cost"],
        counts_as_request=not row["nested"],
        trace_id=int(row["trace_id"], 16),
        span_id=int(row["span_id"], 16),
        parent_id=None if parent is None else int(parent, 16),
    )
