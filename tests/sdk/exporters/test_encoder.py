"""The encoder writes what the stock one writes."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util import BoundedList
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from otel_agents.sdk.exporters.encoder import encode


@pytest.fixture(scope="module")
def _quiet():
    logger = logging.getLogger("opentelemetry.attributes")
    logger.setLevel(logging.ERROR)  # it says of each attribute too many that it goes
    yield
    logger.setLevel(logging.NOTSET)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.just("long " * 40)
keys = texts.filter(bool)
times = st.integers(0, 2**64 - 1)
scalars = st.one_of(
    texts,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.binary(max_size=20),
    st.none(),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=5
)


@st.composite
def attributes(draw) -> BoundedAttributes:
    return BoundedAttributes(draw(st.none() | st.integers(0, 4)), draw(st.dictionaries(keys, values, max_size=4)))


@st.composite
def contexts(draw) -> SpanContext:
    return SpanContext(
        draw(st.integers(1, 2**128 - 1)),
        draw(st.integers(1, 2**64 - 1)),
        draw(st.booleans()),
        TraceFlags(draw(st.integers(0, 3))),
        draw(st.sampled_from([None, TraceState([("a", "1"), ("vendor@x", "b c")])])),
    )


def bounded(draw, items: list) -> BoundedList:
    return BoundedList.from_seq(draw(st.none() | st.integers(0, 3)), items)


@st.composite
def spans(draw, resources, scopes) -> ReadableSpan:
    events = draw(st.lists(st.tuples(texts, attributes(), times).map(lambda parts: Event(*parts)), max_size=2))
    links = draw(st.lists(st.tuples(contexts(), attributes()).map(lambda parts: Link(*parts)), max_size=2))
    return ReadableSpan(
        name=draw(texts),
        context=draw(contexts()),
        parent=draw(st.none() | contexts()),
        resource=draw(st.sampled_from(resources)),
        attributes=draw(attributes()),
        events=bounded(draw, events),
        links=bounded(draw, links),
        kind=draw(st.sampled_from(SpanKind)),
        status=draw(
            st.sampled_from([Status(), Status(StatusCode.OK)]) | texts.map(lambda text: Status(StatusCode.ERROR, text))
        ),
        start_time=draw(times),
        end_time=draw(times),
        instrumentation_scope=draw(st.sampled_from(scopes)),
    )


@st.composite
def batches(draw) -> list[ReadableSpan]:
    resources = [
        Resource(dict(draw(attributes())), draw(texts)),
        Resource({"service.name": "same"}),
        Resource({"service.name": "same"}),
    ]
    scopes = [
        None,
        InstrumentationScope("scope", "1", "https://schema", dict(draw(attributes()))),
        InstrumentationScope("scope"),
        InstrumentationScope("scope"),
    ]
    return draw(st.lists(spans(resources, scopes), max_size=4))


@pytest.mark.usefixtures("_quiet")
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(batches())
def test_decoded_it_is_the_stock_encoders_message(batch) -> None:
    # Compared as bytes of the same library, deterministic: a NaN is not equal to itself.
    expected = encode_spans(batch).SerializeToString(deterministic=True)
    got = ExportTraceServiceRequest.FromString(encode(batch)).SerializeToString(deterministic=True)
    assert got == expected


def decoded(value: object):
    span = ReadableSpan("s", SpanContext(1, 2, False), attributes={"k": value}, resource=Resource.get_empty())
    message = ExportTraceServiceRequest.FromString(encode([span]))
    (pair,) = message.resource_spans[0].scope_spans[0].spans[0].attributes
    return pair.value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**63, str(2**63)),
        ("broken \ud800 surrogate", "broken ? surrogate"),
        (SpanKind.CLIENT, "SpanKind.CLIENT"),
        ("x" * 20_000, "x" * 20_000),
    ],
)
def test_what_the_format_has_no_room_for_becomes_text(value, expected) -> None:
    assert decoded(value).string_value == expected


def test_a_span_that_cannot_be_written_costs_only_itself(caplog) -> None:
    good = ReadableSpan("good", SpanContext(1, 2, False), resource=Resource.get_empty())
    bad = ReadableSpan("bad", SpanContext(1, 2, False), resource=Resource.get_empty(), start_time=-1)
    with caplog.at_level(logging.ERROR):
        message = ExportTraceServiceRequest.FromString(encode([bad, good]))
    assert [span.name for span in message.resource_spans[0].scope_spans[0].spans] == ["good"]
    assert len(caplog.records) == 1
