"""monitor_operation and its handle."""

import asyncio
import json
from datetime import UTC, datetime
from enum import Enum

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from otel_agents import monitor_operation, telemetry_health
from otel_agents.sdk import values


def test_the_documents_example(recorder) -> None:
    with monitor_operation(
        "user_request", agent_name="ChatAgent", user_id="u-17", request_type="support", priority="high"
    ):
        pass
    span = recorder.span()
    assert (span.name, span.kind, span.status.status_code) == ("user_request", SpanKind.INTERNAL, StatusCode.UNSET)
    assert dict(span.attributes) == {
        "user.id": "u-17",
        "request_type": "support",
        "priority": "high",
        "otel_agents.span.type": "agent",
        "gen_ai.operation.name": "invoke_agent",
        "agent": "ChatAgent",
        "gen_ai.agent.name": "ChatAgent",
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"agent_name": "A"}, ("agent", "invoke_agent", SpanKind.INTERNAL)),
        ({"agent_name": "A", "model": "m"}, ("model", "chat", SpanKind.CLIENT)),
        ({"tool": "t"}, ("tool", "execute_tool", SpanKind.INTERNAL)),
        ({"workflow": "w"}, ("workflow", "invoke_workflow", SpanKind.INTERNAL)),
        ({}, ("other", "work", SpanKind.INTERNAL)),
        ({"type": "message"}, ("message", "work", SpanKind.INTERNAL)),
        ({"type": "nonsense"}, ("other", "work", SpanKind.INTERNAL)),
    ],
)
def test_the_type_follows_from_what_is_named(recorder, given, expected) -> None:
    with monitor_operation("work", **given):
        pass
    span = recorder.span()
    assert (span.attributes["otel_agents.span.type"], span.attributes["gen_ai.operation.name"], span.kind) == expected


def test_session_user_and_tenant_reach_every_span_below(recorder) -> None:
    with monitor_operation("outer", user_id="u", session_id="s", tenant="t"):
        with monitor_operation("middle", session_id="other"), trace.get_tracer("stock").start_as_current_span("inner"):
            pass
    assert {
        span.name: (span.attributes["user.id"], span.attributes["session.id"], span.attributes["tenant.id"])
        for span in recorder.spans()
    } == {"inner": ("u", "other", "t"), "middle": ("u", "other", "t"), "outer": ("u", "s", "t")}


def test_model_and_tool_spans_know_their_agent_without_being_its_requests(recorder) -> None:
    with monitor_operation("run", agent_name="A"):
        with monitor_operation("ask", model="m"), monitor_operation("look", tool="t"), monitor_operation("step"):
            pass
    assert {
        span.name: (span.attributes.get("agent"), span.attributes.get("gen_ai.agent.name")) for span in recorder.spans()
    } == {"run": ("A", "A"), "ask": (None, "A"), "look": (None, "A"), "step": (None, None)}


def test_an_operation_of_an_agent_inside_one_of_the_same_is_no_new_request(recorder) -> None:
    with monitor_operation("request", agent_name="A"), monitor_operation("step", tool="t"):
        with monitor_operation("again", agent_name="A"):
            pass
        with monitor_operation("other", agent_name="B"), monitor_operation("back", agent_name="A"):
            pass
    assert {span.name: span.counts_as_request for span in recorder.spans()} == {
        "request": True,
        "step": True,
        "again": False,
        "other": True,
        "back": True,
    }


def test_an_exception_is_recorded_and_goes_on_unchanged(recorder) -> None:
    error = KeyError("gone")
    with pytest.raises(KeyError) as caught, monitor_operation("work"):
        raise error
    assert caught.value is error
    span = recorder.span()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "KeyError: 'gone'")
    assert span.attributes["error.type"] == "KeyError"
    (event,) = span.events
    assert (event.name, event.attributes["exception.type"]) == ("exception", "KeyError")


def test_an_exception_that_was_reported_is_recorded_once(recorder) -> None:
    with pytest.raises(ValueError), monitor_operation("work") as op:
        try:
            raise ValueError("bad")
        except ValueError as error:
            op.error(error)
            raise
    assert len(recorder.span().events) == 1


def test_an_error_in_words(recorder) -> None:
    with monitor_operation("work") as op:
        op.error("the tool answered nonsense")
    span = recorder.span()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "the tool answered nonsense")
    assert span.attributes["error.type"] == "_OTHER"


def test_leaving_by_a_generators_end_or_the_programs_exit_is_no_failure(recorder) -> None:
    with pytest.raises(SystemExit), monitor_operation("work"):
        raise SystemExit(0)
    assert recorder.span().status.status_code is StatusCode.UNSET


class Colour(Enum):
    RED = "red"


def test_values_of_any_type_become_attributes(recorder) -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    with monitor_operation("work", at=datetime(2026, 1, 2, tzinfo=UTC), nothing=None, colour=Colour.RED) as op:
        op.set(numbers=[1, 2.5, None], odd=Odd(), parts={"a": {1}}, raw=b"x", huge=10**30)
        op.set({"dotted.name": True})
    attributes = dict(recorder.span().attributes)
    del attributes["otel_agents.span.type"], attributes["gen_ai.operation.name"]
    assert attributes == {
        "at": "2026-01-02 00:00:00+00:00",
        "colour": "red",
        "numbers": (1, 2.5, None),
        "odd": "<Odd>",
        "parts": {"a": (1,)},
        "raw": b"x",
        "huge": 10**30,
        "dotted.name": True,
    }


