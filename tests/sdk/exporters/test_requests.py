"""Encoded requests taken apart and joined again, against protobuf's own decoding."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_agents.sdk.exporters.requests import joined, parts


def request(*resources: tuple[str, list[tuple[str, list[str]]]]) -> ExportTraceServiceRequest:
    """A request with some names in it: of services, in each of scopes, in each of spans."""
    message = ExportTraceServiceRequest()
    for service, scopes in resources:
        of_resource = message.resource_spans.add(schema_url="r")
        of_resource.resource.attributes.add(key="service.name").value.string_value = service
        for scope, spans in scopes:
            of_scope = of_resource.scope_spans.add(schema_url="s")
            of_scope.scope.name = scope
            for name in spans:
                of_scope.spans.add(name=name, start_time_unix_nano=2**63, flags=256, trace_id=b"t" * 16)
    return message


names = st.text(max_size=3)
requests = st.lists(
    st.tuples(names, st.lists(st.tuples(names, st.lists(names, min_size=1, max_size=3)), min_size=1, max_size=3)),
    max_size=3,
).map(lambda resources: request(*resources))


def told(message: ExportTraceServiceRequest) -> list[tuple[str, str, str]]:
    """Each span's name, with its service and scope."""
    return [
        (resource.resource.attributes[0].value.string_value, scope.scope.name, span.name)
        for resource in message.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


@given(requests, st.integers(0, 30))
def test_halves_hold_the_same_spans(message, at) -> None:
    spans = parts(message.SerializeToString())
    halves = [ExportTraceServiceRequest.FromString(joined(some)) for some in (spans[:at], spans[at:])]
    assert told(halves[0]) + told(halves[1]) == told(message)


@given(requests, requests)
def test_one_after_the_other_they_are_one_request(first, second) -> None:
    both = first.SerializeToString() + second.SerializeToString()
    assert len(parts(both)) == len(told(first)) + len(told(second))
    assert told(ExportTraceServiceRequest.FromString(joined(parts(both)))) == told(first) + told(second)


def test_what_was_cut_off_is_no_request() -> None:
    whole = request(("shop", [("scope", ["a", "b"])])).SerializeToString()
    for size in range(1, len(whole)):
        with pytest.raises(ValueError, match="cut off"):
            parts(whole[:size])


@given(st.binary(min_size=1, max_size=40))
def test_any_bytes_are_taken_apart_or_refused(some) -> None:
    with contextlib.suppress(ValueError):  # nothing else is raised
        parts(some)
