"""Makes OTLP requests out of plain Python values."""

from __future__ import annotations

from itertools import count
from typing import Any
from urllib.request import Request, urlopen

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Gauge, Metric, NumberDataPoint
from opentelemetry.proto.trace.v1.trace_pb2 import Span

START_NS = 1_790_000_000_123_456_789  # 2026-09-21T13:33:20.123456789Z
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
_span_ids = count(1)


def value(plain: Any) -> AnyValue:
    """None is a value with nothing set."""
    if isinstance(plain, bool):
        return AnyValue(bool_value=plain)
    if isinstance(plain, int):
        return AnyValue(int_value=plain)
    if isinstance(plain, float):
        return AnyValue(double_value=plain)
    if isinstance(plain, str):
        return AnyValue(string_value=plain)
    if isinstance(plain, bytes):
        return AnyValue(bytes_value=plain)
    if isinstance(plain, list):
        return AnyValue(array_value=ArrayValue(values=[value(item) for item in plain]))
    if isinstance(plain, dict):
        return AnyValue(kvlist_value=KeyValueList(values=pairs(plain)))
    return AnyValue()


def pairs(plain: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=value(item)) for key, item in plain.items()]


def span(attributes: dict[str, Any] | None = None, **fields: Any) -> Span:
    """A span of one second; ids may be given in hex."""
    for name in ("trace_id", "span_id", "parent_span_id"):
        if isinstance(fields.get(name), str):
            fields[name] = bytes.fromhex(fields[name])
    given = {
        "trace_id": bytes.fromhex(TRACE_ID),
        "span_id": next(_span_ids).to_bytes(8, "big"),
        "name": "work",
        "kind": Span.SPAN_KIND_INTERNAL,
        "start_time_unix_nano": START_NS,
        "end_time_unix_nano": START_NS + 1_000_000_000,
        "attributes": pairs(attributes or {}),
    }
    return Span(**(given | fields))


def request(*spans: Span, resource: dict[str, Any] | None = None, scope: str = "tests") -> ExportTraceServiceRequest:
    made = ExportTraceServiceRequest()
    resource_spans = made.resource_spans.add()
    resource_spans.resource.attributes.extend(pairs({"service.name": "shop"} if resource is None else resource))
    scope_spans = resource_spans.scope_spans.add(spans=spans)
    scope_spans.scope.name = scope
    return made


def post(url: str, body: bytes, media_type: str = "application/x-protobuf") -> bytes:
    """Send a request, wait for the acknowledgement and return it."""
    with urlopen(Request(url, body, {"Content-Type": media_type}), timeout=60) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, media_type)
        return bytes(answer.read())


def logs(*records: LogRecord, resource: dict[str, Any] | None = None) -> ExportLogsServiceRequest:
    made = ExportLogsServiceRequest()
    resource_logs = made.resource_logs.add()
    resource_logs.resource.attributes.extend(pairs({"service.name": "shop"} if resource is None else resource))
    resource_logs.scope_logs.add(log_records=records).scope.name = "tests"
    return made


def evaluation(span_id: str = "", trace_id: str = TRACE_ID, time: int = START_NS, **attributes: Any) -> LogRecord:
    """A ``gen_ai.evaluation.result``; attributes are named as below ``gen_ai.evaluation.``, with _ for the dots."""
    return LogRecord(
        time_unix_nano=time,
        event_name="gen_ai.evaluation.result",
        trace_id=bytes.fromhex(trace_id),
        span_id=bytes.fromhex(span_id),
        attributes=pairs({f"gen_ai.evaluation.{key.replace('_', '.')}": item for key, item in attributes.items()}),
    )


def metrics(*sent: Metric, resource: dict[str, Any] | None = None) -> ExportMetricsServiceRequest:
    made = ExportMetricsServiceRequest()
    resource_metrics = made.resource_metrics.add()
    resource_metrics.resource.attributes.extend(pairs({"service.name": "shop"} if resource is None else resource))
    resource_metrics.scope_metrics.add(metrics=sent).scope.name = "tests"
    return made


def gauge(name: str = "depth", value: float = 1.5, attributes: dict[str, Any] | None = None, **fields: Any) -> Metric:
    """A gauge of one data point."""
    given = {
        "time_unix_nano": START_NS,
        "attributes": pairs(attributes or {}),
        "as_int" if isinstance(value, int) else "as_double": value,
    }
    point = NumberDataPoint(**(given | fields))
    return Metric(name=name, gauge=Gauge(data_points=[point]))
