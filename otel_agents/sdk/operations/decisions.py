"""What is decided and judged: routing decisions and evaluations, as events of a span."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import set_span_in_context

from otel_agents import conventions
from otel_agents.sdk import runtime
from otel_agents.sdk.context.identity import IDS
from otel_agents.sdk.values import attribute_values

if TYPE_CHECKING:
    from opentelemetry.trace import Span


def record_route(span: Span, selected: Any, score: Any, reason: Any, candidates: Any) -> None:
    """Record what was chosen, as an event of the span and as its attributes."""
    if not span.is_recording():
        return
    said = attribute_values(
        {
            conventions.ROUTE_SELECTED: str(selected),
            conventions.ROUTE_SCORE: _number(score, else_text=True),
            conventions.ROUTE_REASON: reason,
            conventions.ROUTE_CANDIDATES: candidates,
        }
    )
    span.set_attributes(said)
    span.add_event(conventions.ROUTE_EVENT, said)


def record_score(span: Span, name: Any, value: Any, label: Any, explanation: Any) -> None:
    """Record an evaluation as an event of the span; where it has ended, as one of a span below it."""
    number = _number(value)
    if number is None and value is not None and label is None:
        label = value  # a verdict in words
    attributes: Any = getattr(span, "attributes", None) or {}
    said = attribute_values(
        {
            conventions.EVALUATION_NAME: str(name),
            conventions.EVALUATION_VALUE: number,
            conventions.EVALUATION_LABEL: None if label is None else str(label),
            conventions.EVALUATION_EXPLANATION: explanation,
            conventions.RESPONSE_ID: attributes.get(conventions.RESPONSE_ID),
        }
    )
    if span.is_recording():
        span.add_event(conventions.EVALUATION_EVENT, said)
    elif span.get_span_context().is_valid:
        about = {conventions.SPAN_TYPE: "other", conventions.OPERATION_NAME: "evaluate"}
        about |= {key: attributes[key] for key in IDS.values() if key in attributes}
        late = runtime.current.tracer.start_span(f"evaluate {name}", set_span_in_context(span), attributes=about)
        late.add_event(conventions.EVALUATION_EVENT, said)
        late.end()


def _number(value: Any, *, else_text: bool = False) -> Any:
    """Give a number as a float; of what is none, nothing or its text."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if isfinite(number):
        return number
    return str(value) if else_text and value is not None else None
