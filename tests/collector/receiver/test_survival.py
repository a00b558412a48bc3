"""What a collector must survive: hostile and odd requests, made by hand, whose good neighbours are stored."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import resource
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psutil
import pytest
import uvicorn
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from uvicorn.server import ServerState

from otel_agents.collector import connections
from tests.collector import otlp
from tests.conftest import running_collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.proto.trace.v1.trace_pb2 import Span
    from starlette.types import Receive, Scope, Send

    from tests.conftest import RunningCollector

ENCODINGS = ["protobuf", "json"]
EDGES = {
    "nan": (math.nan, "NaN"),
    "inf": (math.inf, "Infinity"),
    "-inf": (-math.inf, "-Infinity"),
    "max": (2**63 - 1, "9223372036854775807"),
    "min": (-(2**63), "-9223372036854775808"),
    "tiny": (5e-324, "5e-324"),
    "-0": (-0.0, "-0.0"),
}
KEYS = ["a.b", "a.b.c", 'quo"te', "apo'strophe", "back\\slash", "nul\0", "__proto__", "", "$.a", "/a", "ü🦊"]


@pytest.fixture(scope="module")
def receiving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCollector]:
    """A collector as it comes, begun by a shell that allows 256 open files."""
    _, hard = limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    with contextlib.ExitStack() as stack:
        try:
            it = stack.enter_context(running_collector(tmp_path_factory.mktemp("surviving") / "data"))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        yield it


def send(collector: RunningCollector, *spans: Span, encoding: str = "protobuf") -> None:
    request = otlp.request(*spans)
    if encoding == "protobuf":
        otlp.post(f"{collector.url}/v1/traces", request.SerializeToString())
        return
    sent = json_format.MessageToDict(request)
    for made, span in zip(sent["resourceSpans"][0]["scopeSpans"][0]["spans"], spans, strict=True):
        made |= {"traceId": span.trace_id.hex(), "spanId": span.span_id.hex()}
    otlp.post(f"{collector.url}/v1/traces", json.dumps(sent).encode(), "application/json")


def attributes(collector: RunningCollector, name: str) -> dict[str, Any]:
    (row,) = collector.sql(f"SELECT attributes::VARCHAR AS a FROM spans WHERE name = '{name}'")
    return json.loads(row["a"])


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_numbers_at_the_edges(receiving: RunningCollector, encoding: str):
    send(
        receiving,
        otlp.span({key: sent for key, (sent, _) in EDGES.items()}, name=f"edges {encoding}"),
        encoding=encoding,
    )
    columns = ", ".join(f"attributes->>'{key}' AS \"{key}\"" for key in EDGES)
    assert receiving.sql(f"SELECT {columns} FROM spans WHERE name = 'edges {encoding}'") == [
        {key: text for key, (_, text) in EDGES.items()}
    ]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_odd_keys(receiving: RunningCollector, encoding: str):
    send(receiving, otlp.span({key: [{key: 1}] for key in KEYS}, name=f"keys {encoding}"), encoding=encoding)
    assert attributes(receiving, f"keys {encoding}") == {key: [{key: 1}] for key in KEYS}


def test_a_key_that_comes_a_thousand_times_has_its_last_value(receiving: RunningCollector):
    repeated = otlp.span(name="repeated key")
    for number in range(1000):
        repeated.attributes.extend(otlp.pairs({"k": number}))
    send(receiving, repeated)
    assert attributes(receiving, "repeated key") == {"k": 999}


def test_an_attribute_of_ten_megabytes(receiving: RunningCollector):
    send(receiving, otlp.span({"k": "x" * 10_000_000}, name="ten megabytes"), otlp.span(name="beside it"))
    assert receiving.sql("SELECT length(attributes->>'k') AS n FROM spans WHERE name = 'ten megabytes'") == [
        {"n": 10_000_000}
    ]


def test_a_hundred_thousand_attributes(receiving: RunningCollector):
    send(receiving, otlp.span({f"k{number}": number for number in range(100_000)}, name="attributes"))
    sql = "SELECT len(json_keys(attributes)) AS n, attributes->>'k99999' AS last FROM spans WHERE name = 'attributes'"
    assert receiving.sql(sql) == [{"n": 100_000, "last": "99999"}]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1, 2, ("1970-01-01T00:00:00.000000Z", 1e-6)),
        (7_258_118_400 * 10**9, 7_258_118_401 * 10**9, ("2200-01-01T00:00:00.000000Z", 1000.0)),
        (otlp.START_NS, otlp.START_NS - 1000, ("2026-09-21T14:13:20.123456Z", 0.0)),
    ],
)
def test_odd_times(receiving: RunningCollector, start: int, end: int, expected: tuple[str, float]):
    send(receiving, otlp.span(name=f"from {start} to {end}", start_time_unix_nano=start, end_time_unix_nano=end))
    (row,) = receiving.sql(f"SELECT start_time, duration_ms FROM spans WHERE name = 'from {start} to {end}'")
    assert (row["start_time"], row["duration_ms"]) == expected


def test_bad_spans_of_every_kind_beside_a_good_one(receiving: RunningCollector):
    bad = [
        otlp.span(trace_id=b""),
        otlp.span(trace_id=bytes(16)),
        otlp.span(trace_id=b"\1" * 17),
        otlp.span(span_id=b""),
        otlp.span(span_id=bytes(8)),
        otlp.span(parent_span_id=b"\1" * 9),
        otlp.span({"k": ["bad-1"]}),
    ]
    sent = otlp.request(*bad, otlp.span({"k": "bad-1"}, name="good beside bad"))
    body = sent.SerializeToString().replace(b"bad-1", b"bad-\xff")
    answer = otlp.post(f"{receiving.url}/v1/traces", body)
    assert ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans == len(bad)
    assert attributes(receiving, "good beside bad") == {"k": "bad-\ufffd"}


def test_a_slow_sender_holds_up_nobody(receiving: RunningCollector):
    at = urlsplit(receiving.url)
    with socket.create_connection((at.hostname, at.port)) as slow:
        slow.sendall(f"POST /v1/traces HTTP/1.1\r\nHost: {at.netloc}\r\nContent-Type: application/json\r\n".encode())
        slow.sendall(b"Content-Length: 2\r\n\r\n{")
        send(receiving, otlp.span(name="quick"))
        slow.sendall(b"}")
        assert slow.recv(100).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("begin", "again"),
    [
        (b"GET /", b"a"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ", b"a"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X-A: a\r\n"),
        (b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: ", b"a"),
        (b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a"),
    ],
    ids=["path", "header", "headers", "trailer", "extension of a chunk"],
)
def test_what_has_no_end_is_not_kept(receiving: RunningCollector, begin: bytes, again: bytes):
    process = psutil.Process(receiving.process.pid)
    before = process.memory_info().rss
    at = urlsplit(receiving.url)
    with socket.create_connection((at.hostname, at.port)) as endless, pytest.raises(OSError):
        endless.sendall(begin)
        for _ in range(50):
            endless.sendall(again * (1_000_000 // len(again)))
    assert process.memory_info().rss - before < 20_000_000


async def test_headers_that_do_not_come_are_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "HEADER_S", 0.01)

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    config = uvicorn.Config(app, lifespan="off", log_config=None)
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: connections.BoundedConnection(config, state, {}), "127.0.0.1", 0)
    async with server:
        for begun, answer in ((b"", b""), (b"GET / HTTP", b""), (b"GET / HTTP/1.1\r\n\r\nGET /", b"HTTP/1.1 204 ")):
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(begun)
            assert (await reader.read()).startswith(answer)  # to its end
            writer.close()


def test_a_thousand_connections(receiving: RunningCollector):
    at = urlsplit(receiving.url)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    with contextlib.ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        opened = [stack.enter_context(socket.create_connection((at.hostname, at.port))) for _ in range(1000)]
        send(receiving, otlp.span(name="one more"))
        for connection in opened:
            connection.sendall(
                f"POST /v1/traces HTTP/1.1\r\nHost: {at.netloc}\r\nContent-Type: application/json\r\n"
                "Content-Length: 2\r\n\r\n{}".encode()
            )
        assert {connection.recv(15) for connection in opened} == {b"HTTP/1.1 200 OK"}
