"""Costs on spans of model calls: which spans, which prices, and what is left alone."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from otel_agents.records import Cost, Usage
from otel_agents.sdk.processors.cost import CostProcessor

SOURCE = f"table:{version('genai-prices')}"
MODEL_CALL = {
    "otel_agents.span.type": "model",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 100,
}


class Span:
    """As much of an ended lean span as a stage sees."""

    def __init__(self, attributes: dict[str, Any], start_time: int | None = 1_795_000_000_000_000_000) -> None:
        self._attributes = attributes
        self.start_time = start_time

    @property
    def attributes(self) -> dict[str, Any]:
        return self._attributes


def added(attributes: dict[str, Any], processor: CostProcessor | None = None) -> dict[str, Any]:
    """What the processor adds to a span with these attributes."""
    span: Any = Span(dict(attributes))
    (processor or CostProcessor()).process(span)
    assert {name: span._attributes[name] for name in attributes} == attributes
    return {name: value for name, value in span._attributes.items() if name not in attributes}


def test_a_model_call_gets_its_cost_and_the_source_of_it():
    assert added(MODEL_CALL) == {"operation.cost": 0.0035, "operation.cost.source": SOURCE}


def test_cached_tokens_cost_less():
    cached = {"gen_ai.usage.cache_read.input_tokens": 800}
    assert added(MODEL_CALL | cached) == {"operation.cost": 0.0025, "operation.cost.source": SOURCE}


def test_cache_writes_of_an_hour_cost_more():
    call = {
        "otel_agents.span.type": "model",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-3-5-haiku-latest",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.cache_creation.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 0,
    }
    hour = {"otel_agents.usage.cache_creation_1h.input_tokens": 1000}
    assert [added(call)["operation.cost"], added(call | hour)["operation.cost"]] == [0.001, 0.0016]


def test_the_model_that_answered_is_priced_before_the_one_that_was_asked():
    answered = {"gen_ai.response.model": "gpt-4o-mini-2024-07-18"}
    assert added(MODEL_CALL | answered)["operation.cost"] == 0.00021


def test_the_model_that_was_asked_is_priced_when_the_one_that_answered_is_unknown():
    assert added(MODEL_CALL | {"gen_ai.response.model": "our-deployment"})["operation.cost"] == 0.0035


def test_an_unknown_model_has_no_cost_and_says_so():
    assert added(MODEL_CALL | {"gen_ai.request.model": "ours"}) == {"operation.cost.source": "unknown"}


def test_a_service_tier_has_its_price():
    flex = {"gen_ai.request.model": "gpt-5", "openai.response.service_tier": "flex"}
    assert added(MODEL_CALL | flex)["operation.cost"] == 0.001125


@pytest.mark.parametrize(
    "attributes",
    [
        MODEL_CALL | {"operation.cost": 0.5, "operation.cost.source": "override"},
        MODEL_CALL | {"otel_agents.span.type": "agent"},
        {"otel_agents.span.type": "model", "gen_ai.request.model": "gpt-4o"},
        {},
    ],
    ids=["has a cost", "no model call", "no usage", "nothing"],
)
def test_spans_that_are_left_alone(attributes: dict[str, Any]):
    assert added(attributes) == {}


def test_a_cost_the_program_gave_is_reported():
    assert added(MODEL_CALL | {"operation.cost": 0.5}) == {"operation.cost.source": "reported"}


def test_the_price_is_that_of_the_time_the_span_began():
    asked = []

    class Table:
        def price(self, provider: Any, model: Any, usage: Usage, at: datetime, *, tier: Any) -> Cost:
            asked.append((provider, model, usage, at, tier))
            return Cost(1.0, "table:test")

    table: Any = Table()
    assert added(MODEL_CALL, CostProcessor(table)) == {"operation.cost": 1.0, "operation.cost.source": "table:test"}
    at = datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC)
    assert asked == [("openai", "gpt-4o", Usage(input=1000, output=100), at, None)]


def test_a_span_of_another_tracer_gets_its_cost_too():
    ended: list[ReadableSpan] = []

    class Cost(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            CostProcessor().process(span)
            ended.append(span)

    provider = TracerProvider()
    provider.add_span_processor(Cost())
    with provider.get_tracer("theirs").start_as_current_span("chat gpt-4o", attributes=MODEL_CALL):
        pass
    provider.shutdown()
    [span] = ended
    assert dict(span.attributes or {}) == MODEL_CALL | {"operation.cost": 0.0035, "operation.cost.source": SOURCE}
    assert '"operation.cost": 0.0035' in span.to_json()
