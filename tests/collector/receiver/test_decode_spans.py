from __future__ import annotations

import base64
import contextlib
import json
import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from otel_agents.collector.receiver import decode, decode_spans, values
from otel_agents.collector.receiver.status import UndecodableError
from tests.collector import otlp


def rows(request: ExportTraceServiceRequest) -> list[dict[str, Any]]:
    return decode_spans.decode_spans(request.SerializeToString()).batch.rows.to_pylist()


def attribute(plain: Any) -> dict[str, Any]:
    """How one attribute comes out: only what is set."""
    (row,) = rows(otlp.request(otlp.span({"k": plain})))
    (found,) = row["attributes"]
    return {name: item for name, item in found.items() if item is not None and name != "key"}


def test_a_span_comes_out_as_it_was_sent():
    sent = otlp.span(
        {"gen_ai.request.model": "gpt-4o"},
        span_id="00000000000000aa",
        parent_span_id="00000000000000bb",
        name="chat gpt-4o",
        kind=3,
        status={"code": 2, "message": "ValueError: no"},
        events=[
            {
                "name": "exception",
                "time_unix_nano": otlp.START_NS,
                "attributes": otlp.pairs({"exception.type": "ValueError", "n": [1, None]}),
            }
        ],
        links=[{"trace_id": b"\x01" * 16, "span_id": b"\x02" * 8, "attributes": otlp.pairs({"why": "retry"})}],
        trace_state="k=v",
        flags=0x301,
        dropped_attributes_count=1,
        dropped_events_count=2,
        dropped_links_count=3,
    )
    request = otlp.request(sent, resource={"service.name": "shop", "host.cpus": 2})
    scope = request.resource_spans[0].scope_spans[0].scope
    scope.version = "1.2"
    scope.attributes.extend(otlp.pairs({"a": 1}))
    assert rows(request) == [
        {
            "trace_id": bytes.fromhex(otlp.TRACE_ID),
            "span_id": b"\0\0\0\0\0\0\0\xaa",
            "parent_span_id": b"\0\0\0\0\0\0\0\xbb",
            "name": "chat gpt-4o",
            "kind": 3,
            "start_ns": otlp.START_NS,
            "end_ns": otlp.START_NS + 1_000_000_000,
            "status": 2,
            "status_message": "ValueError: no",
            "scope_name": "tests",
            "service_name": "shop",
            "exception_type": "ValueError",
            "resource": '{"service.name":"shop","host.cpus":2}',
            "events": '[{"name":"exception","time":"2026-09-21T14:13:20.123456789Z",'
            '"attributes":{"exception.type":"ValueError","n":[1,null]}}]',
            "links": '[{"trace_id":"01010101010101010101010101010101","span_id":"0202020202020202",'
            '"attributes":{"why":"retry"}}]',
            "attributes": [
                {
                    "key": "gen_ai.request.model",
                    "text": "gpt-4o",
                    "flag": None,
                    "integer": None,
                    "number": None,
                    "json": None,
                }
            ],
            "scope": '{"version":"1.2","attributes":{"a":1}}',
            "trace_state": "k=v",
            "flags": 0x301,
            "dropped_attributes": 1,
            "dropped_events": 2,
            "dropped_links": 3,
        }
    ]


def test_what_events_and_links_left_out_is_kept():
    sent = otlp.span(
        events=[{"name": "e", "time_unix_nano": 1_000, "dropped_attributes_count": 4}],
        links=[{"trace_state": "k=v", "flags": 1, "dropped_attributes_count": 5}],
    )
    (row,) = rows(otlp.request(sent))
    assert json.loads(row["events"]) == [
        {"name": "e", "time": "1970-01-01T00:00:00.000001Z", "attributes": {}, "dropped_attributes_count": 4}
    ]
    assert json.loads(row["links"]) == [
        {"trace_id": "", "span_id": "", "attributes": {}, "trace_state": "k=v", "flags": 1}
        | {"dropped_attributes_count": 5}
    ]


