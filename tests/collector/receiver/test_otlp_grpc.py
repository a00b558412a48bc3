from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import psutil
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from otel_agents.collector.receiver import decode_spans
from otel_agents.collector.receiver.signals import OPEN_SPANS, SIGNALS
from tests.collector import otlp
from tests.conftest import running_collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import RunningCollector

METHODS = [f"/{signal.service}/Export" for signal in SIGNALS if signal is not OPEN_SPANS]
METHOD = METHODS[0]


@pytest.fixture
def channel(receiving: RunningCollector) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"127.0.0.1:{receiving.grpc_port}") as opened:
        yield opened


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCollector]:
    """A collector that has little memory for requests."""
    with running_collector(tmp_path_factory.mktemp("busy") / "data", OTEL_AGENTS_QUEUE_BYTES="1048576") as it:
        yield it


def stored(collector: RunningCollector, name: str) -> int:
    (row,) = collector.sql(f"SELECT count(*) AS n FROM spans WHERE name = '{name}'")
    return row["n"]


def failure(call: Callable[[], object]) -> grpc.Call:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    assert isinstance(caught.value, grpc.Call)
    return caught.value


COMPRESSIONS = [grpc.Compression.NoCompression, grpc.Compression.Gzip, grpc.Compression.Deflate]


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_the_sdks_own_exporter(receiving: RunningCollector, compression: grpc.Compression):
    name = f"grpc exporter {compression.name}"
    provider = TracerProvider()
    exporter = OTLPSpanExporter(f"http://127.0.0.1:{receiving.grpc_port}", insecure=True, compression=compression)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("tests").start_as_current_span(name, attributes={"agent": "Router"}):
        pass
    provider.shutdown()
    assert stored(receiving, name) == 1


def test_full_success(receiving: RunningCollector, channel: grpc.Channel):
    answer = TraceServiceStub(channel).Export(otlp.request(otlp.span(name="grpc")))
    assert answer == ExportTraceServiceResponse()
    assert stored(receiving, "grpc") == 1


@pytest.mark.parametrize("method", METHODS)
def test_an_empty_request_succeeds(channel: grpc.Channel, method: str):
    assert channel.unary_unary(method)(b"") == b""


def test_partial_success(receiving: RunningCollector, channel: grpc.Channel):
    sent = otlp.request(otlp.span(name="grpc partly"), otlp.span(trace_id=b"short"))
    partial = TraceServiceStub(channel).Export(sent).partial_success
    assert (partial.rejected_spans, partial.error_message) == (1, f"1 refused with {decode_spans.BAD_TRACE_ID}")
    assert stored(receiving, "grpc partly") == 1


@pytest.mark.parametrize("method", METHODS)
def test_what_is_not_otlp_is_an_invalid_argument(channel: grpc.Channel, method: str):
    error = failure(lambda: channel.unary_unary(method)(b"\xff\xff"))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_too_large_a_request_exhausts_resources_and_is_not_to_be_repeated(
    channel: grpc.Channel, compression: grpc.Compression, method: str
):
    error = failure(lambda: channel.unary_unary(method)(bytes(1_100_000), compression=compression))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    assert list(Status.FromString(details).details) == []  # no RetryInfo


def test_a_bomb_is_refused_before_it_is_unpacked(receiving: RunningCollector, channel: grpc.Channel):
    process = psutil.Process(receiving.process.pid)
    before = process.memory_info().rss
    error = failure(lambda: channel.unary_unary(METHOD)(bytes(200_000_000), compression=grpc.Compression.Gzip))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert process.memory_info().rss - before < 50_000_000


def test_what_was_refused_is_not_kept(receiving: RunningCollector, channel: grpc.Channel):
    process = psutil.Process(receiving.process.pid)
    before = process.memory_info().rss
    for _ in range(60):
        error = failure(lambda: channel.unary_unary(METHOD)(bytes(900_000), compression=grpc.Compression.Gzip))
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert process.memory_info().rss - before < 12_000_000


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_overload_says_when_to_come_again(busy: RunningCollector, compression: grpc.Compression):
    with grpc.insecure_channel(f"127.0.0.1:{busy.grpc_port}") as channel:
        error = failure(lambda: channel.unary_unary(METHOD)(bytes(1_100_000), compression=compression))
    status = Status.FromString(dict(error.trailing_metadata() or ())["grpc-status-details-bin"])
    retry = RetryInfo()
    assert status.details[0].Unpack(retry)
    assert (error.code(), status.code, retry.retry_delay.seconds) == (grpc.StatusCode.UNAVAILABLE, 14, 1)