def test_usage_and_cost_by_hand(recorder) -> None:
    with monitor_operation("ask", model="my-own", provider="me") as op:
        op.usage(input_tokens=100, output_tokens=20, cache_read_tokens=60, reasoning_tokens=5, cost=0.25)
    attributes = recorder.span().attributes
    assert {key: value for key, value in attributes.items() if "usage" in key or "cost" in key} == {
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 60,
        "gen_ai.usage.reasoning.output_tokens": 5,
        "operation.cost": 0.25,
        "operation.cost.source": "reported",
    }


ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "gpt-4o-2024-08-06",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
}


def test_a_providers_answer_is_read(recorder) -> None:
    with monitor_operation("ask", model="gpt-4o") as op:
        op.input("Hi")
        op.response(ANSWER)
    attributes = recorder.span().attributes
    assert attributes["gen_ai.response.model"] == "gpt-4o-2024-08-06"
    assert attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert attributes["gen_ai.provider.name"] == "openai"
    assert attributes["operation.cost"] == pytest.approx(10 * 2.5e-6 + 2 * 10e-6)
    assert json.loads(attributes["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
    ]
    assert json.loads(attributes["gen_ai.output.messages"]) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "Hello"}], "finish_reason": "stop"}
    ]


def test_messages_changed_after_they_were_given_are_recorded_as_they_were(recorder) -> None:
    messages = [{"role": "user", "content": "first"}]
    with monitor_operation("ask", model="m") as op:
        op.input(messages)
        messages[0]["content"] = "changed"
        messages.append({"role": "user", "content": "second"})
    assert json.loads(recorder.span().attributes["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "first"}]}
    ]


def test_without_content_only_what_was_said_is_missing(recorder) -> None:
    recorder.configure(capture_content=False)
    with monitor_operation("ask", model="gpt-4o") as op:
        op.input("Hi")
        op.output("Ho")
        op.response(ANSWER)
    attributes = recorder.span().attributes
    assert attributes["gen_ai.usage.input_tokens"] == 10
    assert [key for key in attributes if "messages" in key] == []


def test_a_handoff_is_a_span_below(recorder) -> None:
    with monitor_operation("route", agent_name="Router") as op:
        op.handoff("Analyst", reason="numbers")
    assert recorder.tree() == ["route", "  handoff Analyst"]
    attributes = dict(recorder.span("handoff Analyst").attributes)
    assert attributes == {
        "otel_agents.span.type": "message",
        "gen_ai.operation.name": "handoff",
        "gen_ai.agent.name": "Router",
        "otel_agents.handoff.from": "Router",
        "otel_agents.handoff.to": "Analyst",
        "otel_agents.handoff.reason": "numbers",
    }


def test_links_are_given_as_spans_or_their_contexts(recorder) -> None:
    with monitor_operation("first") as first:
        pass
    to = first.span.get_span_context()
    with monitor_operation("several", links=[first.span, to, "no span"]), monitor_operation("one", links=to):
        pass
    assert [link.context for name in ("several", "one") for link in recorder.span(name).links] == [to, to, to]


def test_it_stays_current_across_awaits_and_tasks_do_not_mix(recorder) -> None:
    async def request(name: str) -> None:
        with monitor_operation(name) as op:
            await asyncio.sleep(0)
            assert trace.get_current_span() is op.span
            with monitor_operation(f"{name} step"):
                await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(request("a"), request("b"))

    asyncio.run(main())
    spans = {span.name: span for span in recorder.spans()}
    assert spans["a step"].parent.span_id == spans["a"].context.span_id
    assert spans["b step"].parent.span_id == spans["b"].context.span_id
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_left_in_another_context_it_ends_quietly(recorder, caplog) -> None:
    def held_across_a_yield():
        with monitor_operation("work"):
            yield

    import contextvars

    generator = held_across_a_yield()
    contextvars.copy_context().run(next, generator)
    contextvars.copy_context().run(generator.close)
    assert recorder.span().name == "work"
    assert caplog.records == []


def test_the_trace_id_is_hexadecimal(recorder) -> None:
    with monitor_operation("work") as op:
        op.event("moment", count=3)
    span = recorder.span()
    assert op.trace_id == f"{span.context.trace_id:032x}"
    assert [(event.name, dict(event.attributes)) for event in span.events] == [("moment", {"count": 3})]


def test_values_of_a_wrong_type_are_counted(recorder) -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    values.converted.clear()
    with monitor_operation("work", odd=Odd()) as op:
        op.event("moment", odd=Odd(), at=datetime(2026, 1, 2, tzinfo=UTC))
        op.span.set_attribute("raw", Odd())
        op.span.set_attributes({"n": 1, "nested": [{"deep": Odd()}]})
        op.span.add_event("raw", {"odd": Odd()})
    span = recorder.span()
    assert {key: span.attributes[key] for key in ("odd", "raw", "n", "nested")} == {
        "odd": "<Odd>",
        "raw": "<Odd>",
        "n": 1,
        "nested": ({"deep": "<Odd>"},),
    }
    assert [dict(event.attributes) for event in span.events] == [
        {"odd": "<Odd>", "at": "2026-01-02 00:00:00+00:00"},
        {"odd": "<Odd>"},
    ]
    assert telemetry_health().converted == {"Odd": 5, "datetime": 1}


@pytest.mark.parametrize(
    ("given", "recorded"),
    [
        ('é "\\ \x00 \u2028 😀', 'é "\\ \x00 \u2028 😀'),
        ("half a pair \ud83d", "half a pair ?"),
        ({"role": "user", "content": [{"type": "text", "text": "of a list"}]}, "of a list"),
    ],
)
def test_texts_are_written_as_they_were_said(recorder, given, recorded) -> None:
    with monitor_operation("chat", model="gpt-4o") as op:
        op.input(given)
    (message,) = json.loads(recorder.span().attributes["gen_ai.input.messages"])
    assert message == {"role": "user", "parts": [{"type": "text", "content": recorded}]}
