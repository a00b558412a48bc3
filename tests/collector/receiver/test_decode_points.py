from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from otel_agents.collector.handoff import POINTS
from otel_agents.collector.receiver import decode, decode_points, otlp_json
from otel_agents.collector.receiver.signals import METRICS
from tests.collector import otlp

if TYPE_CHECKING:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

TIMES = {"start_time_unix_nano": otlp.START_NS, "time_unix_nano": otlp.START_NS + 7}


def rows(request: ExportMetricsServiceRequest) -> list[dict[str, Any]]:
    return METRICS.decode_protobuf(request.SerializeToString()).batch.rows.to_pylist()


def metric(name: str, **data: Any) -> Metric:
    return Metric(name=name, unit="s", description="How long", **data)


def every_kind() -> ExportMetricsServiceRequest:
    exemplar = {"time_unix_nano": otlp.START_NS, "as_int": 3, "trace_id": b"\x01" * 16, "span_id": b"\x02" * 8}
    return otlp.metrics(
        metric("g", gauge={"data_points": [{**TIMES, "as_int": -3, "attributes": otlp.pairs({"a": "b"})}]}),
        metric(
            "s",
            sum={
                "aggregation_temporality": 2,
                "is_monotonic": True,
                "data_points": [{**TIMES, "as_double": 0.5, "flags": 1}, {**TIMES, "as_double": 0.0}],
            },
        ),
        metric(
            "h",
            histogram={
                "aggregation_temporality": 1,
                "data_points": [
                    {
                        **TIMES,
                        "count": 2**64 - 1,
                        "sum": 0.0,
                        "min": 0.0,
                        "max": 2.0,
                        "bucket_counts": [1, 2**64 - 2],
                        "explicit_bounds": [1.0],
                        "exemplars": [exemplar],
                    }
                ],
            },
        ),
        metric(
            "e",
            exponential_histogram={
                "aggregation_temporality": 2,
                "data_points": [
                    {
                        **TIMES,
                        "count": 6,
                        "scale": -2,
                        "zero_count": 1,
                        "zero_threshold": 0.25,
                        "positive": {"offset": -1, "bucket_counts": [2, 3]},
                    }
                ],
            },
        ),
        metric(
            "q",
            summary={
                "data_points": [{**TIMES, "count": 4, "sum": 9.0, "quantile_values": [{"quantile": 0.5, "value": 2.0}]}]
            },
        ),
    )


SHARED = {
    "unit": "s",
    "description": "How long",
    "start_ns": otlp.START_NS,
    "time_ns": otlp.START_NS + 7,
    "flags": 0,
    "scope_name": "tests",
    "service_name": "shop",
    "resource": '{"service.name":"shop"}',
    "attributes": [],
}
EXPECTED: list[dict[str, Any]] = [
    {
        "name": "g",
        "kind": "gauge",
        "integer": -3,
        "attributes": [{"key": "a", "text": "b", "flag": None, "integer": None, "number": None, "json": None}],
    },
    {"name": "s", "kind": "sum", "temporality": 2, "monotonic": True, "number": 0.5, "flags": 1},
    {"name": "s", "kind": "sum", "temporality": 2, "monotonic": True, "number": 0.0},
    {
        "name": "h",
        "kind": "histogram",
        "temporality": 1,
        "count": 2**64 - 1,
        "sum": 0.0,
        "min": 0.0,
        "max": 2.0,
        "bounds": [1.0],
        "bucket_counts": [1, 2**64 - 2],
        "exemplars": '[{"time":"2026-09-21T14:13:20.123456789Z","value":3,'
        '"trace_id":"01010101010101010101010101010101","span_id":"0202020202020202","attributes":{}}]',
    },
    {
        "name": "e",
        "kind": "exponential_histogram",
        "temporality": 2,
        "count": 6,
        "exponential": {
            "scale": -2,
            "zero_count": 1,
            "zero_threshold": 0.25,
            "positive_offset": -1,
            "positive_counts": [2, 3],
            "negative_offset": 0,
            "negative_counts": [],
        },
    },
    {
        "name": "q",
        "kind": "summary",
        "count": 4,
        "sum": 9.0,
        "quantiles": [{"quantile": 0.5, "value": 2.0}],
    },
]


