from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from otel_agents.collector.receiver import decode, otlp_json
from otel_agents.collector.receiver.signals import LOGS
from tests.collector import otlp

if TYPE_CHECKING:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

SPAN_ID = "00000000000000ab"


def rows(request: ExportLogsServiceRequest) -> list[dict[str, Any]]:
    return LOGS.decode_protobuf(request.SerializeToString()).batch.rows.to_pylist()


def record(**fields: Any) -> LogRecord:
    return LogRecord(**({"time_unix_nano": otlp.START_NS, "observed_time_unix_nano": otlp.START_NS + 1} | fields))


def test_a_log_record_comes_out_as_it_was_sent():
    sent = record(
        severity_number=9,
        severity_text="Info",
        event_name="order",
        body=otlp.value("placed"),
        attributes=otlp.pairs({"n": 1}),
        trace_id=bytes.fromhex(otlp.TRACE_ID),
        span_id=bytes.fromhex(SPAN_ID),
        flags=1,
        dropped_attributes_count=2,
    )
    request = otlp.logs(sent)
    scope = request.resource_logs[0].scope_logs[0].scope
    scope.version = "1.2"
    request.resource_logs[0].scope_logs[0].schema_url = "https://schemas/1"
    scope.attributes.extend(otlp.pairs({"a": True}))
    assert rows(request) == [
        {
            "time_ns": otlp.START_NS,
            "observed_ns": otlp.START_NS + 1,
            "severity_number": 9,
            "severity_text": "Info",
            "event_name": "order",
            "body": {"text": "placed", "flag": None, "integer": None, "number": None, "json": None},
            "trace_id": bytes.fromhex(otlp.TRACE_ID),
            "span_id": bytes.fromhex(SPAN_ID),
            "flags": 1,
            "dropped_attributes": 2,
            "scope_name": "tests",
            "scope": '{"version":"1.2","attributes":{"a":true},"schema_url":"https://schemas/1"}',
            "service_name": "shop",
            "resource": '{"service.name":"shop"}',
            "attributes": [{"key": "n", "text": None, "flag": None, "integer": 1, "number": None, "json": None}],
        }
    ]


def test_json_says_the_same_as_protobuf():
    sent = otlp.logs(
        record(
            severity_number=17,
            body=otlp.value({"a": [1, None, "x"]}),
            attributes=otlp.pairs({"b": b"\xff", "d": 0.5}),
            trace_id=bytes.fromhex(otlp.TRACE_ID),
            span_id=bytes.fromhex(SPAN_ID),
        ),
        record(),
    )
    as_json = json_format.MessageToDict(sent)
    as_json["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0] |= {"traceId": otlp.TRACE_ID, "spanId": SPAN_ID}
    assert LOGS.decode_json(json.dumps(as_json).encode()).batch.rows.to_pylist() == rows(sent)


@pytest.mark.parametrize(
    ("plain", "expected"),
    [("", {"text": ""}), (0, {"integer": 0}), ([1], {"json": "[1]"}), (None, {"json": "null"})],
)
def test_a_body_is_any_value(plain: Any, expected: dict[str, Any]):
    (row,) = rows(otlp.logs(record(body=otlp.value(plain))))
    assert {kind: item for kind, item in row["body"].items() if item is not None} == expected


def test_no_body_is_none():
    assert rows(otlp.logs(record()))[0]["body"] is None


def test_a_record_nobody_observed_was_observed_now():
    (row,) = rows(otlp.logs(record(observed_time_unix_nano=0)))
    assert row["observed_ns"] > otlp.START_NS


@pytest.mark.parametrize("trace_id", [b"", bytes(16), b"short"])
def test_a_record_with_an_id_that_is_none_belongs_to_no_span(trace_id: bytes):
    (row,) = rows(otlp.logs(record(trace_id=trace_id, span_id=b"12345678")))
    assert (row["trace_id"], row["span_id"]) == (b"", b"")


def test_a_bad_record_is_refused_and_its_neighbours_are_kept():
    body = otlp.logs(record(event_name="a"), record(event_name="b", body=otlp.value(["bad-1"])), record(event_name="c"))
    decoded = LOGS.decode_protobuf(body.SerializeToString().replace(b"bad-1", b"bad-\xff"))
    assert [row["event_name"] for row in decoded.batch.rows.to_pylist()] == ["a", "c"]
    assert decoded.refused == Counter({decode.BAD_VALUE: 1})


def test_in_json_too():
    sent = [{"eventName": "a"}, {"eventName": "b", "timeUnixNano": "soon"}, {"eventName": "c"}]
    decoded = LOGS.decode_json(json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": sent}]}]}).encode())
    assert [row["event_name"] for row in decoded.batch.rows.to_pylist()] == ["a", "c"]
    assert decoded.refused == Counter({otlp_json.BAD_FIELD: 1})