def test_spans_belong_to_their_own_resource_and_scope():
    request = otlp.request(otlp.span(name="a"), otlp.span(name="b"), resource={"service.name": "one"}, scope="x")
    request.MergeFrom(otlp.request(resource={"service.name": "empty"}))
    request.MergeFrom(otlp.request(otlp.span(name="c"), resource={}, scope=""))
    request.resource_spans[0].scope_spans.add(spans=[otlp.span(name="d")]).scope.name = "y"
    assert [(r["name"], r["service_name"], r["scope_name"]) for r in rows(request)] == [
        ("a", "one", "x"),
        ("b", "one", "x"),
        ("d", "one", "y"),
        ("c", None, None),
    ]


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        ("", {"text": ""}),
        ("naïve 🦊 \0 \n", {"text": "naïve 🦊 \0 \n"}),
        (False, {"flag": False}),
        (0, {"integer": 0}),
        (2**63 - 1, {"integer": 2**63 - 1}),
        (-(2**63), {"integer": -(2**63)}),
        (0.0, {"number": 0.0}),
        (math.inf, {"number": math.inf}),
        (b"", {"json": '""'}),
        (b"\x00\xff", {"json": '"AP8="'}),
        ([], {"json": "[]"}),
        ({}, {"json": "{}"}),
        (None, {"json": "null"}),
        (
            ["stop", 1, -1, True, 0.5, b"x", None, [], {"a": {"b.c": [1]}}],
            {"json": '["stop",1,-1,true,0.5,"eA==",null,[],{"a":{"b.c":[1]}}]'},
        ),
        ([math.nan, math.inf, -math.inf], {"json": '["NaN","Infinity","-Infinity"]'}),
        ({"a.b": "\"'\\", "ü": [{"": ""}]}, {"json": '{"a.b":"\\"\'\\\\","ü":[{"":""}]}'}),
    ],
)
def test_every_kind_of_value(plain: Any, expected: dict[str, Any]):
    assert attribute(plain) == expected


def test_an_attribute_without_a_value_is_null():
    bare = otlp.span()
    bare.attributes.append(KeyValue(key="k"))
    assert rows(otlp.request(bare))[0]["attributes"][0]["json"] == "null"


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"))
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


def as_sent(value: AnyValue) -> Any:
    """What protobuf's own classes say a value is, written a second time to compare with."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [as_sent(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: as_sent(pair.value) for pair in value.kvlist_value.values}
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    if kind == "double_value" and math.isinf(value.double_value):
        return "Infinity" if value.double_value > 0 else "-Infinity"
    return getattr(value, kind) if kind else None


@settings(max_examples=50)
@given(st.lists(st.dictionaries(st.text(st.characters(codec="utf-8")), PLAIN, max_size=6), max_size=5))
def test_attributes_are_what_protobufs_own_classes_read(attributes: list[dict[str, Any]]):
    request = otlp.request(*(otlp.span(a) for a in attributes))
    sent = [
        {pair.key: as_sent(pair.value) for pair in s.attributes}
        for s in ExportTraceServiceRequest.FromString(request.SerializeToString())
        .resource_spans[0]
        .scope_spans[0]
        .spans
    ]
    found = []
    for row in rows(request):
        found.append({})
        for pair in row["attributes"]:
            scalars = [pair[kind] for kind in ("text", "flag", "integer", "number") if pair[kind] is not None]
            (item,) = scalars or [json.loads(pair["json"])]
            if isinstance(item, float) and math.isinf(item):
                item = values.non_finite(item)
            found[-1][pair["key"]] = item
    assert found == sent


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"trace_id": b""}, decode_spans.BAD_TRACE_ID),
        ({"trace_id": b"\x01" * 15}, decode_spans.BAD_TRACE_ID),
        ({"trace_id": bytes(16)}, decode_spans.BAD_TRACE_ID),
        ({"span_id": b""}, decode_spans.BAD_SPAN_ID),
        ({"span_id": b"\x01" * 16}, decode_spans.BAD_SPAN_ID),
        ({"span_id": bytes(8)}, decode_spans.BAD_SPAN_ID),
        ({"parent_span_id": b"\x01" * 7}, decode_spans.BAD_PARENT_ID),
    ],
)
def test_a_span_with_a_bad_id_is_refused_and_its_neighbours_are_kept(fields: dict[str, bytes], reason: str):
    request = otlp.request(otlp.span(name="before"), otlp.span(name="bad", **fields), otlp.span(name="after"))
    decoded = decode_spans.decode_spans(request.SerializeToString())
    assert [row["name"] for row in decoded.batch.rows.to_pylist()] == ["before", "after"]
    assert decoded.refused == Counter({reason: 1})
    assert decoded.message == f"1 refused with {reason}"


def test_a_parent_id_of_zeros_is_no_parent():
    assert rows(otlp.request(otlp.span(parent_span_id=bytes(8))))[0]["parent_span_id"] == b""


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else "deep"


def field(number: int, encoded: bytes) -> bytes:
    """A length-delimited field by hand: protobuf's own classes refuse to write what they refuse to read."""
    length = b""
    rest = len(encoded)
    while rest > 127:
        length += bytes([rest & 127 | 128])
        rest >>= 7
    return bytes([number << 3 | 2]) + length + bytes([rest]) + encoded


