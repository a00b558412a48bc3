from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from google.protobuf import json_format

from otel_agents.collector.receiver import decode_spans, otlp_json
from otel_agents.collector.receiver.signals import TRACES
from otel_agents.collector.receiver.status import UndecodableError
from tests.collector import otlp

TRACE_ID = "0AF7651916cd43dd8448eb211c80319C"


def body(*spans: dict[str, Any], **resource_spans: Any) -> bytes:
    scope_spans = [{"scope": {"name": "js"}, "spans": list(spans)}]
    return json.dumps({"resourceSpans": [{"scopeSpans": scope_spans, **resource_spans}]}).encode()


def span(**fields: Any) -> dict[str, Any]:
    return {"traceId": TRACE_ID, "spanId": "00000000000000Ab", "name": "work", **fields}


def rows(sent: bytes) -> list[dict[str, Any]]:
    return TRACES.decode_json(sent).batch.rows.to_pylist()


def test_json_says_the_same_as_protobuf():
    sent = otlp.request(
        otlp.span(
            {"s": "ü", "i": -(2**63), "d": 0.5, "b": True, "l": ["a", 1, None], "m": {"x": b"\xff"}, "none": None},
            parent_span_id="01" * 8,
            kind=3,
            status={"code": 2, "message": "no"},
            events=[{"name": "e", "time_unix_nano": otlp.START_NS, "attributes": otlp.pairs({"a": 1})}],
            links=[{"trace_id": b"\x0a" * 16, "span_id": b"\x0b" * 8, "attributes": otlp.pairs({"b": 2})}],
        ),
        resource={"service.name": "shop"},
    )
    as_json = json_format.MessageToDict(sent, use_integers_for_enums=True)
    protobuf_span = sent.resource_spans[0].scope_spans[0].spans[0]
    json_span = as_json["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    for owner, origin, names in (
        (json_span, protobuf_span, {"traceId": "trace_id", "spanId": "span_id", "parentSpanId": "parent_span_id"}),
        (json_span["links"][0], protobuf_span.links[0], {"traceId": "trace_id", "spanId": "span_id"}),
    ):
        for name, field in names.items():
            owner[name] = getattr(origin, field).hex()
    assert rows(json.dumps(as_json).encode()) == TRACES.decode_protobuf(sent.SerializeToString()).batch.rows.to_pylist()


def test_hex_ids_in_either_case():
    (row,) = rows(body(span()))
    assert (row["trace_id"].hex(), row["span_id"].hex()) == (TRACE_ID.lower(), "00000000000000ab")


@pytest.mark.parametrize("time", [1_790_000_000_123_456_789, "1790000000123456789"])
def test_64_bit_integers_as_numbers_or_texts(time: Any):
    attributes = [{"key": "n", "value": {"intValue": time}}]
    (row,) = rows(body(span(startTimeUnixNano=time, attributes=attributes)))
    assert (row["start_ns"], row["attributes"][0]["integer"]) == (1_790_000_000_123_456_789, 1_790_000_000_123_456_789)


@pytest.mark.parametrize("kind", [3, "3", "SPAN_KIND_CLIENT"])
@pytest.mark.parametrize("code", [2, "STATUS_CODE_ERROR"])
def test_enums_as_integers_and_names(kind: Any, code: Any):
    (row,) = rows(body(span(kind=kind, status={"code": code})))
    assert (row["kind"], row["status"]) == (3, 2)


