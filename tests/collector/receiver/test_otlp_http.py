from __future__ import annotations

import gzip
import json
import socket
import zlib
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from otel_agents.collector.receiver import decode_spans
from tests.collector import otlp

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RunningCollector

PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}
PATHS = ["/v1/traces", "/v1/metrics", "/v1/logs"]


def send(
    collector: RunningCollector, body: Any, headers: dict[str, str], method: str = "POST", path: str = "/v1/traces"
) -> tuple[int, str, bytes, dict[str, str]]:
    """Status, content type, body and headers of the answer. An iterable body is sent in chunks, with no length."""
    connection = HTTPConnection(urlsplit(collector.url).netloc, timeout=60)
    try:
        connection.request(method, path, body, headers, encode_chunked=not isinstance(body, bytes))
        response = connection.getresponse()
        return response.status, response.headers["Content-Type"], response.read(), dict(response.headers)
    finally:
        connection.close()


def stored(collector: RunningCollector, name: str) -> int:
    (row,) = collector.sql(f"SELECT count(*) AS n FROM spans WHERE name = '{name}'")
    return row["n"]


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_the_sdks_own_exporter(receiving: RunningCollector, compression: Compression):
    name = f"http exporter {compression.value}"
    provider = TracerProvider(resource=Resource.create({"service.name": "exporting"}))
    provider.add_span_processor(
        SimpleSpanProcessor(OTLPSpanExporter(f"{receiving.url}/v1/traces", compression=compression))
    )
    with provider.get_tracer("tests").start_as_current_span(name, attributes={"agent": "Router", "n": [1, 2]}):
        pass
    provider.shutdown()
    assert receiving.sql(
        f"SELECT service_name, scope_name, agent, attributes->>'n' AS n FROM spans WHERE name = '{name}'"
    ) == [{"service_name": "exporting", "scope_name": "tests", "agent": "Router", "n": "[1,2]"}]


@pytest.mark.parametrize("coding", ["plain", "named none", "gzip", "x-gzip", "two gzip members", "chunked"])
def test_protobuf(receiving: RunningCollector, coding: str):
    body = otlp.request(otlp.span(name=f"protobuf {coding}")).SerializeToString()
    half = len(body) // 2
    sent, headers = {
        "plain": (body, {}),
        "named none": (body, {"Content-Encoding": ""}),
        "gzip": (gzip.compress(body), {"Content-Encoding": "gzip"}),
        "x-gzip": (gzip.compress(body), {"Content-Encoding": "x-gzip"}),
        "two gzip members": (gzip.compress(body[:half]) + gzip.compress(body[half:]), {"Content-Encoding": "gzip"}),
        "chunked": (iter([body[:half], body[half:]]), {"Transfer-Encoding": "chunked"}),
    }[coding]
    status, media_type, answer, _ = send(receiving, sent, PROTOBUF | headers)
    assert (status, media_type, ExportTraceServiceResponse.FromString(answer)) == (
        200,
        "application/x-protobuf",
        ExportTraceServiceResponse(),
    )
    assert stored(receiving, f"protobuf {coding}") == 1


@pytest.mark.parametrize("coding", ["plain", "gzip"])
def test_json_by_hand(receiving: RunningCollector, coding: str):
    span = {
        "traceId": otlp.TRACE_ID.upper(),
        "spanId": "00000000000000c1" if coding == "plain" else "00000000000000c2",
        "name": f"json {coding}",
        "kind": 3,
        "startTimeUnixNano": str(otlp.START_NS),
        "endTimeUnixNano": otlp.START_NS + 1_000_000,
        "attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}}],
    }
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    headers = JSON | {"Content-Type": "application/json; charset=utf-8"}
    if coding == "gzip":
        body, headers = gzip.compress(body), headers | {"Content-Encoding": "gzip"}
    assert send(receiving, body, headers)[:3] == (200, "application/json", b"{}")
    sql = f"SELECT trace_id, kind, duration_ms, input_tokens FROM spans WHERE name = 'json {coding}'"
    assert receiving.sql(sql) == [{"trace_id": otlp.TRACE_ID, "kind": "client", "duration_ms": 1.0, "input_tokens": 12}]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("headers", "body"), [(PROTOBUF, b""), (JSON, b"{}")])
def test_an_empty_request_succeeds(receiving: RunningCollector, headers: dict[str, str], body: bytes, path: str):
    assert send(receiving, body, headers, path=path)[:3] == (200, headers["Content-Type"], body)


def test_a_span_sent_again_is_stored_once(receiving: RunningCollector):
    body = otlp.request(otlp.span(name="repeated")).SerializeToString()
    assert [send(receiving, body, PROTOBUF)[0] for _ in range(3)] == [200, 200, 200]
    assert stored(receiving, "repeated") == 1


