"""The encoder of metrics writes what the stock one writes."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics as stock
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Buckets,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from otel_agents.sdk.exporters.metrics_encoder import encode_metrics

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
times = st.integers(0, 2**64 - 1)
counts = st.integers(0, 2**64 - 1)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats()
floats = st.floats()
labels = st.dictionaries(texts.filter(bool), texts | st.booleans() | st.integers(-9, 2**40) | st.floats(), max_size=3)
temporalities = st.sampled_from(AggregationTemporality)
exemplars = st.lists(
    st.builds(
        lambda value, time, filtered, ids: Exemplar(filtered, value, time, *(ids or (None, None))),
        numbers,
        times,
        labels,
        st.none() | st.tuples(st.integers(1, 2**64 - 1), st.integers(1, 2**128 - 1)),
    ),
    max_size=2,
)


def number_points(start):
    point = st.builds(NumberDataPoint, labels, start, times, numbers, exemplars)
    return st.lists(point, min_size=1, max_size=3)


@st.composite
def histogram_points(draw) -> HistogramDataPoint:
    bounds = draw(st.lists(floats, max_size=4))
    return HistogramDataPoint(
        attributes=draw(labels),
        start_time_unix_nano=draw(times),
        time_unix_nano=draw(times),
        count=draw(counts),
        sum=draw(floats),
        bucket_counts=draw(st.lists(counts, min_size=len(bounds) + 1, max_size=len(bounds) + 1)),
        explicit_bounds=bounds,
        min=draw(floats),
        max=draw(floats),
        exemplars=draw(exemplars),
    )


buckets = st.builds(Buckets, st.integers(-(2**31), 2**31 - 1), st.lists(counts, max_size=4))
exponential_points = st.builds(
    ExponentialHistogramDataPoint,
    attributes=labels,
    start_time_unix_nano=times,
    time_unix_nano=times,
    count=counts,
    sum=floats,
    scale=st.integers(-10, 20),
    zero_count=counts,
    positive=buckets,
    negative=buckets,
    flags=st.just(0),
    min=floats,
    max=floats,
    exemplars=exemplars,
)
kinds = st.one_of(
    st.builds(Gauge, number_points(st.none())),
    st.builds(Sum, number_points(times), temporalities, st.booleans()),
    st.builds(Histogram, st.lists(histogram_points(), min_size=1, max_size=2), temporalities),
    st.builds(ExponentialHistogram, st.lists(exponential_points, min_size=1, max_size=2), temporalities),
)
metrics = st.lists(st.builds(Metric, texts, texts, texts, kinds), max_size=3)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(metrics, metrics, labels)
def test_decoded_it_is_the_stock_encoders_message(some, others, described) -> None:
    resource = Resource({"service.name": "shop", **described}, "https://schema")
    scopes = [
        ScopeMetrics(InstrumentationScope("one", "1", "https://schema", {"a": 1}), some, "https://schema"),
        ScopeMetrics(InstrumentationScope("two"), others, ""),
    ]
    data = MetricsData([ResourceMetrics(resource, scopes, "https://schema")])
    # Compared as bytes of the same library, deterministic: a NaN is not equal to itself.
    expected = stock(data).SerializeToString(deterministic=True)
    got = ExportMetricsServiceRequest.FromString(encode_metrics(data)).SerializeToString(deterministic=True)
    assert got == expected
