"""context: who is asking, for every span below, and beyond the process by W3C baggage."""

import asyncio
import contextvars
import threading
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import baggage, propagate, trace
from opentelemetry import context as otel
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.sdk.trace import TracerProvider

import otel_agents
from otel_agents import carry, context, monitor_operation
from otel_agents.sdk import faults
from otel_agents.sdk.context import identity
from otel_agents.sdk.trace.joining import JoinedProcessor


def sent() -> dict[str, object]:
    """What the current context sends to other programs."""
    return dict(baggage.get_all())


def inherited(span: Any) -> dict[str, object]:
    """The attributes of a span that are none of its own."""
    return {key: value for key, value in span.attributes.items() if not key.startswith(("otel_agents.", "gen_ai."))}


def test_it_reaches_every_span_below(recorder) -> None:
    with context(session="s", user="u", tenant="t", experiment="b", attempt=2):
        with monitor_operation("ours"), trace.get_tracer("stock").start_as_current_span("somebody else's"):
            pass
    with monitor_operation("after"):
        pass
    everything = {"session.id": "s", "user.id": "u", "tenant.id": "t", "experiment": "b", "attempt": "2"}
    assert {span.name: inherited(span) for span in recorder.spans()} == {
        "ours": everything,
        "somebody else's": everything,
        "after": {},
    }


def test_contexts_add_up_and_the_inner_one_wins(recorder) -> None:
    with context(session="s", user="u", plan="free"):
        with context(user="v", tenant="t", plan=None, step="1"), monitor_operation("inner", session_id="other"):
            pass
        with monitor_operation("outer"):
            pass
    assert {span.name: inherited(span) for span in recorder.spans()} == {
        "inner": {"session.id": "other", "user.id": "v", "tenant.id": "t", "plan": "free", "step": "1"},
        "outer": {"session.id": "s", "user.id": "u", "plan": "free"},
    }


def test_what_a_span_says_of_itself_goes_before(recorder) -> None:
    with context(plan="free"), monitor_operation("work", plan="pro"):
        pass
    assert recorder.span().attributes["plan"] == "pro"


def test_tasks_each_have_their_own(recorder) -> None:
    async def request(user: str) -> None:
        with context(user=user):
            await asyncio.sleep(0)
            with monitor_operation(user):
                await asyncio.create_task(step())

    async def step() -> None:
        await asyncio.sleep(0)
        with monitor_operation("step"):
            pass

    async def main() -> None:
        await asyncio.gather(request("ana"), request("bo"))

    asyncio.run(main())
    assert sorted((span.name, span.attributes["user.id"]) for span in recorder.spans()) == [
        ("ana", "ana"),
        ("bo", "bo"),
        ("step", "ana"),
        ("step", "bo"),
    ]


def test_one_object_serves_many_threads_and_itself(recorder) -> None:
    acme = context(tenant="acme")
    inside = threading.Barrier(2)

    def work() -> None:
        with acme, acme:
            inside.wait()
            with monitor_operation("inside"):
                pass
            inside.wait()
        with monitor_operation("outside"):
            pass

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((span.name, span.attributes.get("tenant.id")) for span in recorder.spans()) == [
        ("inside", "acme"),
        ("inside", "acme"),
        ("outside", None),
        ("outside", None),
    ]
    assert sent() == {}


def test_left_in_another_context_it_does_no_harm(recorder) -> None:
    def held_across_a_yield():
        with context(user="u"):
            yield

    generator = held_across_a_yield()
    contextvars.copy_context().run(next, generator)
    with context(user="v"):
        generator.close()
        assert sent() == {"user.id": "v"}
    assert sent() == {}


def test_a_coroutine_can_be_carried(recorder) -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        with monitor_operation("work"):
            pass

    with context(user="u"):
        carried = carry(work)
    asyncio.run(carried())
    assert recorder.span().attributes["user.id"] == "u"


# --- What cannot be -------------------------------------------------------------------------------------------------


class Plan(StrEnum):
    PRO = "pro"


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_values_are_texts_of_a_bounded_length(recorder, caplog) -> None:
    with context(user=17, odd=Unprintable(), long="x" * 300, half="a\ud800b", plan=Plan.PRO), monitor_operation("work"):
        assert propagate.inject({}) is None
    assert inherited(recorder.span()) == {
        "user.id": "17",
        "odd": "<Unprintable>",
        "long": "x" * 256,
        "half": "a?b",
        "plan": "pro",
    }
    assert {type(value) for value in inherited(recorder.span()).values()} == {str}
    assert caplog.records == []


def test_ids_by_the_names_they_have_elsewhere(recorder) -> None:
    with (
        context(session_id="s", user_id="u", tenant_id="t", **{"gen_ai.conversation.id": "c"}),
        monitor_operation("work"),
    ):
        pass
    who = {key: value for key, value in recorder.span().attributes.items() if key.endswith(".id")}
    assert who == {"session.id": "s", "user.id": "u", "tenant.id": "t", "gen_ai.conversation.id": "c"}


