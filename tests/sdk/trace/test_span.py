"""The lean span behaves as the stock one: the same random calls on both, and what is exported compared."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
)
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)

from otel_agents.sdk.exporters.encoder import encode
from otel_agents.sdk.trace.ids import RandomIds
from otel_agents.sdk.trace.provider import LeanProvider
from otel_agents.sdk.trace.sampling import HeadSampler
from otel_agents.sdk.trace.span import LeanSpan

RESOURCE = Resource({"service.name": "test"})


class Counting(IdGenerator):
    def __init__(self) -> None:
        self._last = 0

    def generate_span_id(self) -> int:
        self._last += 1
        return self._last

    generate_trace_id = generate_span_id


class SameTime(SpanProcessor):
    """Makes spans of two providers comparable: every time they take themselves is the same."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        span._start_time = 1

    def on_end(self, span: ReadableSpan) -> None:
        span._end_time = 2
        for event in span._events:
            event._timestamp = 3


def lean_provider(sampler: Sampler | None = None, limits: SpanLimits | None = None, ids: IdGenerator | None = None):
    provider = LeanProvider()
    provider.set_up(
        enabled=True,
        resource=RESOURCE,
        sampler=sampler or HeadSampler(1.0, parent_based=True),
        id_generator=ids or RandomIds(),
        processors=[],
    )
    if limits:
        provider._span_limits = limits
    return provider


def exporting(provider: TracerProvider) -> InMemorySpanExporter:
    memory = InMemorySpanExporter()
    provider.add_span_processor(SameTime())
    provider.add_span_processor(SimpleSpanProcessor(memory))
    return memory


REMOTE = SpanContext(5, 6, is_remote=True, trace_flags=TraceFlags(3), trace_state=TraceState([("a", "1")]))
UNSAMPLED = SpanContext(7, 8, is_remote=True, trace_flags=TraceFlags(0))

keys = st.sampled_from(["a", "b", "c", "d", "e", ""]) | st.just(5)
values = st.one_of(
    st.text("xyzé", max_size=12),
    st.booleans(),
    st.integers(-10, 10),
    st.floats(allow_nan=False),
    st.none(),
    st.binary(max_size=3),
    st.lists(st.integers() | st.text("x", max_size=12), max_size=3).map(
        lambda items: [i if isinstance(i, str) else i % 9 for i in items]
    ),
    st.dictionaries(st.sampled_from(["k", ""]), st.integers(0, 9)),
    st.just(object),
)
attributes = st.none() | st.dictionaries(keys, values, max_size=5)
contexts = st.sampled_from([REMOTE, UNSAMPLED, SpanContext(0, 0, False), SpanContext(1, 2, False)])
calls = st.lists(
    st.one_of(
        st.tuples(st.just("set_attribute"), st.tuples(keys, values)),
        st.tuples(st.just("set_attributes"), st.tuples(st.dictionaries(keys, values, max_size=5))),
        st.tuples(st.just("add_event"), st.tuples(st.sampled_from(["e", ""]), attributes)),
        st.tuples(st.just("add_link"), st.tuples(contexts, attributes)),
        st.tuples(st.just("update_name"), st.tuples(st.sampled_from(["renamed", ""]))),
        st.tuples(st.just("set_status"), st.tuples(st.sampled_from(StatusCode), st.sampled_from([None, "why"]))),
        st.tuples(
            st.just("set_status"),
            st.tuples(st.sampled_from([Status(StatusCode.ERROR, "bad"), Status(), Status(StatusCode.OK)])),
        ),
        st.tuples(st.just("record_exception"), st.tuples(st.sampled_from([ValueError("v"), KeyError()]), attributes)),
        st.tuples(st.just("end"), st.tuples()),
    ),
    max_size=8,
)
small = st.none() | st.integers(0, 3)
limits = st.builds(
    lambda *given: SpanLimits(
        **dict(zip(LIMITS, (SpanLimits.UNSET if limit is None else limit for limit in given), strict=True))
    ),
    *[small] * 6,
    st.sampled_from([None, None, 4]),
)
LIMITS = (
    "max_events",
    "max_links",
    "max_attributes",
    "max_span_attributes",
    "max_event_attributes",
    "max_link_attributes",
    "max_attribute_length",
)


@pytest.fixture(scope="module")
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def run(
    provider: TracerProvider, parent: SpanContext | None, kind, given_attributes, links, steps
) -> list[ReadableSpan]:
    memory = exporting(provider)
    context = trace.set_span_in_context(NonRecordingSpan(parent)) if parent else Context()
    tracer = provider.get_tracer("t", "1", "https://schema", {"s": 1})
    span = tracer.start_span("span", context, kind, given_attributes, [Link(*link) for link in links])
    for method, arguments in steps:
        getattr(span, method)(*arguments)
    if span.is_recording():
        span.end()
    return list(memory.get_finished_spans())


@pytest.mark.usefixtures("_quiet")
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    limits,
    st.sampled_from([None, REMOTE, UNSAMPLED]),
    st.sampled_from(SpanKind),
    attributes,
    st.lists(st.tuples(contexts, attributes), max_size=3),
    calls,
)
def test_the_same_calls_give_the_same_span(span_limits, parent, kind, given_attributes, links, steps) -> None:
    stock = TracerProvider(
        resource=RESOURCE,
        id_generator=Counting(),
        span_limits=span_limits,
        shutdown_on_exit=False,
        sampler=ParentBased(ALWAYS_ON),
    )
    lean = lean_provider(limits=span_limits, ids=Counting())
    expected = run(stock, parent, kind, given_attributes, links, steps)
    got = run(lean, parent, kind, given_attributes, links, steps)
    message = encode_spans(expected)
    assert encode_spans(got) == message
    assert type(message).FromString(encode(got)) == message


