"""A protobuf schema that reads OTLP requests into Arrow with as little work as possible.

It is wire-compatible with the Export…ServiceRequest messages of ``opentelemetry.proto.collector``. What is rare or
nested (resources, scopes, events, links, exemplars) is declared as bytes, and texts too: so one text that is not UTF-8
does not make the whole request unreadable. Attributes and bodies are bytes as well, for most are repeated from record
to record, and each different one is read once. Of values, what is no text and no number is left out: it is rare, and
each column that is there costs time, also where it is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ptars
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

if TYPE_CHECKING:
    import pyarrow as pa

_BYTES = FieldDescriptorProto.TYPE_BYTES
_BOOL = FieldDescriptorProto.TYPE_BOOL
_INT32 = FieldDescriptorProto.TYPE_INT32
_INT64 = FieldDescriptorProto.TYPE_INT64
_DOUBLE = FieldDescriptorProto.TYPE_DOUBLE
_FIXED64 = FieldDescriptorProto.TYPE_FIXED64
_SFIXED64 = FieldDescriptorProto.TYPE_SFIXED64
_UINT32 = FieldDescriptorProto.TYPE_UINT32
_UINT64 = FieldDescriptorProto.TYPE_UINT64
_FIXED32 = FieldDescriptorProto.TYPE_FIXED32
_SINT32 = FieldDescriptorProto.TYPE_SINT32
_MANY, _OPTIONAL = "*", "?"  # a list; a number that is null, and not 0, when it was not sent

_Field = tuple[int, int | str] | tuple[int, int | str, str]

_SCHEMA: dict[str, _Field] = {"schema_url": (3, _BYTES)}
_POINTS: dict[str, _Field] = {"points": (1, "NumberPoint", _MANY)}
_TEMPORALITY: dict[str, _Field] = {"temporality": (2, _INT32)}
_DISTRIBUTION: dict[str, _Field] = {
    "start_ns": (2, _FIXED64),
    "time_ns": (3, _FIXED64),
    "count": (4, _FIXED64),
    "sum": (5, _DOUBLE, _OPTIONAL),
}

# message -> field -> (number, type[, many or optional]); the field numbers are those of OTLP 1.x.
_MESSAGES: dict[str, dict[str, _Field]] = {
    "AnyValue": {
        "text": (1, _BYTES),
        "flag": (2, _BOOL),
        "integer": (3, _INT64),
        "number": (4, _DOUBLE),
    },
    "KeyValue": {"key": (1, _BYTES), "value": (2, "AnyValue")},
    "Status": {"message": (2, _BYTES), "code": (3, _INT32)},
    "Span": {
        "trace_id": (1, _BYTES),
        "span_id": (2, _BYTES),
        "trace_state": (3, _BYTES),
        "parent_span_id": (4, _BYTES),
        "name": (5, _BYTES),
        "kind": (6, _INT32),
        "start_ns": (7, _FIXED64),
        "end_ns": (8, _FIXED64),
        "attributes": (9, _BYTES, _MANY),
        "dropped_attributes": (10, _UINT32),
        "events": (11, _BYTES, _MANY),
        "dropped_events": (12, _UINT32),
        "links": (13, _BYTES, _MANY),
        "dropped_links": (14, _UINT32),
        "status": (15, "Status"),
        "flags": (16, _FIXED32),
    },
    "ScopeSpans": {"scope": (1, _BYTES), "spans": (2, "Span", _MANY), **_SCHEMA},
    "ResourceSpans": {"resource": (1, _BYTES), "scope_spans": (2, "ScopeSpans", _MANY), **_SCHEMA},
    "TraceRequest": {"resource_spans": (1, "ResourceSpans", _MANY)},
    "NumberPoint": {
        "start_ns": (2, _FIXED64),
        "time_ns": (3, _FIXED64),
        "number": (4, _DOUBLE, _OPTIONAL),
        "exemplars": (5, _BYTES, _MANY),
        "integer": (6, _SFIXED64, _OPTIONAL),
        "attributes": (7, _BYTES, _MANY),
        "flags": (8, _UINT32),
    },
    "HistogramPoint": {
        **_DISTRIBUTION,
        "bucket_counts": (6, _FIXED64, _MANY),
        "bounds": (7, _DOUBLE, _MANY),
        "exemplars": (8, _BYTES, _MANY),
        "attributes": (9, _BYTES, _MANY),
        "flags": (10, _UINT32),
        "min": (11, _DOUBLE, _OPTIONAL),
        "max": (12, _DOUBLE, _OPTIONAL),
    },
    "Buckets": {"offset": (1, _SINT32), "counts": (2, _UINT64, _MANY)},
    "ExponentialPoint": {
        **_DISTRIBUTION,
        "attributes": (1, _BYTES, _MANY),
        "scale": (6, _SINT32),
        "zero_count": (7, _FIXED64),
        "positive": (8, "Buckets"),
        "negative": (9, "Buckets"),
        "flags": (10, _UINT32),
        "exemplars": (11, _BYTES, _MANY),
        "min": (12, _DOUBLE, _OPTIONAL),
        "max": (13, _DOUBLE, _OPTIONAL),
        "zero_threshold": (14, _DOUBLE),
    },
    "Quantile": {"quantile": (1, _DOUBLE), "value": (2, _DOUBLE)},
    "SummaryPoint": {
        **_DISTRIBUTION,
        "sum": (5, _DOUBLE),
        "quantiles": (6, "Quantile", _MANY),
        "attributes": (7, _BYTES, _MANY),
        "flags": (8, _UINT32),
    },
    "Gauge": _POINTS,
    "Sum": {**_POINTS, **_TEMPORALITY, "monotonic": (3, _BOOL)},
    "Histogram": {"points": (1, "HistogramPoint", _MANY), **_TEMPORALITY},
    "ExponentialHistogram": {"points": (1, "ExponentialPoint", _MANY), **_TEMPORALITY},
    "Summary": {"points": (1, "SummaryPoint", _MANY)},
    "Metric": {
        "name": (1, _BYTES),
        "description": (2, _BYTES),
        "unit": (3, _BYTES),
        "gauge": (5, "Gauge"),
        "sum": (7, "Sum"),
        "histogram": (9, "Histogram"),
        "exponential_histogram": (10, "ExponentialHistogram"),
        "summary": (11, "Summary"),
        "metadata": (12, _BYTES, _MANY),
    },
    "ScopeMetrics": {"scope": (1, _BYTES), "metrics": (2, "Metric", _MANY), **_SCHEMA},
    "ResourceMetrics": {"resource": (1, _BYTES), "scope_metrics": (2, "ScopeMetrics", _MANY), **_SCHEMA},
    "MetricsRequest": {"resource_metrics": (1, "ResourceMetrics", _MANY)},
    "LogRecord": {
        "time_ns": (1, _FIXED64),
        "severity_number": (2, _INT32),
        "severity_text": (3, _BYTES),
        "body": (5, _BYTES, _OPTIONAL),
        "attributes": (6, _BYTES, _MANY),
        "dropped_attributes": (7, _UINT32),
        "flags": (8, _FIXED32),
        "trace_id": (9, _BYTES),
        "span_id": (10, _BYTES),
        "observed_ns": (11, _FIXED64),
        "event_name": (12, _BYTES),
    },
    "ScopeLogs": {"scope": (1, _BYTES), "log_records": (2, "LogRecord", _MANY), **_SCHEMA},
    "ResourceLogs": {"resource": (1, _BYTES), "scope_logs": (2, "ScopeLogs", _MANY), **_SCHEMA},
    "LogsRequest": {"resource_logs": (1, "ResourceLogs", _MANY)},
}


def _handlers() -> dict[str, Any]:
    file = FileDescriptorProto(name="otel_agents/wire.proto", package="wire", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        if name == "AnyValue":
            message.oneof_decl.add(name="value")
        for field_name, (number, kind, *how) in fields.items():
            many = how == [_MANY]
            label = FieldDescriptorProto.LABEL_REPEATED if many else FieldDescriptorProto.LABEL_OPTIONAL
            field = message.field.add(name=field_name, number=number, label=label)
            if isinstance(kind, str):
                field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".wire.{kind}"
            else:
                field.type = kind  # type: ignore[assignment]  # the constants are typed as plain int
            if name == "AnyValue":
                field.oneof_index = 0
            elif how == [_OPTIONAL]:
                field.proto3_optional, field.oneof_index = True, len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{field_name}")
    pool = DescriptorPool()
    pool.Add(file)
    handlers = ptars.HandlerPool([pool.FindFileByName(file.name)])
    read = ("TraceRequest", "MetricsRequest", "LogsRequest", "KeyValue", "AnyValue")
    return {name: handlers.get_for_message(pool.FindMessageTypeByName(f"wire.{name}")) for name in read}


_HANDLERS = _handlers()


def read_traces(body: bytes) -> pa.StructArray:
    """Read a request into its ResourceSpans.

    Raises:
        ValueError: the bytes are not such a request.
    """
    return _read("TraceRequest", body)


def read_metrics(body: bytes) -> pa.StructArray:
    """Read a request into its ResourceMetrics.

    Raises:
        ValueError: the bytes are not such a request.
    """
    return _read("MetricsRequest", body)


def read_logs(body: bytes) -> pa.StructArray:
    """Read a request into its ResourceLogs.

    Raises:
        ValueError: the bytes are not such a request.
    """
    return _read("LogsRequest", body)


def read_attributes(encoded: pa.BinaryArray) -> pa.StructArray:
    """Read attributes, one in each element.

    Raises:
        ValueError: one of them is none.
    """
    return _HANDLERS["KeyValue"].array_to_record_batch(encoded).to_struct_array()


def read_values(encoded: pa.BinaryArray) -> pa.StructArray:
    """Read values, one in each element.

    Raises:
        ValueError: one of them is none.
    """
    return _HANDLERS["AnyValue"].array_to_record_batch(encoded).to_struct_array()


def _read(request: str, body: bytes) -> pa.StructArray:
    return _HANDLERS[request].list_to_record_batch([body]).column(0).flatten()
