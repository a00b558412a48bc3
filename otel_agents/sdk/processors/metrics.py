"""Measures every ended span: the metrics of the GenAI conventions, and what calls cost.

Only spans that are recorded come here, so these are figures of the sampled part of the program's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, StatusCode, set_span_in_context

from otel_agents import conventions
from otel_agents.sdk.metrics.instruments import DURATION_BUCKETS, Counter, Histogram, Registry
from otel_agents.sdk.numbers import amount, count
from otel_agents.sdk.processors.kinds import span_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace import ReadableSpan

# Bucket boundaries as the GenAI conventions recommend them; those of the cost are ours, as the metric is.
_TOKEN_BUCKETS: Final = tuple(4**power for power in range(14))
_AGENT_BUCKETS: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6)
_WORKFLOW_BUCKETS: Final = (1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
_COST_BUCKETS: Final = tuple(4**power / 100_000 for power in range(14))  # 0.00001 to 671 US dollars

_CALL: Final = (
    conventions.OPERATION_NAME,
    conventions.PROVIDER_NAME,
    conventions.REQUEST_MODEL,
    conventions.RESPONSE_MODEL,
    conventions.SERVER_ADDRESS,
    conventions.SERVER_PORT,
)
_AGENT: Final = (conventions.AGENT_NAME, conventions.REQUEST_MODEL)
_TOOL: Final = (conventions.TOOL_NAME, conventions.TOOL_TYPE, conventions.AGENT_NAME)
_WORKFLOW: Final = (conventions.WORKFLOW_NAME,)
_COST: Final = (*_CALL[:4], conventions.AGENT_NAME)

measured = Registry("otel_agents")
_NOWHERE: Final = Context()  # not that of the thread, which may be the program's, inside another span


class MetricsProcessor:
    """Turns ended spans into measurements.

    Args:
        registry: where the instruments are.
    """

    def __init__(self, registry: Registry) -> None:
        def histogram(name: str, unit: str, buckets: tuple[float, ...], description: str) -> Histogram:
            return registry.instrument(Histogram, name, unit, description, buckets=buckets)

        self._calls = histogram(
            conventions.METRIC_OPERATION_DURATION, "s", DURATION_BUCKETS, "GenAI operation duration."
        )
        self._first_chunks = histogram(
            conventions.METRIC_TIME_TO_FIRST_CHUNK, "s", DURATION_BUCKETS, "Time to the first chunk of a stream."
        )
        self._tokens = histogram(
            conventions.METRIC_USAGE, "{token}", _TOKEN_BUCKETS, "Number of input and output tokens used."
        )
        self._agents = histogram(
            conventions.METRIC_INVOKE_AGENT_DURATION, "s", _AGENT_BUCKETS, "Duration of an agent's invocation."
        )
        self._tools = histogram(
            conventions.METRIC_EXECUTE_TOOL_DURATION, "s", DURATION_BUCKETS, "Duration of a tool's execution."
        )
        self._workflows = histogram(
            conventions.METRIC_INVOKE_WORKFLOW_DURATION, "s", _WORKFLOW_BUCKETS, "Duration of a workflow."
        )
        self._costs = histogram(conventions.METRIC_COST, "{USD}", _COST_BUCKETS, "What model calls cost.")
        self._unpriced = registry.instrument(
            Counter, conventions.METRIC_UNPRICED_CALLS, "{call}", "Model calls whose cost is not known."
        )

    def process(self, span: ReadableSpan) -> None:
        """Measure one ended span."""
        attributes: Mapping[str, Any] = span._attributes or {}
        type_ = span_type(attributes)
        if type_ == "model":
            self._measure_call(span, attributes)
        elif type_ == "tool":
            self._measure_duration(self._tools, span, attributes, _TOOL)
        elif type_ == "agent":
            if getattr(span, "counts_as_request", True):
                self._measure_duration(self._agents, span, attributes, _AGENT)
        elif type_ == "workflow":
            self._measure_duration(self._workflows, span, attributes, _WORKFLOW)

    def _measure_call(self, span: ReadableSpan, attributes: Mapping[str, Any]) -> None:
        labels = _labels(attributes, _CALL)
        labels.setdefault(conventions.OPERATION_NAME, conventions.OPERATION_CHAT)
        self._calls.measure(_seconds(span), _with_error(labels, span, attributes), _inside(span))
        first_chunk = attributes.get(conventions.RESPONSE_TIME_TO_FIRST_CHUNK)
        if first_chunk is not None:
            self._first_chunks.measure(amount(first_chunk), labels, _NOWHERE)
        used = 0
        for type_, key in (("input", conventions.USAGE_INPUT_TOKENS), ("output", conventions.USAGE_OUTPUT_TOKENS)):
            tokens = attributes.get(key)
            if tokens is not None:
                used += count(tokens)
                self._tokens.measure(count(tokens), {**labels, conventions.USAGE_TYPE: type_}, _NOWHERE)
        cost = attributes.get(conventions.COST)
        if cost is not None:
            self._costs.measure(amount(cost), _labels(attributes, _COST), _NOWHERE)
        elif used or span.status.status_code is not StatusCode.ERROR:  # what failed and used nothing has no price
            self._unpriced.add(1, **_labels(attributes, _COST))

    def _measure_duration(
        self, histogram: Histogram, span: ReadableSpan, attributes: Mapping[str, Any], keys: tuple[str, ...]
    ) -> None:
        labels = _with_error(_labels(attributes, keys), span, attributes)
        histogram.measure(_seconds(span), labels, _inside(span))


def _inside(span: ReadableSpan) -> Context:
    """Give a context in which a value was measured, so that its bucket has this trace as an example."""
    return _NOWHERE if span.context is None else set_span_in_context(NonRecordingSpan(span.context), _NOWHERE)


def _labels(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key in keys if (value := attributes.get(key)) is not None}


def _with_error(labels: dict[str, Any], span: ReadableSpan, attributes: Mapping[str, Any]) -> dict[str, Any]:
    if span.status.status_code is not StatusCode.ERROR:
        return labels
    return {**labels, conventions.ERROR_TYPE: attributes.get(conventions.ERROR_TYPE) or "_OTHER"}


def _seconds(span: ReadableSpan) -> float:
    return max(0, (span.end_time or 0) - (span.start_time or 0)) / 1e9
