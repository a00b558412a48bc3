"""Rows of exported metrics as OTLP's JSON, a row each data point."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

from otel_agents.cli.otlp_rows import Row, enclosed, known, ns, ns_of_text, pairs

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIELDS: Final = {
    "gauge": "gauge",
    "sum": "sum",
    "histogram": "histogram",
    "exponential_histogram": "exponentialHistogram",
    "summary": "summary",
}
_TEMPORALITIES: Final = {"delta": 1, "cumulative": 2}
_OF_METRIC: Final = ("name", "kind", "unit", "description", "metadata", "temporality", "monotonic")


def request(rows: Iterable[Row]) -> dict[str, Any]:
    """Make an ExportMetricsServiceRequest; times in the rows are UTC, with a zone or without."""
    return enclosed(rows, "Metrics", lambda points: {"metrics": _metrics(points)})


def _metrics(rows: list[Row]) -> list[dict[str, Any]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in _OF_METRIC), []).append(row)
    metrics = []
    for (name, kind, unit, description, metadata, temporality, monotonic), of in groups.items():
        data = {
            "dataPoints": [_point(row) for row in of],
            "aggregationTemporality": _TEMPORALITIES.get(temporality),
            "isMonotonic": monotonic,
        }
        told = {
            "name": name,
            "unit": unit,
            "description": description,
            "metadata": pairs(json.loads(metadata or "{}")),
            _FIELDS[kind]: known(data),
        }
        metrics.append(known(told))
    return metrics


def _point(row: Row) -> dict[str, Any]:
    start_ns = 0 if row["start_time"] is None else ns(row["start_time"]) + row["start_nanos"]
    told = {
        "attributes": pairs(json.loads(row["attributes"] or "{}")),
        "startTimeUnixNano": str(start_ns),
        "timeUnixNano": str(ns(row["time"]) + row["time_nanos"]),
        "exemplars": [_exemplar(each) for each in json.loads(row["exemplars"] or "[]")],
        "flags": row["flags"],
    }
    return {**known(told), **_VALUES[row["kind"]](row)}


def _number(row: Row) -> dict[str, Any]:
    if row["integer_value"] is not None:
        return {"asInt": str(row["integer_value"])}
    return {} if row["value"] is None else {"asDouble": double(row["value"])}


def _histogram(row: Row) -> dict[str, Any]:
    return {
        **_sums(row),
        "bucketCounts": [str(count) for count in row["bucket_counts"] or []],
        "explicitBounds": [double(bound) for bound in row["bounds"] or []],
    }


def _exponential(row: Row) -> dict[str, Any]:
    buckets = row["exponential"]
    sides = {
        side: {
            "offset": buckets[f"{side}_offset"] or 0,
            "bucketCounts": [str(count) for count in buckets[f"{side}_counts"] or []],
        }
        for side in ("positive", "negative")
    }
    return {
        **_sums(row),
        "scale": buckets["scale"] or 0,
        "zeroCount": str(buckets["zero_count"] or 0),
        "zeroThreshold": double(buckets["zero_threshold"] or 0.0),
        **sides,
    }


def _summary(row: Row) -> dict[str, Any]:
    quantiles = [
        {"quantile": double(each["quantile"]), "value": double(each["value"])} for each in row["quantiles"] or []
    ]
    return {**_sums(row), "quantileValues": quantiles}


def _sums(row: Row) -> dict[str, Any]:
    told = {name: double(row[name]) for name in ("sum", "min", "max") if row[name] is not None}
    return {"count": str(row["count"] or 0), **told}


_VALUES: Final = {
    "gauge": _number,
    "sum": _number,
    "histogram": _histogram,
    "exponential_histogram": _exponential,
    "summary": _summary,
}


def _exemplar(told: dict[str, Any]) -> dict[str, Any]:
    number = told["value"]
    value = {"asInt": str(number)} if isinstance(number, int) else {"asDouble": number}
    rest = {
        "timeUnixNano": str(ns_of_text(told["time"])),
        "traceId": told["trace_id"],
        "spanId": told["span_id"],
        "filteredAttributes": pairs(told["attributes"]),
    }
    return {**known(rest), **value}


def double(number: float) -> float | str:
    """A number, or the word protobuf's JSON has for one that JSON has not."""
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