@pytest.mark.parametrize(
    ("named", "stock"),
    [
        ("always_on", ALWAYS_ON),
        ("always_off", ALWAYS_OFF),
        ("parentbased_always_on", ParentBased(ALWAYS_ON)),
        ("parentbased_always_off", ParentBased(ALWAYS_OFF)),
    ],
)
def test_named_samplers_decide_as_the_stock_ones(named, stock) -> None:
    ours = HeadSampler.named(named, 0.3)
    parents = [
        Context(),
        *(trace.set_span_in_context(NonRecordingSpan(each), Context()) for each in (REMOTE, UNSAMPLED)),
    ]
    trace_ids = [RandomIds().generate_trace_id() for _ in range(200)]
    for context in parents:
        for trace_id in trace_ids:
            expected = stock.should_sample(context, trace_id, "s", attributes={"a": 1})
            got = ours.should_sample(context, trace_id, "s", attributes={"a": 1})
            assert (got.decision, dict(got.attributes), got.trace_state) == (
                expected.decision,
                dict(expected.attributes),
                expected.trace_state,
            )


class Picky(Sampler):
    def should_sample(self, parent_context, trace_id, name, kind=None, attributes=None, links=None, trace_state=None):
        decision = {"drop": Decision.DROP, "record": Decision.RECORD_ONLY}.get(name, Decision.RECORD_AND_SAMPLE)
        return SamplingResult(decision, {**(attributes or {}), "sampled.by": "me"}, TraceState([("s", "1")]))

    def get_description(self) -> str:
        return "Picky"


def test_a_samplers_of_ones_own() -> None:
    tracer = lean_provider(Picky()).get_tracer("t")
    dropped, recorded, sampled = (tracer.start_span(name, attributes={"a": 1}) for name in ("drop", "record", "keep"))
    assert [span.is_recording() for span in (dropped, recorded, sampled)] == [False, True, True]
    assert [span.get_span_context().trace_flags.sampled for span in (dropped, recorded, sampled)] == [
        False,
        False,
        True,
    ]
    assert dict(sampled.attributes) == {"a": 1, "sampled.by": "me"}
    assert sampled.get_span_context().trace_state == {"s": "1"}


def test_as_json_it_reads_the_same() -> None:
    texts = []
    for provider in (TracerProvider(resource=RESOURCE, id_generator=Counting()), lean_provider(ids=Counting())):
        (span,) = run(
            provider, REMOTE, SpanKind.CLIENT, {"a": 1}, [(REMOTE, {"l": 1})], [("add_event", ("e", {"x": 2}))]
        )
        texts.append(span.to_json())
    assert texts[0] == texts[1]


def test_it_is_a_span_of_the_sdk_and_of_the_api() -> None:
    span = lean_provider().get_tracer("t").start_span("s")
    assert isinstance(span, LeanSpan) and isinstance(span, Span) and isinstance(span, ReadableSpan)
    with pytest.raises(TypeError):
        LeanSpan()


def test_current_span_block_decorator_and_exceptions() -> None:
    provider = lean_provider()
    memory = exporting(provider)
    tracer = provider.get_tracer("t")

    @tracer.start_as_current_span("decorated")
    def decorated():
        return trace.get_current_span()

    with pytest.raises(ValueError):
        with tracer.start_as_current_span("outer") as outer:
            assert trace.get_current_span() is outer
            assert decorated().parent.span_id == outer.context.span_id
            assert decorated() is not decorated()
            raise ValueError("bad")
    assert trace.get_current_span() is trace.INVALID_SPAN
    span = memory.get_finished_spans()[-1]
    assert (span.name, span.status.description, [event.name for event in span.events]) == (
        "outer",
        "ValueError: bad",
        ["exception"],
    )


async def test_a_decorated_coroutine() -> None:
    provider = lean_provider()
    memory = exporting(provider)

    @provider.get_tracer("t").start_as_current_span("work")
    async def work():
        return trace.get_current_span().name

    assert await work() == "work"
    assert [span.name for span in memory.get_finished_spans()] == ["work"]


def test_processors_see_start_ending_and_end_in_order() -> None:
    seen = []

    class Watching(SpanProcessor):
        def on_start(self, span, parent_context=None):
            span.set_attribute("from.processor", True)
            seen.append(("start", span.name))

        def _on_ending(self, span):
            seen.append(("ending", span.name))

        def on_end(self, span):
            seen.append(("end", span.name, dict(span.attributes)))

    provider = lean_provider()
    provider.add_span_processor(Watching())
    provider.get_tracer("t").start_span("s").end()
    assert seen == [("start", "s"), ("ending", "s"), ("end", "s", {"from.processor": True})]


def test_two_threads_that_end_one_span_end_it_once() -> None:
    import threading

    provider = lean_provider()
    memory = exporting(provider)
    for _ in range(50):
        span = provider.get_tracer("t").start_span("s")
        barrier = threading.Barrier(2)
        threads = [
            threading.Thread(target=lambda span=span, barrier=barrier: (barrier.wait(), span.end())) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(memory.get_finished_spans()) == 50


def test_ids_differ_whatever_the_program_does_with_random() -> None:
    import random

    tracer = lean_provider().get_tracer("t")
    random.seed(1)
    first = tracer.start_span("s").get_span_context()
    random.seed(1)
    second = tracer.start_span("s").get_span_context()
    assert first.trace_id != second.trace_id
    assert first.span_id != second.span_id
