"""current_operation: the handle of the operation around, wherever the code is."""

from opentelemetry import trace

from otel_agents import agent, current_operation, monitor_operation


def test_a_decorated_function_can_say_more_of_itself(recorder):
    @agent("Planner")
    def plan() -> None:
        current_operation().set(steps=3)
        current_operation().handoff("Writer", reason="the plan is made")

    plan()
    assert recorder.span("invoke_agent Planner").attributes["steps"] == 3
    said = recorder.span("handoff Writer").attributes
    assert {key: value for key, value in said.items() if "handoff." in key} == {
        "otel_agents.handoff.from": "Planner",
        "otel_agents.handoff.to": "Writer",
        "otel_agents.handoff.reason": "the plan is made",
    }


def test_it_is_the_innermost_one_and_other_spans_serve_as_well(recorder):
    with monitor_operation("outer") as outer:
        with trace.get_tracer("someone else").start_as_current_span("inner"):
            current_operation().set(seen="inner")
        assert current_operation().trace_id == outer.trace_id
        current_operation().set(seen="outer")
    assert {span.name: span.attributes["seen"] for span in recorder.spans()} == {"outer": "outer", "inner": "inner"}


def test_outside_of_every_operation_it_records_nothing(recorder):
    current_operation().set(seen=True)
    current_operation().handoff("Nobody")
    assert recorder.spans() == []
