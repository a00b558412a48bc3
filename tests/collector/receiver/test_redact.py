"""Redaction in the collector: what others send is stored without secrets, what this package's SDK sends as it came."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.collector import otlp
from tests.collector.api.asking import ask
from tests.conftest import RunningCollector

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

MAIL = "ada@example.com"
CARD = "5555 5555 5555 4444"


def send(
    collector: RunningCollector, path: str, request: Message, agent: str = "OTel-OTLP-Exporter-Python/1.45"
) -> None:
    headers = {"Content_Type": "application/x-protobuf", "User_Agent": agent}
    assert ask(collector.url, "POST", path, request.SerializeToString(), **headers).status == 200


def everywhere() -> dict[str, Message]:
    """Requests with an address and a secret wherever a program can put one."""
    attributes = {
        "contact": f"write to {MAIL}",
        "password": "hunter2",
        "api_key": ["k1", "k2"],
        "nested": {"password": "hunter2", "to": [MAIL]},
        "gen_ai.input.messages": f'[{{"role":"user","parts":[{{"type":"text","content":"{MAIL} paid by {CARD}"}}]}}]',
        "gen_ai.usage.input_tokens": 7,
    }
    span = otlp.span(attributes, name=f"mail {MAIL}", status=Status(code=2, message=f"no such user {MAIL}"))
    span.events.add(name="sent", time_unix_nano=otlp.START_NS).attributes.extend(otlp.pairs({"to": MAIL}))
    span.links.add(trace_id=b"1" * 16, span_id=b"2" * 8).attributes.extend(otlp.pairs({"to": MAIL}))
    resource = {"service.name": "shop", "owner": MAIL}
    log = LogRecord(time_unix_nano=otlp.START_NS, body=otlp.value(f"hello {MAIL}"), attributes=otlp.pairs(attributes))
    structured = LogRecord(time_unix_nano=otlp.START_NS, body=otlp.value({"to": MAIL, "password": "hunter2"}))
    return {
        "/v1/traces": otlp.request(span, resource=resource),
        "/v1/logs": otlp.logs(log, structured, resource=resource),
        "/v1/metrics": otlp.metrics(otlp.gauge(attributes={"to": MAIL, "token": "t0p"}), resource=resource),
    }


def stored(collector: RunningCollector) -> str:
    return str([collector.sql(f"SELECT * FROM {table}") for table in ("spans", "logs", "metrics")])


def test_what_others_send_is_stored_without_secrets(collector: RunningCollector):
    for path, request in everywhere().items():
        send(collector, path, request)

    text = stored(collector)
    assert [secret in text for secret in (MAIL, "hunter2", "k1", CARD, "t0p")] == [False] * 5
    (span,) = collector.sql(
        """SELECT name, status_message, input_tokens, attributes->>'contact' AS contact,
            attributes->>'password' AS password, attributes->'nested' AS nested, attributes->>'api_key' AS api_key
        FROM spans"""
    )
    assert span == {
        "name": "mail [redacted:email]",
        "status_message": "no such user [redacted:email]",
        "input_tokens": 7,
        "contact": "write to [redacted:email]",
        "password": "[redacted:password]",
        "nested": '{"password":"[redacted:password]","to":["[redacted:email]"]}',
        "api_key": '["[redacted:api_key]","[redacted:api_key]"]',
    }
    counted = ask(collector.url, "GET", "/metrics").body.decode()
    assert 'secrets_redacted_total{kind="card"} ' in counted


def test_what_this_packages_sdk_sends_is_stored_as_it_came(collector: RunningCollector):
    send(collector, "/v1/traces", otlp.request(otlp.span({"contact": MAIL})), agent="otel-agents")
    assert MAIL in stored(collector)


@pytest.mark.parametrize(("mode", "kept"), [("all", False), ("none", True)])
def test_it_can_be_asked_to_look_at_all_or_at_none(start_collector: Callable[..., Any], mode: str, kept: bool):
    collector = start_collector(OTEL_AGENTS_COLLECTOR_REDACT=mode)
    for agent in ("otel-agents", "another"):
        send(collector, "/v1/traces", otlp.request(otlp.span({"contact": MAIL})), agent)
    assert (MAIL in stored(collector)) is kept


def test_kinds_and_attributes_can_be_left_alone(start_collector: Callable[..., Any]):
    collector = start_collector(OTEL_AGENTS_COLLECTOR_REDACT_LEAVE="email, password")
    send(collector, "/v1/traces", otlp.request(otlp.span({"contact": MAIL, "password": "hunter2", "token": "t0p"})))
    text = stored(collector)
    assert [word in text for word in (MAIL, "hunter2", "t0p")] == [True, True, False]


def test_over_grpc_too(collector: RunningCollector):
    with grpc.insecure_channel(f"127.0.0.1:{collector.grpc_port}") as channel:
        export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        export(otlp.request(otlp.span({"contact": MAIL})).SerializeToString(), timeout=60)
    assert MAIL not in stored(collector)


def test_neighbours_without_secrets_are_as_they_were_sent(collector: RunningCollector):
    spans = [otlp.span({"n": n, "text": f"word {n}"}) for n in range(50)]
    spans[25].attributes.extend(otlp.pairs({"secret": "x", "ratio": 0.5, "flag": True, "list": [1, 2]}))
    send(collector, "/v1/traces", otlp.request(*spans))
    rows = collector.sql("SELECT attributes FROM spans ORDER BY (attributes->>'n')::INT")
    found = [json.loads(row["attributes"]) for row in rows]
    marked = {"secret": "[redacted:secret]", "ratio": 0.5, "flag": True, "list": [1, 2]}
    assert found == [{"n": n, "text": f"word {n}"} | (marked if n == 25 else {}) for n in range(50)]
