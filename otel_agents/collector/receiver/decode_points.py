"""Turns the bytes of an OTLP metrics request into a batch of data points, and says which were refused."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.handoff import POINTS, PointBatch
from otel_agents.collector.receiver import values
from otel_agents.collector.receiver.decode import Decoded, Faults, attributes, columns, read_lists, read_shared, text
from otel_agents.collector.receiver.status import UndecodableError
from otel_agents.collector.receiver.wire import read_metrics

BAD_BUCKETS = "a histogram whose bucket_counts are not one more than its explicit_bounds"
NO_NAME = "a metric without a name"

KINDS: Final = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
# Fields of the messages that become columns of the same name, wherever a kind has them.
_OF_METRIC: Final = ("temporality", "monotonic")
_OF_POINT: Final = (
    "start_ns",
    "time_ns",
    "flags",
    "integer",
    "number",
    "count",
    "sum",
    "min",
    "max",
    "bounds",
    "bucket_counts",
    "quantiles",
)
_SENT: Final = POINTS.set(POINTS.get_field_index("attributes"), pa.field("attributes", pa.list_(pa.binary())))


def decode_points(body: bytes) -> Decoded:
    """Decode an ExportMetricsServiceRequest in protobuf.

    Raises:
        UndecodableError: the bytes are not such a request.
    """
    try:
        resource_metrics = read_metrics(body)
    except ValueError as error:
        raise UndecodableError(str(error)) from None
    scope_metrics = resource_metrics.field("scope_metrics").flatten()
    metrics = scope_metrics.field("metrics").flatten()
    scope_of = pc.list_parent_indices(scope_metrics.field("metrics"))
    resource_of_scope = pc.list_parent_indices(resource_metrics.field("scope_metrics"))
    resource_of = resource_of_scope.take(scope_of)

    faults = Faults()  # rows of metrics here, of points below
    faults.refuse_unless(pc.not_equal(metrics.field("name"), b""), NO_NAME)
    resources, services = columns(
        read_shared(values.resource, [resource_metrics.field("resource")], resource_of, faults), 2
    )
    schemas = [scope_metrics.field("schema_url"), resource_metrics.field("schema_url").take(resource_of_scope)]
    scoped = [scope_metrics.field("scope"), *schemas]
    scopes, scope_rests = columns(read_shared(values.scope, scoped, scope_of, faults), 2)
    (metadata,) = read_lists(values.metadata, metrics.field("metadata"), 1, faults)
    shared = {
        "name": text(metrics.field("name")),
        "unit": text(metrics.field("unit")),
        "description": text(metrics.field("description")),
        "metadata": metadata,
        "scope_name": scopes.take(scope_of),
        "scope": scope_rests.take(scope_of),
        "service_name": services.take(resource_of),
        "resource": resources.take(resource_of),
    }
    refused: Counter[str] = Counter()
    rows = pa.concat_batches([_points(kind, metrics, shared, faults, refused) for kind in KINDS])
    faults = Faults()
    own_attributes = attributes(rows["attributes"], faults)
    rows = rows.set_column(rows.schema.get_field_index("attributes"), POINTS.field("attributes"), own_attributes)
    refused.update(faults.values())
    return Decoded(PointBatch(faults.sort_out(rows)), refused)


def _points(
    kind: str, metrics: pa.StructArray, shared: dict[str, pa.Array], bad_metrics: Faults, refused: Counter[str]
) -> pa.RecordBatch:
    """The data points of all metrics of one kind, their attributes as they were sent."""
    data = metrics.field(kind)
    lists = data.field("points")
    points = lists.flatten()
    metric_of = pc.list_parent_indices(lists)
    faults = Faults()
    for metric, reason in bad_metrics.items():
        faults.refuse_unless(pc.not_equal(metric_of, metric), reason)
    fields = [points.type.field(index).name for index in range(points.type.num_fields)]
    found = {name: column.take(metric_of) for name, column in shared.items()}
    found["kind"] = pa.array([kind], pa.string()).take(pa.array([0] * len(points), pa.int64()))
    found |= {name: data.field(name).take(metric_of) for name in _OF_METRIC if data.type.get_field_index(name) >= 0}
    found |= {name: points.field(name) for name in _OF_POINT if name in fields}
    found["attributes"] = points.field("attributes")
    if "exemplars" in fields:
        (found["exemplars"],) = read_lists(values.exemplars, points.field("exemplars"), 1, faults)
    if kind == "histogram":
        given, bounds = found["bucket_counts"].value_lengths(), found["bounds"].value_lengths()
        none = pc.and_(pc.equal(given, 0), pc.equal(bounds, 0))
        faults.refuse_unless(pc.or_(none, pc.equal(given, pc.add(bounds, 1))), BAD_BUCKETS)
    elif kind == "exponential_histogram":
        found["exponential"] = _exponential(points)
    columns_ = [found.get(field.name, pa.nulls(len(points), field.type)) for field in _SENT]
    rows = pa.RecordBatch.from_arrays(
        [column.cast(field.type) for column, field in zip(columns_, _SENT, strict=True)], schema=_SENT
    )
    refused.update(faults.values())
    return faults.sort_out(rows)


def _exponential(points: pa.StructArray) -> pa.StructArray:
    """The buckets of exponential histograms."""
    kind = POINTS.field("exponential").type
    columns_ = [points.field("scale"), points.field("zero_count"), points.field("zero_threshold")]
    for side in ("positive", "negative"):
        buckets = points.field(side)
        columns_ += [pc.fill_null(buckets.field("offset"), 0), buckets.field("counts")]
    return pa.StructArray.from_arrays(
        [column.cast(kind.field(index).type) for index, column in enumerate(columns_)], fields=list(kind)
    )
