"""Tail sampling: traces worth it are kept whole, the others by the ratio's share, and every span is accounted for."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import NonRecordingSpan, SpanContext, StatusCode, TraceFlags

from otel_agents import configure, flush, metrics_collector, monitor_operation, shutdown, telemetry_health
from otel_agents.errors import ConfigurationError
from otel_agents.sdk.exporters import ledger
from otel_agents.sdk.trace.probability import LOW_56_BITS, threshold
from tests.sdk.receiving import receiving

SECOND = 1_000_000_000


class Kept:
    """Tracing into memory, with an account that begins at nothing."""

    def __init__(self, **given: Any) -> None:
        self.memory = InMemorySpanExporter()
        self._bring_back = ledger.set_aside()
        configure(traces_exporter="none", exporters=[self.memory], **given)

    def names(self) -> list[str]:
        """What was kept so far, without asking for anything."""
        told = telemetry_health()
        assert told.emitted == told.delivered + told.waiting + sum(told.dropped.values())
        return [span.name for span in self.memory.get_finished_spans()]

    def flushed(self) -> list[str]:
        assert flush()
        return self.names()

    def counts(self) -> dict[str, int]:
        told = telemetry_health()
        counts = {"emitted": told.emitted, "delivered": told.delivered, "waiting": told.waiting, **told.dropped}
        return {name: count for name, count in counts.items() if count}

    def close(self) -> None:
        shutdown()
        self._bring_back()


@pytest.fixture
def tracing():
    made: list[Kept] = []

    def make(**given: Any) -> Kept:
        made.append(Kept(**{"sample_ratio": 0.0, **given}))
        return made[-1]

    yield make
    for one in reversed(made):
        one.close()


def work(name: str, *, fails: bool = False, seconds: float = 0, cost: float = 0.0) -> None:
    """A trace of three spans."""
    tracer = trace.get_tracer("work")
    root = tracer.start_span(name, start_time=1)
    with trace.use_span(root, end_on_exit=False):
        with monitor_operation(f"{name}: tool") as tool:
            if fails:
                tool.error("it is broken")
        with monitor_operation(f"{name}: model", model="m") as model:
            model.usage(input_tokens=1, cost=cost)
    root.end(1 + int(seconds * SECOND) + (tool.span.end_time if not seconds else 0))


def three(name: str) -> list[str]:
    return [f"{name}: tool", f"{name}: model", name]


def test_traces_with_an_error_are_kept_whole(tracing) -> None:
    kept = tracing(keep_errors=True)
    work("good")
    work("bad", fails=True)
    work("good")
    assert kept.flushed() == three("bad")
    assert kept.counts() == {"emitted": 9, "delivered": 3, "sampled_out": 6}


def test_slow_traces_are_kept(tracing) -> None:
    kept = tracing(keep_slower_than=2.5)
    for seconds in (2, 3):
        root = trace.get_tracer("t").start_span(f"{seconds} s", start_time=SECOND)
        root.end(SECOND + seconds * SECOND)
    assert kept.flushed() == ["3 s"]


def test_dear_traces_are_kept(tracing) -> None:
    kept = tracing(keep_dearer_than=0.5)
    work("cheap", cost=0.5)
    work("dear", cost=0.6)
    assert kept.flushed() == three("dear")


def test_a_rule_of_ones_own(tracing) -> None:
    kept = tracing(keep=lambda spans: any(span.attributes.get("user.id") == "ana" for span in spans))
    for user in ("ana", "ben"):
        with monitor_operation("request", user_id=user), monitor_operation(f"for {user}"):
            pass
    assert kept.flushed() == ["for ana", "request"]


def test_a_rule_that_fails_keeps_nothing_and_is_counted(tracing, monkeypatch) -> None:
    from otel_agents.sdk import faults

    monkeypatch.setattr(faults, "counts", Counter())
    kept = tracing(keep=lambda spans: spans[100], keep_dearer_than=1)
    work("cheap")
    work("dear", cost=2)
    assert kept.flushed() == three("dear")
    assert telemetry_health().faults == {"the rule keep": 1}


def test_what_no_rule_keeps_is_kept_by_the_ratio_and_tells_with_which_probability(tracing) -> None:
    kept = tracing(keep_errors=True, sample_ratio=0.25)
    for number in range(400):
        work("trace", fails=number % 20 == 0)
    assert flush()
    spans = kept.memory.get_finished_spans()
    failed = {span.context.trace_id for span in spans if span.status.status_code is StatusCode.ERROR}
    told = {(span.context.trace_id in failed, span.context.trace_state.to_header()) for span in spans}
    assert told == {(True, "ot=th:0"), (False, "ot=th:c")}
    assert len(failed) == 20
    assert all(span.context.trace_flags.sampled for span in spans)
    drawn = {span.context.trace_id for span in spans} - failed
    assert all(trace_id & LOW_56_BITS >= threshold(0.25) for trace_id in drawn)
    assert len(drawn) == pytest.approx(95, abs=45)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"keep": 3}, "setting 'keep': expected a function of a trace's spans, got 3"),
        ({"keep_slower_than": -1}, "setting 'keep_slower_than': expected a number between 0 and 1e+09, got -1"),
        ({"keep_errors": "perhaps"}, "setting 'keep_errors': expected true or false, got 'perhaps'"),
    ],
)
def test_a_rule_that_cannot_be_is_named(given: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        configure(**given)
    assert str(caught.value) == expected


def test_figures_count_every_span(tracing) -> None:
    metrics_collector.reset()
    tracing(keep_errors=True)
    for number in range(10):
        with monitor_operation("request", agent_name="Sampled") as op:
            if number == 0:
                op.error("once")
    agent = metrics_collector.metrics["Sampled"]
    assert (agent.total_requests, agent.failure_count) == (10, 1)


def test_spans_wait_for_the_end_of_their_trace(tracing) -> None:
    kept = tracing(keep_errors=True)
    with monitor_operation("root"):
        with monitor_operation("child") as child:
            child.error("broken")
        assert kept.counts() == {"emitted": 1, "waiting": 1}
    assert kept.flushed() == ["child", "root"]


def test_a_flush_decides_on_what_waits_and_what_comes_later_follows(tracing) -> None:
    kept = tracing(keep_errors=True)
    with monitor_operation("good root"):
        with monitor_operation("good child"):
            pass
        assert kept.flushed() == []
        with monitor_operation("late") as late:
            late.error("too late")
    with monitor_operation("bad root"):
        with monitor_operation("bad child") as bad:
            bad.error("in time")
        assert kept.flushed() == ["bad child"]
    assert kept.flushed() == ["bad child", "bad root"]
    assert kept.counts() == {"emitted": 5, "delivered": 2, "sampled_out": 3}


def test_the_end_of_tracing_decides_on_what_waits(tracing) -> None:
    kept = tracing(keep_errors=True)
    root = monitor_operation("root").__enter__()
    with monitor_operation("child") as child:
        child.error("broken")
    shutdown()
    assert kept.names() == ["child"]
    root.__exit__(None, None, None)


def test_spans_that_end_after_the_root_follow_it(tracing) -> None:
    kept = tracing(keep_errors=True)
    tracer = trace.get_tracer("t")
    for fails in (True, False):
        root = tracer.start_span(f"root {fails}")
        late = tracer.start_span(f"late {fails}", trace.set_span_in_context(root))
        if fails:
            root.set_status(StatusCode.ERROR)
        root.end()
        later = tracer.start_span(f"later {fails}", trace.set_span_in_context(root))
        late.end()
        later.end()
    assert kept.flushed() == ["root True", "late True", "later True"]
    assert {span.context.trace_state.to_header() for span in kept.memory.get_finished_spans()} == {"ot=th:0"}


def of_another_process(*, sampled: bool) -> Any:
    parent = SpanContext(trace_id=1 << 100, span_id=5, is_remote=True, trace_flags=TraceFlags(sampled))
    return trace.use_span(NonRecordingSpan(parent))


def test_requests_of_one_trace_are_judged_each_by_itself(tracing) -> None:
    kept = tracing(keep_errors=True)
    for number, fails in enumerate((False, True, False)):
        with of_another_process(sampled=False), monitor_operation(f"request {number}") as request:
            if fails:
                request.error("broken")
        telemetry_health()  # settles
    assert kept.flushed() == ["request 1", "request 2"]  # once a trace is kept, the rest of it is


def test_requests_of_one_trace_at_the_same_time_are_judged_together(tracing) -> None:
    kept = tracing(keep_errors=True)
    with of_another_process(sampled=False), monitor_operation("first"):
        with of_another_process(sampled=False), monitor_operation("second"):
            pass
        with monitor_operation("child") as child:
            child.error("broken")
    assert kept.flushed() == ["second", "child", "first"]


def test_what_another_process_has_sampled_is_kept(tracing) -> None:
    kept = tracing(keep_errors=True)
    with of_another_process(sampled=True), monitor_operation("request"):
        pass
    assert kept.flushed() == ["request"]


def test_a_sampler_of_ones_own_is_the_draw(tracing) -> None:
    kept = tracing(keep_errors=True, sampler=ALWAYS_OFF)
    work("good")
    work("bad", fails=True)
    assert kept.flushed() == three("bad")


def test_other_processors_see_what_is_sampled_as_without_rules(tracing) -> None:
    memory = InMemorySpanExporter()
    tracing(keep_errors=True, processors=[SimpleSpanProcessor(memory)])
    work("bad", fails=True)
    assert memory.get_finished_spans() == ()


@pytest.mark.parametrize(
    "limit", [{"hold_spans": 4}, {"hold_bytes": 10_000}, {"hold_for": 0}], ids=["spans", "bytes", "time"]
)
def test_no_more_is_held_than_may_be(tracing, limit, caplog) -> None:
    kept = tracing(keep_errors=True, **limit)
    root = trace.get_tracer("t").start_span("root")
    with trace.use_span(root, end_on_exit=False):
        for number in range(12):
            with monitor_operation(f"child {number}") as child:
                if number < 2:
                    child.error("early")
            kept.names()
    root.end()
    assert kept.flushed() == [*(f"child {number}" for number in range(12)), "root"]
    assert telemetry_health().decided_early == 1
    assert "some are decided before it" in caplog.text


def test_a_joined_provider_decides_what_is_recorded_and_rules_on_the_rest() -> None:
    program = """if True:
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
        from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, AlwaysRecordSampler
        from otel_agents import configure, flush, monitor_operation
        trace.set_tracer_provider(TracerProvider(sampler=AlwaysRecordSampler(ALWAYS_OFF)))
        memory = InMemorySpanExporter()
        configure(traces_exporter="none", exporters=[memory], keep_errors=True)
        for fails in (False, True):
            with monitor_operation(f"root {fails}"), monitor_operation("child") as child:
                if fails:
                    child.error("broken")
        assert flush()
        print([span.name for span in memory.get_finished_spans()])
    """
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "['child', 'root True']\n"), ran.stderr


def test_the_parent_keeps_its_traces_and_a_forked_child_its_own(tracing) -> None:
    kept = tracing(keep_errors=True)
    with monitor_operation("parent") as parent:
        parent.error("broken")
        with monitor_operation("held"):
            pass
        telemetry_health()
        child = os.fork()
        if child == 0:
            with monitor_operation("of the child"):
                pass
            names, told = kept.flushed(), telemetry_health()
            os._exit(0 if (names, told.emitted, told.dropped) == ([], 1, {"sampled_out": 1}) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert kept.flushed() == ["held", "parent"]


def test_over_the_wire(tracing) -> None:
    with receiving() as server:
        configure(endpoint=server.url, sample_ratio=0.0, keep_errors=True)
        work("good")
        work("bad", fails=True)
        assert flush()
        assert server.names() == three("bad")
        (message,) = [message for _, _, message in server.requests]
        states = {span.trace_state for scope in message.resource_spans[0].scope_spans for span in scope.spans}
        assert states == {"ot=th:0"}
        shutdown()


steps = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["start", "end", "fail", "settle"])), min_size=1, max_size=60
)


@given(steps, st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([1, 5, 1000]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_trace_is_exported_whole_or_not_at_all(steps, ratio: float, hold_spans: int) -> None:
    kept = Kept(sample_ratio=ratio, keep_errors=True, hold_spans=hold_spans)
    try:
        tracer = trace.get_tracer("t")
        open_spans: dict[int, list[trace.Span]] = {}
        ended: dict[int, list[bool]] = {}  # by trace, which spans failed

        def end(slot: int, *, fails: bool = False) -> None:
            span = open_spans[slot].pop()
            if fails:
                span.set_status(StatusCode.ERROR)
            span.end()
            ended.setdefault(span.get_span_context().trace_id, []).append(fails)

        for slot, step in steps:
            spans = open_spans.setdefault(slot, [])
            if step == "settle":
                kept.names()
            elif step == "start":
                spans.append(tracer.start_span("s", trace.set_span_in_context(spans[-1]) if spans else None))
            elif spans:
                end(slot, fails=step == "fail")
        for slot, spans in open_spans.items():
            while spans:
                end(slot)
        assert flush()
        exported = Counter(span.context.trace_id for span in kept.memory.get_finished_spans())
        early = telemetry_health().decided_early
        for trace_id, spans in ended.items():
            assert exported[trace_id] in (0, len(spans))
            sampled = trace_id & LOW_56_BITS >= threshold(ratio)
            if not early:
                assert bool(exported[trace_id]) == (sampled or any(spans))
            assert exported[trace_id] or not sampled
        told = kept.counts()
        assert told.get("emitted", 0) == sum(map(len, ended.values()))
        assert told.get("delivered", 0) == sum(exported.values())
        assert told.get("sampled_out", 0) == told.get("emitted", 0) - told.get("delivered", 0)
    finally:
        kept.close()


def test_many_threads_and_every_span_is_accounted_for(tracing) -> None:
    kept = tracing(keep_errors=True, sample_ratio=0.3, hold_spans=500, interval=0.001)

    def run() -> None:
        for number in range(200):
            work("trace", fails=number % 10 == 0)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        told = telemetry_health()
        assert told.emitted == told.delivered + told.waiting + sum(told.dropped.values())
    assert flush()
    exported = Counter(span.context.trace_id for span in kept.memory.get_finished_spans())
    assert set(exported.values()) == {3}
    told = kept.counts()
    assert (told["emitted"], told["delivered"] + told["sampled_out"]) == (2400, 2400)
