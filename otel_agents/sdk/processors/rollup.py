"""Counts every ended span for health, metrics and alerts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import StatusCode

from otel_agents.conventions import (
    AGENT,
    AGENT_NAME,
    COST,
    ERROR_TYPE,
    REQUEST_MODEL,
    RESPONSE_MODEL,
    RESPONSE_TIME_TO_FIRST_CHUNK,
    TENANT,
    TOOL_NAME,
    USAGE_CACHE_READ_INPUT_TOKENS,
    USAGE_INPUT_TOKENS,
    USAGE_OUTPUT_TOKENS,
    USAGE_REASONING_OUTPUT_TOKENS,
)
from otel_agents.records import SpanRecord
from otel_agents.sdk.numbers import amount, count
from otel_agents.sdk.processors.kinds import span_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.trace import ReadableSpan

    from otel_agents.health.aggregates import Aggregates

_ERROR = StatusCode.ERROR
_NO_TYPE = "_OTHER"  # what error.type says, by the conventions, when there is none


class RollupProcessor:
    """Turns ended spans into records and adds them up.

    Args:
        aggregates: where to.
        clock: returns nanoseconds since the epoch.
    """

    def __init__(self, aggregates: Aggregates, clock: Callable[[], int] = time.time_ns) -> None:
        self._aggregates = aggregates
        self._clock = clock
        self._now_ns = 0

    def process(self, span: ReadableSpan) -> None:
        """Count one ended span, ours or of another instrumentation."""
        attributes: Mapping[str, Any] = span._attributes or {}
        get = attributes.get
        type_ = span_type(attributes)
        parent = span.parent
        parent_id = None if parent is None or parent.is_remote else parent.span_id
        failed = span.status.status_code is _ERROR
        end_ns = span.end_time or 0
        if end_ns > self._now_ns:
            end_ns = self._not_ahead(end_ns)
        record = SpanRecord(span.name, type_, span.start_time or end_ns, end_ns, failed, parent_id=parent_id)
        record.agent = _text(get(AGENT_NAME) or get(AGENT))
        record.tenant = _text(get(TENANT))
        if type_ == "model":
            record.model = _text(get(REQUEST_MODEL) or get(RESPONSE_MODEL))
            record.input_tokens = count(get(USAGE_INPUT_TOKENS, 0))
            record.output_tokens = count(get(USAGE_OUTPUT_TOKENS, 0))
            record.cached_tokens = count(get(USAGE_CACHE_READ_INPUT_TOKENS, 0))
            record.reasoning_tokens = count(get(USAGE_REASONING_OUTPUT_TOKENS, 0))
            if (first_chunk := get(RESPONSE_TIME_TO_FIRST_CHUNK)) is not None:
                record.first_chunk_s = amount(first_chunk)
            cost = get(COST)
            if cost is not None:
                record.cost_usd = amount(cost)
        elif type_ == "tool":
            record.tool = _text(get(TOOL_NAME))
        elif type_ == "agent":
            record.counts_as_request = getattr(span, "counts_as_request", True)
        elif parent_id is not None and not failed:
            return  # nothing to count
        if failed:
            _add_error(record, span, get(ERROR_TYPE))
        self._aggregates.add(record)

    def _not_ahead(self, end_ns: int) -> int:
        """Return the time, or now if that is earlier: a span from the future would push aside all others."""
        self._now_ns = self._clock()
        return min(end_ns, self._now_ns)


def _text(name: object) -> str | None:
    return str(name) if name else None


def _add_error(record: SpanRecord, span: ReadableSpan, error_type: object) -> None:
    """Take what went wrong from ``error.type`` and the status, which says "Type: message" after an exception."""
    description = span.status.description or ""
    named, _, message = description.partition(": ")
    if error_type in (None, _NO_TYPE):
        error_type = named if message and named.isidentifier() else None
    record.error_type = _text(error_type)
    repeats_type = named.rpartition(".")[2] == str(error_type).rpartition(".")[2]
    record.error_message = message if repeats_type else description
    if span.context is not None:
        record.trace_id, record.span_id = span.context.trace_id, span.context.span_id
