"""Metrics and logs as the SDK's own exporters send them, over both transports, to where SQL answers."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetricExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from otel_agents.collector.receiver import decode_points
from tests.collector import otlp

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RunningCollector

TRANSPORTS: dict[str, Callable[[RunningCollector, str], Any]] = {
    "http": lambda at, signal: {
        "metrics": OTLPMetricExporter(f"{at.url}/v1/metrics"),
        "logs": OTLPLogExporter(f"{at.url}/v1/logs"),
    }[signal],
    "http gzip": lambda at, signal: {
        "metrics": OTLPMetricExporter(f"{at.url}/v1/metrics", compression=Compression.Gzip),
        "logs": OTLPLogExporter(f"{at.url}/v1/logs", compression=Compression.Gzip),
    }[signal],
    "grpc": lambda at, signal: {
        "metrics": GrpcMetricExporter(f"127.0.0.1:{at.grpc_port}", insecure=True),
        "logs": GrpcLogExporter(f"127.0.0.1:{at.grpc_port}", insecure=True),
    }[signal],
    "grpc gzip": lambda at, signal: {
        "metrics": GrpcMetricExporter(f"127.0.0.1:{at.grpc_port}", insecure=True, compression=grpc.Compression.Gzip),
        "logs": GrpcLogExporter(f"127.0.0.1:{at.grpc_port}", insecure=True, compression=grpc.Compression.Gzip),
    }[signal],
}


def post(collector: RunningCollector, signal: str, body: bytes, media_type: str) -> bytes:
    return otlp.post(f"{collector.url}/v1/{signal}", body, media_type)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_metrics_of_the_sdk(receiving: RunningCollector, transport: str):
    reader = PeriodicExportingMetricReader(TRANSPORTS[transport](receiving, "metrics"), 60_000)
    exponential = View(instrument_name="sizes", aggregation=ExponentialBucketHistogramAggregation())
    provider = MeterProvider([reader], Resource.create({"service.name": f"metrics {transport}"}), views=[exponential])
    meter = provider.get_meter("shop.meter", "1.2")
    meter.create_counter("orders", "{order}", "Orders placed").add(3, {"tier": "gold"})
    meter.create_gauge("load").set(0.5)
    meter.create_histogram("latency", "s", explicit_bucket_boundaries_advisory=[0.1, 1.0]).record(0.25)
    sizes = meter.create_histogram("sizes")
    for size in (1, 2, 3, 4):
        sizes.record(size)
    provider.shutdown()
    rows = receiving.sql(f"""
        SELECT name, kind, value, unit, temporality, monotonic, scope_name, attributes->>'tier' AS tier, count, sum,
            min, max, bucket_counts = [0, 1, 0] AS one, list_sum(bucket_counts)::INTEGER AS counted
        FROM metrics WHERE service_name = 'metrics {transport}' ORDER BY name""")
    nothing = dict.fromkeys(rows[0]) | {"scope_name": "shop.meter"}
    summed = {"temporality": "cumulative"}
    assert rows == [
        nothing | summed | {"name": "latency", "kind": "histogram", "unit": "s"}
        | {"count": 1, "sum": 0.25, "min": 0.25, "max": 0.25, "one": True, "counted": 1},
        nothing | {"name": "load", "kind": "gauge", "value": 0.5},
        nothing | summed | {"name": "orders", "kind": "sum", "value": 3.0, "unit": "{order}", "monotonic": True}
        | {"tier": "gold"},
        nothing | summed | {"name": "sizes", "kind": "exponential_histogram", "count": 4, "sum": 10.0}
        | {"min": 1.0, "max": 4.0, "one": False, "counted": 4},
    ]  # fmt: skip


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_logs_of_the_sdk(receiving: RunningCollector, transport: str):
    provider = LoggerProvider(Resource.create({"service.name": f"logs {transport}"}), shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(TRANSPORTS[transport](receiving, "logs")))
    logger = logging.getLogger("tests.shop.checkout")
    handler = LoggingHandler(logger_provider=provider)
    logger.addHandler(handler)
    with TracerProvider(shutdown_on_exit=False).get_tracer("t").start_as_current_span("checkout") as span:
        logger.warning("card %s declined", "visa", extra={"order": 7})
    logger.removeHandler(handler)
    provider.shutdown()
    context = span.get_span_context()
    assert receiving.sql(f"""
        SELECT severity, severity_number, body, scope_name, trace_id, span_id, attributes->>'order' AS "order"
        FROM logs WHERE service_name = 'logs {transport}'""") == [
        {
            "severity": "WARN",
            "severity_number": 13,
            "body": "card visa declined",
            "scope_name": "tests.shop.checkout",
            "trace_id": f"{context.trace_id:032x}",
            "span_id": f"{context.span_id:016x}",
            "order": "7",
        }
    ]


def test_points_that_are_refused_are_told_in_protobuf(receiving: RunningCollector):
    sent = otlp.metrics(otlp.gauge("kept protobuf"), otlp.gauge("")).SerializeToString()
    answer = ExportMetricsServiceResponse.FromString(post(receiving, "metrics", sent, "application/x-protobuf"))
    told = answer.partial_success
    assert (told.rejected_data_points, told.error_message) == (1, f"1 refused with {decode_points.NO_NAME}")
    assert receiving.sql("SELECT count(*) AS n FROM metrics WHERE name = 'kept protobuf'") == [{"n": 1}]


def test_log_records_that_are_refused_are_told_in_json(receiving: RunningCollector):
    records = [{"eventName": "kept json"}, {"eventName": 7}]
    sent = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).encode()
    assert json.loads(post(receiving, "logs", sent, "application/json"))["partialSuccess"]["rejectedLogRecords"] == "1"
    assert receiving.sql("SELECT count(*) AS n FROM logs WHERE event_name = 'kept json'") == [{"n": 1}]


def test_grpc_answers_both(receiving: RunningCollector):
    with grpc.insecure_channel(f"127.0.0.1:{receiving.grpc_port}") as channel:
        sent = otlp.metrics(otlp.gauge("kept grpc"), otlp.gauge(""))
        assert MetricsServiceStub(channel).Export(sent).partial_success.rejected_data_points == 1
        assert LogsServiceStub(channel).Export(otlp.logs()) == ExportLogsServiceResponse()
    assert receiving.sql("SELECT count(*) AS n FROM metrics WHERE name = 'kept grpc'") == [{"n": 1}]


def test_what_was_acknowledged_survives_kill_9(start_collector: Callable[..., RunningCollector]):
    first = start_collector()
    post(first, "logs", otlp.logs(otlp.evaluation("ab" * 8, name="tone")).SerializeToString(), "application/x-protobuf")
    post(first, "metrics", otlp.metrics(otlp.gauge("depth")).SerializeToString(), "application/x-protobuf")
    first.process.kill()
    first.process.wait()
    again = start_collector()
    assert again.sql("SELECT (SELECT name FROM metrics) AS m, (SELECT count(*) FROM logs) AS l FROM evaluations") == [
        {"m": "depth", "l": 1}
    ]
