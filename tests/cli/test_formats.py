"""Whatever is stored comes out of a file as it went in: OTLP's JSON, Parquet and CSV, of metrics and logs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Exemplar,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    Sum,
    Summary,
    SummaryDataPoint,
)

from otel_agents.cli import formats
from otel_agents.collector.query import export
from otel_agents.collector.receiver.signals import LOGS, METRICS, Signal
from otel_agents.collector.store.duckdb import DuckDBStore
from tests.collector import otlp

if TYPE_CHECKING:
    from google.protobuf.message import Message

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.sampled_from(
    ["=1+1", "-1", "+1", "@a", "\tx", "\nx", "'", "", '"', "1", "true", "null"]
)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
NUMBERS = st.floats(allow_nan=False)
VALUES = st.recursive(
    TEXTS | INTEGERS | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)
ATTRIBUTES = st.dictionaries(TEXTS.filter(bool), VALUES, max_size=3).map(otlp.pairs)
TIMES = st.integers(1_600_000_000_000_000_000, 1_900_000_000_000_000_000)
COUNTS = st.integers(0, 2**64 - 1)
COMMON = {"time_unix_nano": TIMES, "start_time_unix_nano": st.just(0) | TIMES, "attributes": ATTRIBUTES}
EXEMPLARS = st.lists(
    st.builds(
        Exemplar,
        time_unix_nano=TIMES,
        as_int=INTEGERS,
        trace_id=st.binary(min_size=16, max_size=16),
        span_id=st.binary(min_size=8, max_size=8),
        filtered_attributes=ATTRIBUTES,
    ),
    max_size=2,
)
NUMBER_POINTS = st.lists(
    st.builds(NumberDataPoint, as_int=INTEGERS, exemplars=EXEMPLARS, **COMMON)
    | st.builds(NumberDataPoint, as_double=NUMBERS, flags=st.integers(0, 1), **COMMON),
    min_size=1,
    max_size=2,
)
TEMPORALITY = st.sampled_from([1, 2])


def histogram(bounds: list[float], counts: list[int], **fields: Any) -> HistogramDataPoint:
    buckets = counts[: len(bounds) + 1] if bounds else []
    return HistogramDataPoint(explicit_bounds=bounds, bucket_counts=buckets, **fields)


HISTOGRAMS = st.builds(
    histogram,
    st.lists(st.floats(-1e9, 1e9), max_size=3),
    st.lists(COUNTS, min_size=4, max_size=4),
    count=COUNTS,
    sum=NUMBERS,
    min=NUMBERS,
    max=NUMBERS,
    exemplars=EXEMPLARS,
    **COMMON,
)
BUCKETS = st.builds(
    ExponentialHistogramDataPoint.Buckets,
    offset=st.integers(-100, 100),
    bucket_counts=st.lists(st.integers(0, 2**60), max_size=3),
)
EXPONENTIAL = st.builds(
    ExponentialHistogramDataPoint,
    count=COUNTS,
    sum=NUMBERS,
    scale=st.integers(-4, 20),
    zero_count=COUNTS,
    zero_threshold=st.floats(0, 1),
    positive=BUCKETS,
    negative=BUCKETS,
    **COMMON,
)
QUANTILES = st.lists(
    st.builds(SummaryDataPoint.ValueAtQuantile, quantile=st.floats(0, 1), value=st.floats(0, 1e9)), max_size=2
)
SUMMARIES = st.builds(SummaryDataPoint, count=COUNTS, sum=NUMBERS, quantile_values=QUANTILES, **COMMON)


def metric(**data: st.SearchStrategy[Any]) -> st.SearchStrategy[Metric]:
    return st.builds(Metric, name=TEXTS.filter(bool), unit=TEXTS, description=TEXTS, metadata=ATTRIBUTES, **data)


METRIC = st.one_of(
    metric(gauge=st.builds(Gauge, data_points=NUMBER_POINTS)),
    metric(
        sum=st.builds(Sum, data_points=NUMBER_POINTS, aggregation_temporality=TEMPORALITY, is_monotonic=st.booleans())
    ),
    metric(
        histogram=st.builds(
            Histogram, data_points=st.lists(HISTOGRAMS, min_size=1, max_size=2), aggregation_temporality=TEMPORALITY
        )
    ),
    metric(
        exponential_histogram=st.builds(ExponentialHistogram, data_points=st.lists(EXPONENTIAL, min_size=1, max_size=1))
    ),
    metric(summary=st.builds(Summary, data_points=st.lists(SUMMARIES, min_size=1, max_size=2))),
)
RECORD = st.builds(
    LogRecord,
    time_unix_nano=st.just(0) | TIMES,
    observed_time_unix_nano=TIMES,
    severity_number=st.integers(0, 24),
    severity_text=TEXTS,
    event_name=TEXTS,
    body=VALUES.filter(lambda body: body is not None).map(otlp.value),  # one of nothing is stored as none
    attributes=ATTRIBUTES,
    dropped_attributes_count=st.integers(0, 5),
    flags=st.integers(0, 255),
    trace_id=st.just(b"") | st.binary(min_size=16, max_size=16).filter(any),
    span_id=st.just(b"") | st.binary(min_size=8, max_size=8).filter(any),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("formats")


@pytest.fixture(scope="module")
def module_store(folder) -> DuckDBStore:
    opened = DuckDBStore(folder / "spans.duckdb")
    yield opened
    opened.close()


def rows(signal: Signal, *requests: bytes, json: bool = False) -> list[str]:
    """What requests hold, in an order of its own."""
    decode = signal.decode_json if json else signal.decode_protobuf
    decoded = [decode(request) for request in requests]
    assert not any(one.refused for one in decoded)
    return sorted(repr(row) for one in decoded for row in one.batch.rows.to_pylist())


def comes_back(store: DuckDBStore, folder, signal: Signal, sent: Message) -> None:
    """Store it, write it into a file of each format, and read that."""
    body = sent.SerializeToString()
    decoded = signal.decode_protobuf(body)
    table = {"metrics": "point_data", "logs": "log_data"}[signal.name]
    store._writer.execute(f"DELETE FROM {table}")
    store.write([decoded.batch])
    expected = rows(signal, body)
    for name in formats.WRITERS:
        streamed = b"".join(export.records(store, export.Range(), signal.name))
        written = io.BytesIO()
        with pa.ipc.open_stream(streamed) as batches:
            assert formats.WRITERS[name](batches, written) == len(expected)
        file = folder / "file"
        file.write_bytes(written.getvalue())
        read = list(formats.read(file, name))
        assert {path for path, _ in read} == {signal.path}
        assert rows(signal, *(request for _, request in read), json=True) == expected, name


@settings(max_examples=10, phases=[Phase.generate])
@given(sent=st.lists(METRIC, min_size=1, max_size=2))
def test_metrics_come_back_as_they_were_sent(module_store, folder, sent: list[Metric]):
    comes_back(module_store, folder, METRICS, otlp.metrics(*sent, resource={"service.name": "=shop", "list": [1]}))


@settings(max_examples=10, phases=[Phase.generate])
@given(sent=st.lists(RECORD, min_size=1, max_size=3))
def test_logs_come_back_as_they_were_sent(module_store, folder, sent: list[LogRecord]):
    comes_back(module_store, folder, LOGS, otlp.logs(*sent))
