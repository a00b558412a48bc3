"""Metrics as OTLP protobuf bytes, written directly: the stock encoder is not among what the SDK requires.

Field numbers and types are those of opentelemetry-proto 1.x (metrics/v1/metrics.proto).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from opentelemetry.sdk.metrics.export import ExponentialHistogram, Gauge, Histogram, Sum

from otel_agents.sdk.exporters.wire import (
    attribute_fields,
    count_field,
    double,
    fixed64,
    message_field,
    resource_field,
    scope_field,
    text_field,
    varint,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.metrics import Exemplar
    from opentelemetry.sdk.metrics.export import (
        Buckets,
        ExponentialHistogramDataPoint,
        HistogramDataPoint,
        Metric,
        MetricsData,
        NumberDataPoint,
    )

_signed64 = struct.Struct("<Bq").pack


def _fixed(tag: int, value: int | None) -> bytes:
    return fixed64(tag, value) if value else b""


def _number(as_double: int, as_int: int, value: float) -> bytes:
    """A field of a oneof: there even when it is 0. Whole numbers too large for it are doubles."""
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 63:
        return _signed64(as_int, value)
    return double(as_double, float(value))


def _some_double(tag: int, value: float | None) -> bytes:
    return b"" if value is None else double(tag, value)


def _zigzag(tag: bytes, value: int) -> bytes:
    return count_field(tag, value << 1 if value >= 0 else (-value << 1) - 1)


def _exemplars(tag: bytes, exemplars: Sequence[Exemplar]) -> bytes:
    parts = []
    for each in exemplars:
        traced = each.span_id is not None and each.trace_id is not None
        content = (
            _fixed(0x11, each.time_unix_nano)
            + _number(0x19, 0x31, each.value)
            + (b"\x22\x08" + each.span_id.to_bytes(8, "big") if traced and each.span_id is not None else b"")
            + (b"\x2a\x10" + each.trace_id.to_bytes(16, "big") if traced and each.trace_id is not None else b"")
            + attribute_fields(b"\x3a", each.filtered_attributes)
        )
        parts.append(message_field(tag, content))
    return b"".join(parts)


def _number_point(point: NumberDataPoint) -> bytes:
    content = (
        _fixed(0x11, point.start_time_unix_nano)
        + _fixed(0x19, point.time_unix_nano)
        + _number(0x21, 0x31, point.value)
        + _exemplars(b"\x2a", point.exemplars)
        + attribute_fields(b"\x3a", point.attributes)
    )
    return message_field(b"\x0a", content)


def _histogram_point(point: HistogramDataPoint) -> bytes:
    counts = struct.pack(f"<{len(point.bucket_counts)}Q", *point.bucket_counts)
    bounds = struct.pack(f"<{len(point.explicit_bounds)}d", *point.explicit_bounds)
    content = (
        _fixed(0x11, point.start_time_unix_nano)
        + _fixed(0x19, point.time_unix_nano)
        + _fixed(0x21, point.count)
        + _some_double(0x29, point.sum)
        + (message_field(b"\x32", counts) if counts else b"")
        + (message_field(b"\x3a", bounds) if bounds else b"")
        + _exemplars(b"\x42", point.exemplars)
        + attribute_fields(b"\x4a", point.attributes)
        + _some_double(0x59, point.min)
        + _some_double(0x61, point.max)
    )
    return message_field(b"\x0a", content)


def _buckets(tag: bytes, buckets: Buckets) -> bytes:
    if not buckets.bucket_counts:
        return b""
    counts = b"".join(map(varint, buckets.bucket_counts))
    return message_field(tag, _zigzag(b"\x08", buckets.offset) + message_field(b"\x12", counts))


def _exponential_point(point: ExponentialHistogramDataPoint) -> bytes:
    content = (
        attribute_fields(b"\x0a", point.attributes)
        + _fixed(0x11, point.start_time_unix_nano)
        + _fixed(0x19, point.time_unix_nano)
        + _fixed(0x21, point.count)
        + _some_double(0x29, point.sum)
        + _zigzag(b"\x30", point.scale)
        + _fixed(0x39, point.zero_count)
        + _buckets(b"\x42", point.positive)
        + _buckets(b"\x4a", point.negative)
        + count_field(b"\x50", point.flags)
        + _exemplars(b"\x5a", point.exemplars)
        + _some_double(0x61, point.min)
        + _some_double(0x69, point.max)
    )
    return message_field(b"\x0a", content)


def _metric(metric: Metric) -> bytes:
    """One of ``ScopeMetrics.metrics``."""
    data = metric.data
    if isinstance(data, Gauge):
        kind = message_field(b"\x2a", b"".join(map(_number_point, data.data_points)))
    elif isinstance(data, Sum):
        points = b"".join(map(_number_point, data.data_points))
        monotonic = b"\x18\x01" if data.is_monotonic else b""
        kind = message_field(b"\x3a", points + count_field(b"\x10", data.aggregation_temporality) + monotonic)
    elif isinstance(data, Histogram):
        points = b"".join(map(_histogram_point, data.data_points))
        kind = message_field(b"\x4a", points + count_field(b"\x10", data.aggregation_temporality))
    elif isinstance(data, ExponentialHistogram):
        points = b"".join(map(_exponential_point, data.data_points))
        kind = message_field(b"\x52", points + count_field(b"\x10", data.aggregation_temporality))
    described = (
        text_field(b"\x0a", metric.name)
        + text_field(b"\x12", metric.description or "")
        + text_field(b"\x1a", metric.unit or "")
    )
    return message_field(b"\x12", described + kind)


def encode_metrics(collected: MetricsData) -> bytes:
    """Write an ``ExportMetricsServiceRequest``."""
    return b"".join(
        [
            resource_field(
                each.resource,
                [scope_field(scope.scope, [_metric(m) for m in scope.metrics]) for scope in each.scope_metrics],
            )
            for each in collected.resource_metrics
        ]
    )
