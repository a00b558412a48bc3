"""Head sampling: the share is kept, programs agree on a trace, and spans tell the probability they were kept with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace._sampling_experimental import composable_traceid_ratio_based, composite_sampler
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from otel_agents import monitor_operation
from otel_agents.sdk.trace.ids import RandomIds
from otel_agents.sdk.trace.probability import LOW_56_BITS, NEVER, marked, threshold
from otel_agents.sdk.trace.sampling import HeadSampler

ratios = st.floats(0, 1) | st.sampled_from([0.0, 2.0**-56, 1e-9, 0.1, 0.5, 1.0])


# The table of the specification's "TraceState: Probability Sampling", at precision 4.
@pytest.mark.parametrize(
    ("ratio", "written"),
    [
        (1, "0"),
        (1 / 2, "8"),
        (1 / 3, "aaab"),
        (1 / 5, "cccd"),
        (1 / 10, "e666"),
        (1 / 100, "fd70a"),
        (1 / 1000, "ffbe77"),
        (1 / 1_000_000, "ffffef39"),
    ],
)
def test_thresholds_are_those_of_the_specification(ratio: float, written: str) -> None:
    assert marked(None, threshold(ratio)).to_header() == f"ot=th:{written}"


@given(ratios, ratios, st.integers(1, (1 << 128) - 1))
def test_what_a_low_ratio_keeps_a_higher_one_keeps_too(one: float, other: float, trace_id: int) -> None:
    low, high = (HeadSampler(ratio, parent_based=False) for ratio in sorted((one, other)))
    assert high.decide(None, trace_id) or not low.decide(None, trace_id)


@given(ratios)
def test_a_threshold_keeps_its_share(ratio: float) -> None:
    share = (NEVER - threshold(ratio)) / NEVER
    assert share == pytest.approx(ratio, rel=2**-12, abs=2**-56) or ratio > 0.99
    assert (share == 0) == (ratio < 2**-57)


@given(
    ratios,
    st.integers(0, LOW_56_BITS),
    st.sampled_from(["", "th:8", "rv:{0:014x}", "th:c;rv:{0:014x}", "rv:short"]),
    st.booleans(),
)
def test_a_sampler_that_goes_by_itself_uses_the_randomness_a_trace_names(
    ratio: float, random: int, written: str, sampled: bool
) -> None:
    text = written.format(random)
    state = TraceState([("vendor", "1"), ("ot", text)] if text else [("vendor", "1")])
    parent = SpanContext(7, 7, True, TraceFlags(sampled), state)
    sampler = HeadSampler(ratio, parent_based=False)
    used = random if "rv:" in text and "short" not in text else 7
    context = trace.set_span_in_context(NonRecordingSpan(parent))
    result = sampler.should_sample(context, 7, "span")
    assert (result.decision is Decision.RECORD_AND_SAMPLE) == (used >= threshold(ratio))
    if result.decision is Decision.RECORD_AND_SAMPLE and 0 < threshold(ratio) < NEVER:
        told = result.trace_state.get("ot")
        assert told.split(";")[0] == marked(None, threshold(ratio)).get("ot")
        assert [part for part in told.split(";") if part.startswith("rv:")] == [
            p for p in text.split(";") if "rv:" in p
        ]
    assert result.trace_state.get("vendor") == "1"


@pytest.mark.parametrize("ratio", [0.5, 0.25, 3 / 16])
def test_a_ratio_decides_and_tells_as_opentelemetrys_own_consistent_sampler_does(ratio: float) -> None:
    ours, theirs = HeadSampler(ratio, parent_based=True), composite_sampler(composable_traceid_ratio_based(ratio))
    for _ in range(200):
        trace_id = RandomIds().generate_trace_id()
        got, expected = (each.should_sample(Context(), trace_id, "s", attributes={"a": 1}) for each in (ours, theirs))
        assert (got.decision, got.trace_state) == (expected.decision, expected.trace_state)


def test_spans_tell_the_probability_and_it_is_propagated(recorder) -> None:
    recorder.configure(sample_ratio=0.5)
    headers: dict[str, str] = {}
    kept = 0
    for _ in range(200):
        with monitor_operation("root") as root, monitor_operation("child"):
            if root.span.is_recording():
                kept += 1
                TraceContextTextMapPropagator().inject(headers)
    assert {span.context.trace_state.to_header() for span in recorder.spans()} == {"ot=th:8"}
    assert len(recorder.spans()) == 2 * kept
    assert 50 < kept < 150
    assert headers["tracestate"] == "ot=th:8"


def test_the_parents_decision_and_what_it_tells_go_on(recorder) -> None:
    recorder.configure(sample_ratio=0.5)
    for sampled in (True, False):
        state = TraceState([("ot", "th:c"), ("vendor", "1")])
        parent = SpanContext(1, 1, True, TraceFlags(sampled), state)
        with trace.use_span(NonRecordingSpan(parent)), monitor_operation(f"sampled {sampled}"):
            pass
    assert recorder.span().name == "sampled True"
    assert recorder.span().context.trace_state.to_header() == "ot=th:c,vendor=1"


def test_without_a_ratio_nothing_is_told(recorder) -> None:
    with monitor_operation("work"):
        pass
    assert recorder.span().context.trace_state.to_header() == ""
