"""Rows of exported logs as OTLP's JSON, a row each log record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from otel_agents.cli.otlp_rows import Row, enclosed, known, ns, pairs, value

if TYPE_CHECKING:
    from collections.abc import Iterable


def request(rows: Iterable[Row]) -> dict[str, Any]:
    """Make an ExportLogsServiceRequest; times in the rows are UTC, with a zone or without."""
    return enclosed(rows, "Logs", lambda records: {"logRecords": [_record(row) for row in records]})


def _record(row: Row) -> dict[str, Any]:
    time_ns = ns(row["time"]) + row["time_nanos"] if row["has_time"] else 0
    return known(
        {
            "timeUnixNano": str(time_ns),
            "observedTimeUnixNano": str(ns(row["observed_time"]) + row["observed_nanos"]),
            "severityNumber": row["severity_number"],
            "severityText": row["severity_text"],
            "eventName": row["event_name"],
            "body": _body(row["body_kind"], row["body"]),
            "attributes": pairs(json.loads(row["attributes"] or "{}")),
            "droppedAttributesCount": row["dropped_attributes"],
            "flags": row["flags"],
            "traceId": row["trace_id"],
            "spanId": row["span_id"],
        }
    )


def _body(kind: str | None, body: str | None) -> dict[str, Any] | None:
    if kind is None:
        return None
    if kind == "number":
        return {
            "doubleValue": {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(body or "") or float(body or 0)
        }
    return value((body or "") if kind == "text" else json.loads(body or "null"))