def test_unknown_fields_and_nulls_are_ignored():
    attributes = [{"key": "k", "value": {"stringValue": "v", "shape": 1}}, {"key": "null", "value": None}]
    sent = body(
        span(flags=1, brandNew={"x": 1}, attributes=attributes, events=None, status=None), schemaUrl="x", resource=None
    )
    (row,) = rows(sent)
    assert [(a["key"], a["text"], a["json"]) for a in row["attributes"]] == [("k", "v", None), ("null", None, "null")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"doubleValue": "NaN"}, '["NaN"]'),
        ({"doubleValue": 1}, "[1.0]"),
        ({"bytesValue": "/w=="}, '["/w=="]'),
        ({"kvlistValue": {"values": [{"key": "a"}]}}, '[{"a":null}]'),
        ({"arrayValue": {}}, "[[]]"),
        ({}, "[null]"),
    ],
)
def test_kinds_of_values(value: dict[str, Any], expected: str):
    attributes = [{"key": "k", "value": {"arrayValue": {"values": [value]}}}]
    assert rows(body(span(attributes=attributes)))[0]["attributes"][0]["json"] == expected


def test_half_a_surrogate_pair_becomes_a_question_mark():
    assert rows(body(span(name="a\ud800b")))[0]["name"] == "a?b"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"traceId": ""}, decode_spans.BAD_TRACE_ID),
        ({"traceId": "0" * 32}, decode_spans.BAD_TRACE_ID),
        ({"traceId": "not hex"}, decode_spans.BAD_TRACE_ID),
        ({"spanId": "ab"}, decode_spans.BAD_SPAN_ID),
        ({"traceId": 5}, otlp_json.BAD_FIELD),
        ({"startTimeUnixNano": "soon"}, otlp_json.BAD_FIELD),
        ({"startTimeUnixNano": -1}, otlp_json.BAD_FIELD),
        ({"kind": "SPAN_KIND_NEW"}, otlp_json.BAD_FIELD),
        ({"attributes": {"a": 1}}, otlp_json.BAD_FIELD),
        ({"attributes": [{"key": "k", "value": {"intValue": 2**63}}]}, otlp_json.BAD_FIELD),
        ({"attributes": [{"key": "k", "value": {"boolValue": "yes"}}]}, otlp_json.BAD_FIELD),
    ],
)
def test_a_bad_span_is_refused_and_its_neighbours_are_kept(fields: dict[str, Any], reason: str):
    decoded = TRACES.decode_json(body(span(name="before"), span(**fields), span(name="after", spanId="02" * 8)))
    assert [row["name"] for row in decoded.batch.rows.to_pylist()] == ["before", "after"]
    assert decoded.refused == Counter({reason: 1})


@pytest.mark.parametrize("depth", [60, 120, 1_000, 100_000])
def test_a_value_nested_too_deep_refuses_its_span_only(depth: int):
    deep = b'{"arrayValue":{"values":[' * depth + b'{"stringValue":"]}\\""}' + b"]}}" * depth
    bad, good = span(attributes=[{"key": "k", "value": "deep"}]), span(name="good", spanId="02" * 8)
    decoded = TRACES.decode_json(body(bad, good).replace(b'"deep"', deep))
    assert [row["name"] for row in decoded.batch.rows.to_pylist()] == ["good"]
    assert decoded.refused.total() == 1


def test_an_unknown_field_nested_too_deep_is_ignored():
    sent = body(span()).replace(b'"work"', b'"work","x":' + b'[{"x":' * 10_000 + b"1" + b"}]" * 10_000)
    assert [row["name"] for row in rows(sent)] == ["work"]


@pytest.mark.parametrize("sent", [b"[" * 100_000, b'{"resourceSpans":' + b"[" * 1000 + b'"]]]'])
def test_what_is_nested_too_deep_and_cut_short_is_no_json(sent: bytes):
    with pytest.raises(UndecodableError):
        TRACES.decode_json(sent)


@pytest.mark.parametrize(
    "sent",
    [b"", b"{", b"[]", b"null", b'"text"', b"\xff", b'{"resourceSpans":{}}', b'{"resourceSpans":[1]}', b"\x0a\x05abc"],
)
def test_what_is_not_otlp_is_told(sent: bytes):
    with pytest.raises(UndecodableError):
        TRACES.decode_json(sent)


def test_an_empty_request_has_no_spans():
    decoded = TRACES.decode_json(b"{}")
    assert (decoded.batch.records, decoded.message) == (0, "")
