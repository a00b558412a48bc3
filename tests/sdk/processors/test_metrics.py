"""The metrics of the conventions, computed from ended spans."""

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind

import otel_agents
from otel_agents import agent, monitor_operation, tool, workflow
from tests.sdk.metrics.conftest import Arrived, Distribution, newest, read
from tests.sdk.receiving import receiving


@pytest.fixture
def receiver():
    with receiving() as server:
        yield server
        otel_agents.shutdown()


@pytest.fixture
def configure(receiver):
    def configure(**settings) -> None:
        given = {"metrics": True, "endpoint": receiver.url, "traces_exporter": "none", "system_metrics": False}
        otel_agents.configure(**{**given, **settings})

    configure()
    return configure


def ended(name: str, seconds: float, **attributes) -> trace.Span:
    """A span of another instrumentation that took so long."""
    span = trace.get_tracer("another").start_span(name, kind=SpanKind.CLIENT, start_time=10**18)
    span.set_attributes({key.replace("__", "."): value for key, value in attributes.items()})
    span.end(10**18 + int(seconds * 1e9))
    return span


CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "server.address": "api.openai.com",
    "server.port": 443,
}


def test_a_model_call(configure, receiver) -> None:
    ended(
        "chat gpt-4o",
        1.5,
        **CALL,
        gen_ai__usage__input_tokens=1000,
        gen_ai__usage__output_tokens=20,
        gen_ai__usage__cache_read__input_tokens=400,
        gen_ai__response__time_to_first_chunk=0.25,
        gen_ai__agent__name="Cook",
        operation__cost=0.0021,
    )
    assert otel_agents.flush()
    assert newest(receiver) == {
        "gen_ai.client.operation.duration": Arrived("histogram", "s", [(CALL, Distribution(1, 1.5, {2.56: 1}))]),
        "gen_ai.client.operation.time_to_first_chunk": Arrived(
            "histogram", "s", [(CALL, Distribution(1, 0.25, {0.32: 1}))]
        ),
        "gen_ai.client.token.usage": Arrived(
            "histogram",
            "{token}",
            [
                ({**CALL, "gen_ai.token.type": "input"}, Distribution(1, 1000, {1024: 1})),
                ({**CALL, "gen_ai.token.type": "output"}, Distribution(1, 20, {64: 1})),
            ],
        ),
        "operation.cost": Arrived(
            "histogram",
            "{USD}",
            [
                (
                    {
                        "gen_ai.operation.name": "chat",
                        "gen_ai.provider.name": "openai",
                        "gen_ai.request.model": "gpt-4o",
                        "gen_ai.response.model": "gpt-4o-2024-08-06",
                        "gen_ai.agent.name": "Cook",
                    },
                    Distribution(1, 0.0021, {0.00256: 1}),
                )
            ],
        ),
    }


def test_a_call_nobody_has_a_price_for_is_counted_and_costs_nothing(configure, receiver) -> None:
    with monitor_operation("ask", model="home-grown", provider="us") as op:
        op.usage(input_tokens=3, output_tokens=2)
    assert otel_agents.flush()
    labels = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "us",
        "gen_ai.request.model": "home-grown",
    }
    got = newest(receiver)
    assert got["otel_agents.unpriced_calls"] == Arrived("sum", "{call}", [(labels, 1)])
    assert "operation.cost" not in got


def test_a_failed_call_has_its_error_on_the_duration_alone(configure, receiver) -> None:
    with pytest.raises(TimeoutError), monitor_operation("ask", model="gpt-4o", provider="openai"):
        raise TimeoutError
    assert otel_agents.flush()
    (((labels, told),),) = [got.points for got in newest(receiver).values()]
    assert (labels, told.count) == (
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "error.type": "TimeoutError",
        },
        1,
    )


def test_agents_tools_and_workflows(configure, receiver) -> None:
    @tool("search")
    def search() -> None:
        raise LookupError

    @agent("Cook")
    def cook() -> None:
        with monitor_operation("again", agent_name="Cook"):  # inside the same agent's operation: the same invocation
            pass
        with pytest.raises(LookupError):
            search()

    @workflow("dinner")
    def dinner() -> None:
        cook()

    dinner()
    assert otel_agents.flush()
    assert {name: [(labels, told.count) for labels, told in got.points] for name, got in newest(receiver).items()} == {
        "gen_ai.execute_tool.duration": [
            ({"gen_ai.tool.name": "search", "gen_ai.agent.name": "Cook", "error.type": "LookupError"}, 1)
        ],
        "gen_ai.invoke_agent.duration": [({"gen_ai.agent.name": "Cook"}, 1)],
        "gen_ai.invoke_workflow.duration": [({"gen_ai.workflow.name": "dinner"}, 1)],
    }


def test_a_bucket_has_a_trace_as_its_example(configure, receiver) -> None:
    with monitor_operation("ask", agent_name="Cook") as op:
        pass
    assert otel_agents.flush()
    (metric,) = receiver.metrics[-1][2].resource_metrics[0].scope_metrics[0].metrics
    (example,) = metric.histogram.data_points[0].exemplars
    assert example.trace_id.hex() == op.trace_id


def test_what_is_not_sampled_is_not_measured(configure, receiver) -> None:
    configure(sample_ratio=0.0)
    with monitor_operation("ask", agent_name="Cook"):
        pass
    assert otel_agents.flush()
    assert receiver.metrics == []


def test_with_rules_that_decide_at_the_end_all_are_measured(configure, receiver) -> None:
    configure(sample_ratio=0.0, keep_errors=True, traces_exporter="otlp", spool=False)
    with monitor_operation("ask", agent_name="Cook"):
        pass
    assert otel_agents.flush()
    assert [told.count for _, told in newest(receiver)["gen_ai.invoke_agent.duration"].points] == [1]
    assert receiver.requests == []


def test_names_without_end_become_one(configure, receiver) -> None:
    configure(label_limit=3)
    for n in range(10):
        with monitor_operation("ask", agent_name=f"Agent {n}"):
            pass
    assert otel_agents.flush()
    assert [(labels, told.count) for labels, told in newest(receiver)["gen_ai.invoke_agent.duration"].points] == [
        ({"gen_ai.agent.name": "Agent 0"}, 1),
        ({"gen_ai.agent.name": "Agent 1"}, 1),
        ({"gen_ai.agent.name": "Agent 2"}, 1),
        ({"otel.metric.overflow": True}, 7),
    ]


def test_spans_that_end_before_the_exit_are_in_the_last_request(configure, receiver) -> None:
    with monitor_operation("ask", agent_name="Cook"):
        pass
    otel_agents.shutdown()
    ((_, _, message),) = receiver.metrics
    assert [told.count for _, told in read(message)["gen_ai.invoke_agent.duration"].points] == [1]
