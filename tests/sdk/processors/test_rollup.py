"""Spans of other instrumentations, made by the stock SDK; ours are in tests/sdk/test_monitoring.py."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from otel_agents.health.aggregates import Aggregates
from otel_agents.sdk.processors.rollup import RollupProcessor

NOW = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
REMOTE = set_span_in_context(NonRecordingSpan(SpanContext(1, 1, is_remote=True, trace_flags=TraceFlags(1))))


class Program:
    """What another instrumentation traces, and its figures."""

    def __init__(self):
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = provider.get_tracer("another")
        self.aggregates = Aggregates()
        self.rollup = RollupProcessor(self.aggregates, clock=lambda: NOW)

    def span(self, attributes, *, context=None, error=None, end=NOW):
        span = self.tracer.start_span("span", context, attributes=attributes, start_time=end - SECOND)
        if error is not None:
            span.set_status(Status(StatusCode.ERROR, error))
        span.end(end)

    def settle(self):
        for span in self.exporter.get_finished_spans():
            self.rollup.process(span)
        self.exporter.clear()
        return self.aggregates


@pytest.fixture
def program():
    return Program()


def test_an_agents_span(program):
    program.span({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Chat"})
    chat = program.settle().over("agent")["Chat"]
    assert (chat.requests, chat.failures, chat.mean_s) == (1, 0, 1.0)


def test_a_tools_span(program):
    program.span({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}, error="no")
    search = program.settle().over("tool")["search"]
    assert (search.requests, search.failures) == (1, 1)


@pytest.mark.parametrize("operation", ["chat", "text_completion", "generate_content", "embeddings"])
def test_a_models_span(program, operation):
    program.span(
        {
            "gen_ai.operation.name": operation,
            "gen_ai.agent.name": "Chat",
            "gen_ai.request.model": "gpt-5",
            "gen_ai.response.model": "gpt-5-2025-08-07",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.cache_read.input_tokens": 40,
            "gen_ai.usage.reasoning.output_tokens": 5,
            "operation.cost": 0.5,
        }
    )
    aggregates = program.settle()
    for tally in (aggregates.over("model")["gpt-5"], aggregates.over("agent")["Chat"]):
        assert (tally.input_tokens, tally.output_tokens, tally.cached_tokens, tally.reasoning_tokens, tally.cost) == (
            100,
            20,
            40,
            5,
            0.5,
        )


def test_our_own_type_comes_before_the_operations_name(program):
    program.span({"otel_agents.span.type": "tool", "gen_ai.operation.name": "chat", "gen_ai.tool.name": "search"})
    assert list(program.settle().over("tool")) == ["search"]


def test_any_other_span_is_a_request_only_where_nothing_is_around_it(program):
    program.span({"http.route": "/chat"}, context=REMOTE)
    with program.tracer.start_as_current_span("outer"):
        program.span({"http.route": "/inner"})
    assert program.settle().program().requests == 2


@pytest.mark.parametrize(
    ("attributes", "status", "error"),
    [
        ({"error.type": "builtins.TimeoutError"}, "TimeoutError: too slow", ("builtins.TimeoutError", "too slow")),
        ({"error.type": "TimeoutError"}, "TimeoutError", ("TimeoutError", "")),
        ({"error.type": "429"}, "Rate limit: wait", ("429", "Rate limit: wait")),
        ({"error.type": "_OTHER"}, "it did not work", ("Error", "it did not work")),
        ({}, "ValueError: bad: input", ("ValueError", "bad: input")),
        ({}, "could not connect: refused", ("Error", "could not connect: refused")),
        ({}, "", ("Error", "")),
    ],
)
def test_what_went_wrong(program, attributes, status, error):
    program.span(attributes, error=status)
    (entry,) = program.settle().errors()
    assert (entry.component, entry.error_type, entry.message) == ("span", *error)


def test_nonsense_in_attributes_counts_as_nothing(program):
    program.span(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": 5,
            "gen_ai.usage.input_tokens": "many",
            "gen_ai.usage.output_tokens": -3,
            "gen_ai.usage.cache_read.input_tokens": 10**30,
            "gen_ai.usage.reasoning.output_tokens": 2.0,
            "operation.cost": float("nan"),
        }
    )
    tally = program.settle().over("model")["5"]
    assert (tally.input_tokens, tally.output_tokens, tally.reasoning_tokens, tally.cost) == (0, 0, 2, 0.0)


def test_a_span_from_the_future_ended_now(program):
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Chat"}
    program.span(agent, end=NOW + 86_400 * SECOND)
    program.span(agent)
    assert program.settle().over("agent", 60, NOW)["Chat"].requests == 2