def test_each_kind_of_metric_comes_out_as_it_was_sent():
    nothing = dict.fromkeys(POINTS.names)
    expected = sorted((nothing | SHARED | row for row in EXPECTED), key=lambda row: row["name"])
    assert sorted(rows(every_kind()), key=lambda row: row["name"]) == expected


def test_json_says_the_same_as_protobuf():
    as_json = json_format.MessageToDict(every_kind())
    for one in as_json["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]:
        for exemplar in one.get("histogram", {}).get("dataPoints", [{}])[0].get("exemplars", ()):
            exemplar |= {"traceId": "01" * 16, "spanId": "02" * 8}
    assert METRICS.decode_json(json.dumps(as_json).encode()).batch.rows.to_pylist() == rows(every_kind())


def test_points_belong_to_their_own_resource_and_scope():
    request = otlp.metrics(otlp.gauge("a"), otlp.gauge("b"), resource={"service.name": "one"})
    request.MergeFrom(otlp.metrics(resource={"service.name": "empty"}))
    request.MergeFrom(otlp.metrics(otlp.gauge("c"), Metric(name="no points"), resource={}))
    assert [(row["name"], row["service_name"]) for row in rows(request)] == [("a", "one"), ("b", "one"), ("c", None)]


@pytest.mark.parametrize(("counts", "bounds"), [([1], [1.0]), ([1, 2, 3], [1.0]), ([], [1.0])])
def test_buckets_that_do_not_fit_are_refused(counts: list[int], bounds: list[float]):
    good = {"bucket_counts": [1, 2], "explicit_bounds": [1.0]}
    none = {"count": 3}
    bad = {"bucket_counts": counts, "explicit_bounds": bounds}
    sent = otlp.metrics(Metric(name="h", histogram={"data_points": [good, bad, none]}))
    decoded = METRICS.decode_protobuf(sent.SerializeToString())
    assert [row["bucket_counts"] for row in decoded.batch.rows.to_pylist()] == [[1, 2], []]
    assert decoded.refused == Counter({decode_points.BAD_BUCKETS: 1})


def test_a_bad_point_is_refused_and_its_neighbours_are_kept():
    sent = otlp.metrics(
        otlp.gauge("a"), otlp.gauge("b", attributes={"k": ["bad-1"]}), otlp.gauge(""), otlp.gauge("name-1")
    )
    body = sent.SerializeToString().replace(b"bad-1", b"bad-\xff").replace(b"name-1", b"name-\xff")
    decoded = METRICS.decode_protobuf(body)
    assert [row["name"] for row in decoded.batch.rows.to_pylist()] == ["a", "name-�"]
    assert decoded.refused == Counter({decode.BAD_VALUE: 1, decode_points.NO_NAME: 1})


def test_in_json_too():
    points = [{"asInt": "1"}, {"asInt": 2**63}, {"asDouble": "Infinity"}, {"asDouble": True}]
    sent = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "g", "gauge": {"dataPoints": points}}]}]}]}
    decoded = METRICS.decode_json(json.dumps(sent).encode())
    assert [(row["integer"], row["number"]) for row in decoded.batch.rows.to_pylist()] == [
        (1, None),
        (None, float("inf")),
    ]
    assert decoded.refused == Counter({otlp_json.BAD_FIELD: 2})


def test_a_resource_that_cannot_be_read_refuses_its_points_only():
    body = otlp.metrics(otlp.gauge("bad"), resource={"service.name": "shop-1"}).SerializeToString()
    body = body.replace(b"shop-1", b"shop-\xff") + otlp.metrics(otlp.gauge("good")).SerializeToString()
    decoded = METRICS.decode_protobuf(body)
    assert [row["name"] for row in decoded.batch.rows.to_pylist()] == ["good"]
    assert decoded.refused == Counter({decode.BAD_VALUE: 1})
