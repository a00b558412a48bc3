"""Spans that ended, as the records that figures and alerts are made of: those of a time, or those that just arrived."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import starmap
from typing import TYPE_CHECKING, Any, Final

import pyarrow.compute as pc

from otel_agents.collector.query.statements import text_of
from otel_agents.records import SpanRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from otel_agents.records import SpanType

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
    given: dict[str, Any] = {"start": start, "end": end, "after_us": 0, "after": "", **around(start, end)}
    while rows := _rows(cursor, IN_A_TIME, given):
        yield from starmap(record, rows)
        last = dict(zip(_COLUMNS, rows[-1], strict=True))
        given.update(after_us=last["end_us"], after=last["span_id"])


def arrived(cursor: DuckDBPyConnection, spans: pa.Table) -> Iterator[SpanRecord]:
    """Give those of some spans, ``PAGE`` at most, that have ended.

    Args:
        cursor: what to ask.
        spans: their ``trace_id``, ``span_id`` and ``start_ns``, as they were sent.
    """
    cursor.register("arrived", spans.select(["trace_id", "span_id"]))
    try:
        starts = pc.min_max(spans["start_ns"]).as_py()
        first, last = (_EPOCH + timedelta(microseconds=starts[end] // 1000) for end in ("min", "max"))
        rows = _rows(cursor, _ARRIVED, {"first": first, "last": last, **around(first, last + timedelta(days=1))})
    finally:
        cursor.unregister("arrived")
    return starmap(record, rows)


def around(first: datetime, last: datetime) -> dict[str, datetime]:
    """Say between which times spans are looked for that are around or inside of those between two times."""
    return {"around": first - timedelta(hours=1), "until": last}


def _rows(cursor: DuckDBPyConnection, where: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    return cursor.execute(text_of("ended", where), values).fetchall()


_COLUMNS: Final = (
    "name",
    "type",
    "start_us",
    "end_us",
    "failed",
    "error_type",
    "error_message",
    "agent",
    "tool",
    "model",
    "tenant",
    "ttft_ms",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "reasoning_tokens",
    "cost",
    "trace_id",
    "span_id",
    "parent_span_id",
    "nested",
    "repeated",
)


def record(
    name: str,
    type: SpanType,  # noqa: A002  as the column
    start_us: int,
    end_us: int,
    failed: bool,
    error_type: str | None,
    error_message: str | None,
    agent: str | None,
    tool: str | None,
    model: str | None,
    tenant: str | None,
    ttft_ms: float | None,
    input_tokens: int | None,
    output_tokens: int | None,
    cache_read_tokens: int | None,
    reasoning_tokens: int | None,
    cost: float | None,
    trace_id: str,
    span_id: str,
    parent_span_id: str | None,
    nested: bool,
    repeated: bool,
) -> SpanRecord:
    """Make a record of a row of the statement ``ended``; one that is ``repeated`` tells of a call that another does."""
    return SpanRecord(
        name,
        "other" if repeated else type,
        start_us * 1000,
        end_us * 1000,
        failed,
        error_type,
        error_message,
        agent,
        tool if type == "tool" else None,
        model,
        tenant,
        None if ttft_ms is None else ttft_ms / 1000,
        input_tokens or 0,
        output_tokens or 0,
        cache_read_tokens or 0,
        reasoning_tokens or 0,
        cost,
        not nested,
        int(trace_id, 16),
        int(span_id, 16),
        None if parent_span_id is None else int(parent_span_id, 16),
    )