def test_a_value_nested_too_deep_refuses_its_span_only():
    value = field(1, b"deep")
    for _ in range(1000):
        value = field(5, field(1, value))
    bad = otlp.span(name="bad").SerializeToString() + field(9, field(1, b"k") + field(2, value))
    good = otlp.span({"k": nested(40)}, name="good").SerializeToString()
    decoded = decode_spans.decode_spans(field(1, field(2, field(2, bad) + field(2, good))))
    assert [row["name"] for row in decoded.batch.rows.to_pylist()] == ["good"]
    assert decoded.refused == Counter({decode.BAD_VALUE: 1})


def test_a_text_that_is_not_utf8_is_shown_with_replacement_characters():
    body = otlp.request(otlp.span({"key-1": "value-1"}, name="name-1")).SerializeToString()
    for text in (b"key-1", b"value-1", b"name-1"):
        body = body.replace(text, text[:-1] + b"\xff")
    row = decode_spans.decode_spans(body).batch.rows.to_pylist()[0]
    assert (row["name"], row["attributes"][0]["key"], row["attributes"][0]["text"]) == ("name-�", "key-�", "value-�")


def test_a_resource_that_cannot_be_read_refuses_its_spans_only():
    body = otlp.request(otlp.span(name="bad"), resource={"service.name": "shop-1"}).SerializeToString()
    body = body.replace(b"shop-1", b"shop-\xff") + otlp.request(otlp.span(name="good")).SerializeToString()
    decoded = decode_spans.decode_spans(body)
    assert [row["name"] for row in decoded.batch.rows.to_pylist()] == ["good"]
    assert decoded.refused == Counter({decode.BAD_VALUE: 1})


def test_an_empty_request_has_no_spans():
    decoded = decode_spans.decode_spans(b"")
    assert (decoded.batch.records, decoded.refused, decoded.message) == (0, Counter(), "")


@pytest.mark.parametrize(
    "body", [b"not protobuf", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05abc", b'{"resourceSpans":[]}']
)
def test_what_is_not_otlp_is_told(body: bytes):
    with pytest.raises(UndecodableError):
        decode_spans.decode_spans(body)


@settings(max_examples=50)
@given(st.binary(max_size=64), st.integers(0, 400))
def test_damaged_bytes_never_do_worse_than_be_refused(damage: bytes, at: int):
    body = otlp.request(otlp.span({"a": [1, {"b": "c"}], "d": "e", "f": 1.5}), otlp.span()).SerializeToString()
    with contextlib.suppress(UndecodableError):
        decode_spans.decode_spans(body[:at] + damage + body[at + len(damage) :])
