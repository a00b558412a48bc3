"""message and handoff: what agents say to each other, and links that survive a queue."""

import json
import threading

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from otel_agents import context, current_operation, message, monitor_operation, tool

CARRIER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def said(span) -> dict[str, object]:
    """What a span says of its message; times are told apart, not compared."""
    found = {key.removeprefix("otel_agents.message."): value for key, value in span.attributes.items()}
    return {
        key: value
        for key, value in found.items()
        if not key.startswith(("gen_ai.", "otel_agents.")) and not key.endswith("_time")
    }


def times(span) -> set[str]:
    """Which times it says; each is a number of seconds that fits the test."""
    found = {key: value for key, value in span.attributes.items() if key.endswith("_time")}
    assert all(isinstance(value, float) and 0 <= value < 60 for value in found.values())
    return {key.removeprefix("otel_agents.message.") for key in found}


def links(span) -> list[int]:
    return [link.context.span_id for link in span.links]


def test_the_measures_of_a_message(recorder) -> None:
    with monitor_operation("plan", agent_name="Planner") as op:
        with message("Planner", "Writer", "task", size=100, context_size=2048, relevance=0.8, topic="sea") as sent:
            sent.retried()
            sent.retried(TimeoutError("no answer"))
            sent.replied(size="Söhne")
    span = recorder.span("send Writer")
    assert (span.kind, span.parent.span_id, span.status.status_code) == (
        SpanKind.PRODUCER,
        op.span.get_span_context().span_id,
        StatusCode.UNSET,
    )
    assert said(span) == {
        "source": "Planner",
        "target": "Writer",
        "type": "task",
        "messaging.message.body.size": 100,
        "context_size": 2048,
        "context_relevance": 0.8,
        "topic": "sea",
        "retries": 2,
        "errors": 1,
        "reply_size": 6,
    }
    assert times(span) == {"response_time"}
    assert (span.attributes["gen_ai.operation.name"], span.attributes["gen_ai.agent.name"]) == ("send", "Planner")
    assert [(event.name, dict(event.attributes)) for event in span.events] == [
        ("retry", {}),
        ("retry", {"error.type": "TimeoutError", "exception.message": "no answer"}),
    ]


def test_the_receiver_links_to_the_sender_and_knows_who_asks(recorder) -> None:
    @tool
    def look() -> None: ...

    with context(session="s", user="u", plan="pro"), message("Planner", "Writer", "task") as sent:
        wire = json.dumps(sent.carrier)
    with context(user="nobody", worker="w-1"), message("Planner", "Writer", "task", received=json.loads(wire)):
        look()
    send, process = recorder.span("send Writer"), recorder.span("process Writer")
    assert (process.kind, process.parent, links(process)) == (SpanKind.CONSUMER, None, [send.context.span_id])
    assert process.context.trace_id != send.context.trace_id
    asked = {"session.id": "s", "user.id": "u", "plan": "pro", "worker": "w-1"}
    for span in (process, recorder.span("execute_tool look")):
        assert {key: span.attributes.get(key) for key in asked} == asked
    assert times(process) == {"queue_time", "processing_time"}
    assert process.attributes["gen_ai.agent.name"] == "Writer"
    assert recorder.span("execute_tool look").parent.span_id == process.context.span_id


def test_a_message_is_processed_below_the_operation_around(recorder) -> None:
    carrier = message("A", "B").send()
    with monitor_operation("loop") as op, message("A", "B", received=carrier):
        pass
    span = recorder.span("process B")
    assert span.parent.span_id == op.span.get_span_context().span_id
    assert links(span) == [recorder.span("send B").context.span_id]


def test_an_answer_tells_the_response_time(recorder) -> None:
    question = message("A", "B", "question").send()
    with message("A", "B", "question", received=question) as got:
        answer = message("B", "A", "answer", reply_to=got).send()
    again = message("B", "A", "answer", reply_to=question).send()
    for carrier in (answer, again):
        with message("B", "A", "answer", received=carrier):
            pass
    spans = recorder.spans()
    asked, first, second = (span for span in spans if span.name.startswith("send"))
    assert [links(span) for span in (asked, first, second)] == [[], [asked.context.span_id], [asked.context.span_id]]
    answers = [span for span in spans if span.name == "process A"]
    assert [(links(span), times(span)) for span in answers] == [
        ([first.context.span_id], {"queue_time", "response_time", "processing_time"}),
        ([second.context.span_id], {"queue_time", "response_time", "processing_time"}),
    ]


