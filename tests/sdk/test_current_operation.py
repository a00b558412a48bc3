"""current_operation: the handle of the operation around, wherever the code is."""

from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import otel_agents
from otel_agents import agent, current_operation, monitor_operation


def finished(work) -> dict[str, dict]:
    """The attributes of the spans that `work` makes, by name."""
    memory = InMemorySpanExporter()
    otel_agents.configure(traces_exporter="none", exporters=[memory])
    try:
        work()
        assert otel_agents.flush()
    finally:
        otel_agents.shutdown()
    return {span.name: dict(span.attributes) for span in memory.get_finished_spans()}


def test_a_decorated_function_can_say_more_of_itself():
    @agent("Planner")
    def plan() -> None:
        current_operation().set(steps=3)
        current_operation().handoff("Writer", reason="the plan is made")

    spans = finished(plan)
    assert spans["invoke_agent Planner"]["steps"] == 3
    handoff = {key: value for key, value in spans["handoff Writer"].items() if "handoff." in key}
    assert handoff == {
        "otel_agents.handoff.from": "Planner",
        "otel_agents.handoff.to": "Writer",
        "otel_agents.handoff.reason": "the plan is made",
    }


def test_it_is_the_innermost_one_and_other_spans_serve_as_well():
    def work() -> None:
        with monitor_operation("outer") as outer:
            with trace.get_tracer("someone else").start_as_current_span("inner"):
                current_operation().set(seen="inner")
            assert current_operation().trace_id == outer.trace_id
            current_operation().set(seen="outer")

    spans = finished(work)
    assert (spans["outer"]["seen"], spans["inner"]["seen"]) == ("outer", "inner")


def test_outside_of_every_operation_it_records_nothing():
    def work() -> None:
        current_operation().set(seen=True)
        current_operation().handoff("Nobody")

    assert finished(work) == {}