def test_partial_success_in_protobuf(receiving: RunningCollector):
    spans = [
        otlp.span(name="partly"),
        otlp.span(name="partly", trace_id=bytes(16)),
        otlp.span(name="partly", span_id=b"1"),
    ]
    status, _, answer, _ = send(receiving, otlp.request(*spans).SerializeToString(), PROTOBUF)
    partial = ExportTraceServiceResponse.FromString(answer).partial_success
    assert (status, partial.rejected_spans, partial.error_message) == (
        200,
        2,
        f"1 refused with {decode_spans.BAD_TRACE_ID}; 1 refused with {decode_spans.BAD_SPAN_ID}",
    )
    assert stored(receiving, "partly") == 1


def test_partial_success_in_json(receiving: RunningCollector):
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "00", "spanId": "01"}]}]}]}).encode()
    status, _, answer, _ = send(receiving, body, JSON)
    assert (status, json.loads(answer)) == (
        200,
        {"partialSuccess": {"rejectedSpans": "1", "errorMessage": f"1 refused with {decode_spans.BAD_TRACE_ID}"}},
    )


def bomb() -> bytes:
    """100 MB of zeros in 100 kB of gzip."""
    return gzip.compress(bytes(100_000_000))


ERRORS: dict[str, tuple[Any, dict[str, str], int, int, str]] = {
    # what is sent, headers, HTTP status, google.rpc.Code, beginning of the message
    "not protobuf": (b"\xff\xff", PROTOBUF, 400, 3, "failed to decode Protobuf message"),
    "not gzip": (b"plain", PROTOBUF | {"Content-Encoding": "gzip"}, 400, 3, "the body is not gzip"),
    "gzip cut short": (
        gzip.compress(b"x" * 99)[:-9],
        PROTOBUF | {"Content-Encoding": "gzip"},
        400,
        3,
        "the body is not gzip",
    ),
    "not JSON": (b"{", JSON, 400, 3, "the body is not an OTLP request in JSON"),
    "too large": (bytes(1_000_001), PROTOBUF, 413, 8, "the request is larger than 1000000 bytes"),
    "too large, JSON": (b" " * 1_000_001, JSON, 413, 8, "the request is larger than 1000000 bytes"),
    "a bomb": (bomb(), PROTOBUF | {"Content-Encoding": "gzip"}, 413, 8, "the request is larger than 1000000 bytes"),
    "a bomb with no length": (
        [bomb()],
        PROTOBUF | {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"},
        413,
        8,
        "the request is larger than 1000000 bytes",
    ),
    "deflate": (zlib.compress(b""), PROTOBUF | {"Content-Encoding": "deflate"}, 415, 3, "the content encoding must be"),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("case", ERRORS)
def test_errors_are_a_status_in_the_requests_encoding(receiving: RunningCollector, case: str, path: str):
    body, headers, http, code, message = ERRORS[case]
    status, media_type, answer, _ = send(receiving, body, headers, path=path)
    said = Status.FromString(answer) if media_type == PROTOBUF["Content-Type"] else Status(**json.loads(answer))
    assert (status, media_type, said.code, said.message[: len(message)]) == (
        http,
        headers["Content-Type"],
        code,
        message,
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_unknown_content_types_are_refused(receiving: RunningCollector, media_type: str, path: str):
    status, _, answer, _ = send(receiving, b"{}", {"Content-Type": media_type}, path=path)
    assert (status, json.loads(answer)["code"]) == (415, 3)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_other_methods_are_refused(receiving: RunningCollector, method: str, path: str):
    status, _, answer, headers = send(receiving, b"", {}, method, path)
    assert (status, json.loads(answer)["code"], headers["allow"]) == (405, 12, "POST")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/profiles"), ("POST", "/v1/profiles"), ("POST", "/v1/traces/"), ("POST", "/")]
)
def test_unknown_paths_are_not_found(receiving: RunningCollector, method: str, path: str):
    status, media_type, answer, _ = send(receiving, b"", PROTOBUF, method, path)
    assert (status, media_type, Status.FromString(answer).code) == (404, PROTOBUF["Content-Type"], 12)


def test_a_client_that_leaves_in_the_middle_harms_nobody(receiving: RunningCollector):
    with socket.create_connection((urlsplit(receiving.url).hostname, urlsplit(receiving.url).port)) as leaving:
        leaving.sendall(
            b"POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-protobuf\r\n"
            b"Content-Length: 1000\r\n\r\nhalf"
        )
    assert send(receiving, b"", PROTOBUF)[0] == 200


def test_an_attribute_of_900_kilobytes(receiving: RunningCollector):
    span = otlp.span({"gen_ai.input.messages": "x" * 900_000}, name="long")
    assert send(receiving, otlp.request(span).SerializeToString(), PROTOBUF)[0] == 200
    sql = "SELECT length(attributes->>'gen_ai.input.messages') AS n FROM spans WHERE name = 'long'"
    assert receiving.sql(sql) == [{"n": 900_000}]


def test_overload_says_when_to_come_again(start_collector: Callable[..., RunningCollector]):
    busy = start_collector(OTEL_AGENTS_QUEUE_BYTES="1048576")
    status, _, answer, headers = send(busy, bytes(1_100_000), PROTOBUF)
    assert (status, headers["retry-after"], Status.FromString(answer).code) == (503, "1", 14)
    assert send(busy, b"", PROTOBUF)[0] == 200