def test_what_something_else_has_measured_is_taken(recorder) -> None:
    message("A", "B", "text", 100, processing_time=0.05, response_time=1.5, retries=3).send()
    with message("A", "B", received={}, processing_time=2.5):
        pass
    first, second = recorder.spans()
    measured = {key.removeprefix("otel_agents.message."): value for key, value in first.attributes.items()}
    assert (measured["processing_time"], measured["response_time"], measured["retries"]) == (0.05, 1.5, 3)
    assert second.attributes["otel_agents.message.processing_time"] == 2.5


def test_a_failure_is_counted(recorder) -> None:
    with pytest.raises(ValueError), message("A", "B", received={}) as got:
        got.error("the first half is missing")
        raise ValueError("bad")
    span = recorder.span()
    assert (span.status.description, span.attributes["error.type"]) == ("ValueError: bad", "ValueError")
    assert span.attributes["otel_agents.message.errors"] == 2


def test_a_reply_that_comes_in_another_thread(recorder) -> None:
    with message("A", "B") as sent:
        thread = threading.Thread(target=sent.replied, args=(b"12",))
        thread.start()
        thread.join()
    assert said(recorder.span())["reply_size"] == 2


@pytest.mark.parametrize(
    "carrier",
    [
        {},
        {"traceparent": "nonsense"},
        {"traceparent": 17, 5: "x"},
        {"traceparent": CARRIER[:-1]},
        {"otel-agents-sent": "soon", "otel-agents-asked": "-5"},
        {"otel-agents-sent": "9" * 30, "otel-agents-asked": "²"},
        {"otel-agents-sent": "1", "otel-agents-asked": "9999999999999999999"},
        {"baggage": "=;,="},
        None,
        "text",
    ],
)
def test_a_malformed_carrier_does_no_harm(recorder, carrier) -> None:
    with message("A", "B", received=carrier or {}, reply_to=carrier, links=[carrier]):
        pass
    with monitor_operation("work", links=[carrier]):
        pass
    for span in recorder.spans():
        assert (span.links, times(span) - {"processing_time"}) == ((), set())


@pytest.mark.parametrize(
    "carrier",
    [
        {"traceparent": CARRIER},
        {"Traceparent": CARRIER.encode(), "content-type": b"application/json", "retries": 5},
    ],
)
def test_headers_of_a_broker_serve_as_a_carrier(recorder, carrier) -> None:
    with monitor_operation("work", links=[carrier]), message("A", "B", received=carrier):
        pass
    assert [links(span) for span in recorder.spans()] == [[0xB7AD6B7169203331]] * 2


def test_a_trace_that_is_left_out_still_says_who_asks(recorder) -> None:
    recorder.configure(sampler="parentbased_always_off")
    with context(user="u"), message("A", "B") as sent:
        pass
    assert sent.carrier["baggage"] == "user.id=u"
    assert sent.carrier["traceparent"].endswith("-02")
    assert recorder.spans() == []


def test_switched_off_it_does_nothing(recorder) -> None:
    recorder.configure(enabled=False)
    with message("A", "B") as sent:
        sent.retried("no")
        sent.replied()
    assert sent.carrier == {}
    assert trace.get_current_span() is trace.INVALID_SPAN


# --- Hand-overs -----------------------------------------------------------------------------------------------------


def test_who_is_handed_over_to_links_back(recorder) -> None:
    with context(user="u"), monitor_operation("route", agent_name="Router"):
        carrier = current_operation().handoff(to="Analyst", reason="numbers")
    with monitor_operation("analyse", agent_name="Analyst", links=[json.loads(json.dumps(carrier))]):
        pass
    handover = recorder.span("handoff Analyst")
    assert links(recorder.span("analyse")) == [handover.context.span_id]
    assert handover.attributes["user.id"] == "u"
    assert carrier["baggage"] == "user.id=u"


def test_without_an_operation_there_is_nothing_to_link_to(recorder) -> None:
    assert current_operation().handoff("Nobody") == {}
