"""What the tests of metrics share: a receiver on loopback, and its metrics as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

import otel_agents
from otel_agents.sdk.metrics import account
from tests.sdk.receiving import Receiver, receiving


class Distribution(NamedTuple):
    """What a histogram's point says."""

    count: int
    sum: float
    buckets: dict[float, int]  # upper bound to count, of those that are not empty


class Arrived(NamedTuple):
    """One metric as it arrived."""

    kind: str
    unit: str
    points: list[tuple[dict[str, Any], Any]]  # labels, value; sorted by labels


def _values(pairs: Iterable[Any]) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


def _value(point: Any) -> Any:
    if hasattr(point, "explicit_bounds"):
        edges = [*point.explicit_bounds, float("inf")]
        full = {edge: count for edge, count in zip(edges, point.bucket_counts, strict=True) if count}
        return Distribution(point.count, point.sum, full)
    return getattr(point, point.WhichOneof("value"))


def read(message: ExportMetricsServiceRequest) -> dict[str, Arrived]:
    """Every metric of a request but the system's, by name."""
    found = {}
    for resource in message.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                points = [(_values(point.attributes), _value(point)) for point in getattr(metric, kind).data_points]
                found[metric.name] = Arrived(kind, metric.unit, sorted(points, key=str))
    return found


def newest(receiver: Receiver) -> dict[str, Arrived]:
    """What the last request said."""
    return read(receiver.metrics[-1][2])


@pytest.fixture(autouse=True)
def _from_nothing() -> Iterator[None]:
    account.counts.clear()
    yield
    otel_agents.shutdown()
    account.counts.clear()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def configure(receiver: Receiver) -> Any:
    """Switch metrics on, towards the receiver, with no spans sent and no system metrics."""

    def configure(**settings: Any) -> None:
        given = {"metrics": True, "endpoint": receiver.url, "traces_exporter": "none", "system_metrics": False}
        otel_agents.configure(**{**given, **settings})

    return configure