def test_names_of_the_spans_own_are_no_labels(recorder, caplog, monkeypatch) -> None:
    monkeypatch.setattr(identity, "_said", set())
    for _ in range(2):
        with context(agent="x", **{"gen_ai.agent.name": "x", "llm.cost.total": 1, "a" * 65: 1, "": 1}):
            with monitor_operation("work"):
                pass
    assert [inherited(span) for span in recorder.spans()] == [{}, {}]
    assert sorted(record.message for record in caplog.records) == [
        "context(): '' cannot be a label and is left out",
        f"context(): {'a' * 64!r} cannot be a label and is left out",
        "context(): 'agent' cannot be a label and is left out",
        "context(): 'gen_ai.agent.name' cannot be a label and is left out",
        "context(): 'llm.cost.total' cannot be a label and is left out",
    ]


def test_the_number_of_labels_is_bounded(recorder) -> None:
    with context(user="u", **{f"label{n}": n for n in range(20)}), context(**{f"more{n}": n for n in range(20)}):
        with monitor_operation("work"):
            pass
    labels = [key for key in inherited(recorder.span()) if key != "user.id"]
    assert labels == [f"label{n}" for n in range(20)] + [f"more{n}" for n in range(12)]


# --- Baggage --------------------------------------------------------------------------------------------------------


def test_it_is_in_the_baggage_beside_what_others_put_there(recorder) -> None:
    token = otel.attach(baggage.set_baggage("theirs", "1"))
    try:
        with context(session="s", experiment="b"), monitor_operation("work", user_id="u"):
            assert sent() == {"theirs": "1", "session.id": "s", "otel_agents.label.experiment": "b", "user.id": "u"}
    finally:
        otel.detach(token)


def test_whoever_extracted_a_context_its_baggage_is_read(recorder) -> None:
    headers = {
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "baggage": "session.id=s%201,user.id=%C3%BC,otel_agents.label.plan=pro,theirs=1,otel_agents.label.agent=x",
    }
    token = otel.attach(propagate.extract(headers))
    try:
        with monitor_operation("request", agent_name="A"), monitor_operation("step"):
            assert sent()["user.id"] == "ü"
        with trace.get_tracer("stock").start_as_current_span("stock"), context(user="known by now", extra="e"):
            with monitor_operation("inner"):
                pass
    finally:
        otel.detach(token)
    asked = {"session.id": "s 1", "user.id": "ü", "plan": "pro"}
    spans = {span.name: span for span in recorder.spans()}
    assert inherited(spans["step"]) == inherited(spans["stock"]) == asked
    assert inherited(spans["request"]) == {**asked, "agent": "A"}
    assert inherited(spans["inner"]) == {**asked, "user.id": "known by now", "extra": "e"}
    assert {span.context.trace_id for span in spans.values()} == {0x0AF7651916CD43DD8448EB211C80319C}


def test_a_request_read_inside_a_context_goes_before_it(recorder) -> None:
    with context(worker="w-1", user="nobody"):
        token = otel.attach(propagate.extract({"baggage": "user.id=u"}, otel.get_current()))
        with monitor_operation("job"):
            pass
        otel.detach(token)
    assert inherited(recorder.span()) == {"worker": "w-1", "user.id": "u"}


def test_it_reaches_the_spans_of_a_provider_that_was_there_before(recorder) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(JoinedProcessor())
    with context(user="u", plan="pro"):
        span = provider.get_tracer("theirs").start_span("one")
    token = otel.attach(propagate.extract({"baggage": "user.id=v"}))
    extracted = provider.get_tracer("theirs").start_span("two", attributes={"user.id": "own"})
    otel.detach(token)
    assert (dict(span.attributes), dict(extracted.attributes)) == ({"user.id": "u", "plan": "pro"}, {"user.id": "own"})


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("all", {"session.id": "s", "user.id": "u", "otel_agents.label.plan": "pro"}),
        ("none", {}),
        ("session, plan", {"session.id": "s", "otel_agents.label.plan": "pro"}),
        (["user"], {"user.id": "u"}),
    ],
)
def test_what_is_sent_is_a_setting(recorder, setting, expected) -> None:
    recorder.configure(send_baggage=setting)
    with context(session="s", user="u", plan="pro"):
        assert sent() == expected
        with monitor_operation("work"):
            pass
    assert inherited(recorder.span()) == {"session.id": "s", "user.id": "u", "plan": "pro"}


def test_what_is_sent_is_redacted_as_spans_are(recorder) -> None:
    recorder.configure(redact_leave="tenant.id")
    with context(session="0170-1234567", user="ada@example.com", tenant="ada@acme.com", team="red", password="x"):
        redacted = {
            "session.id": "[redacted:phone]",
            "user.id": "[redacted:email]",
            "tenant.id": "ada@acme.com",
            "team": "red",
            "password": "[redacted:password]",
        }
        assert {key.removeprefix("otel_agents.label."): value for key, value in sent().items()} == redacted
        with monitor_operation("work"):
            pass
    assert inherited(recorder.span()) == redacted
    with context(user="u-17"), context(user="bob@example.com"):
        assert sent() == {"user.id": "[redacted:email]"}  # and not the one around


def test_it_is_not_where_nothing_is_redacted(recorder) -> None:
    recorder.configure(redact=False)
    with context(user="ada@example.com"):
        assert sent() == {"user.id": "ada@example.com"}


def test_what_cannot_be_redacted_is_not_sent(recorder, monkeypatch) -> None:
    monkeypatch.setattr(faults, "raising", False)
    faults.counts.clear()

    def fails(text: str) -> str:
        raise RuntimeError(text)

    recorder.configure(redact_patterns={"mine": fails})
    with context(user="u-17-and-more"):
        assert sent() == {"user.id": "[redacted:failed]"}
    assert faults.counts["redacting baggage"] == 1


def test_what_is_believed_is_a_setting(recorder) -> None:
    recorder.configure(read_baggage=["session"])
    token = otel.attach(propagate.extract({"baggage": "session.id=s,user.id=admin,otel_agents.label.plan=pro"}))
    with monitor_operation("work"):
        pass
    otel.detach(token)
    assert inherited(recorder.span()) == {"session.id": "s"}


@pytest.mark.parametrize("value", ["", "session,,user", [], [1], 5])
def test_a_wrong_setting_is_named(recorder, value) -> None:
    with pytest.raises(otel_agents.errors.ConfigurationError, match="'send_baggage': expected all, none, or names"):
        recorder.configure(send_baggage=value)


def test_switched_off_nothing_is_sent(recorder) -> None:
    recorder.configure(enabled=False)
    with context(user="u"):
        assert sent() == {}


def test_what_is_too_much_for_a_header_stays_here(recorder, caplog) -> None:
    labels = {f"label{n:02}": "ü" * 100 for n in range(20)}
    with context(user="u", tenant="t"), context(**labels, user="x" * 5000), monitor_operation("work"):
        propagate.inject(headers := {})
    assert headers["baggage"] == "tenant.id=t"  # the user that is not sent is not sent as it was before either
    assert len(inherited(recorder.span())["user.id"]) == 5000
    with context(user="u", **labels):
        propagate.inject(headers := {})
    assert len(headers["baggage"]) <= identity.MOST_BYTES
    assert headers["baggage"].startswith("user.id=u,otel_agents.label.label00=")
    assert {record.name for record in caplog.records} == {"otel_agents"}  # OpenTelemetry has nothing to cut off


@pytest.mark.parametrize(
    "header",
    [
        "user.id",
        "=",
        "user.id=%ZZ%",
        "user.id=a;b=c;d",
        "otel_agents.label.=x",
        "otel_agents.label.operation.cost=1",
        ",,,;;;===",
        "user.id=ü",
        "x" * 9000,
        "user.id=" + "x" * 5000,
    ],
)
def test_malformed_baggage_does_no_harm(recorder, header) -> None:
    token = otel.attach(propagate.extract({"baggage": header}))
    with monitor_operation("work"):
        pass
    otel.detach(token)
    assert set(inherited(recorder.span())) <= {"user.id"}


def test_baggage_may_hold_anything(recorder) -> None:
    strange = {1: 2, "user.id": None, "session.id": Unprintable(), "otel_agents.label.n": 5, "tenant.id": ["a"]}
    for value in (strange, 17, "text", None):
        token = otel.attach(otel.set_value(baggage._BAGGAGE_KEY, value))
        with monitor_operation("work"):
            pass
        otel.detach(token)
    first, *others = [inherited(span) for span in recorder.spans()]
    assert first == {"user.id": "None", "session.id": "<Unprintable>", "n": "5", "tenant.id": "['a']"}
    assert others == [{}, {}, {}]


TEXT = st.text(max_size=80).map(str.strip)  # OpenTelemetry's propagator cuts off spaces


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(sorted(identity.IDS)), TEXT),
    st.dictionaries(TEXT.filter(lambda name: name not in identity.IDS), TEXT, max_size=8),
)
def test_what_goes_out_comes_in(recorder, caplog, ids, labels) -> None:
    with context(**ids, **labels):
        here = identity.of(otel.get_current())
        W3CBaggagePropagator().inject(headers := {})
    there = identity.of(W3CBaggagePropagator().extract(headers, otel.Context()))
    assert there.attributes == here.attributes
