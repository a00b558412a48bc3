"""Rows of the table ``spans`` as OTLP's JSON: what is exported so, and how files of other formats are sent back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS: Final = {"unspecified": 0, "internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
STATUSES: Final = {"unset": 0, "ok": 1, "error": 2}
# What the others are read from, again, when the spans arrive.
COLUMNS: Final = (
    "trace_id",
    "span_id",
    "parent_span_id",
    "name",
    "kind",
    "scope_name",
    "start_time",
    "end_time",
    "duration_ms",
    "status",
    "status_message",
    "attributes",
    "resource",
    "events",
    "links",
    "start_nanos",
    "end_nanos",
    "scope",
    "trace_state",
    "flags",
    "dropped_attributes",
    "dropped_events",
    "dropped_links",
)
WHOLE: Final = frozenset(COLUMNS[-8:]) - {"scope", "trace_state"}  # of these, whole numbers
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Row = dict[str, Any]


def request(rows: Iterable[Row]) -> dict[str, Any]:
    """Make an ExportTraceServiceRequest; times in the rows are UTC, with a zone or without."""
    groups: dict[tuple[str, str, str], list[Any]] = {}
    for row in rows:
        groups.setdefault((row["resource"] or "{}", row["scope_name"] or "", row["scope"] or "{}"), []).append(
            _span(row)
        )
    return {"resourceSpans": [_resource_spans(*group, spans) for group, spans in groups.items()]}


def _resource_spans(resource: str, name: str, scope: str, spans: list[Any]) -> dict[str, Any]:
    more = json.loads(scope)
    told = {
        "name": name,
        "version": more.get("version"),
        "attributes": _pairs(more.get("attributes", {})),
        "droppedAttributesCount": more.get("dropped_attributes_count"),
    }
    scope_spans = {"scope": _known(told), "schemaUrl": more.get("schema_url"), "spans": spans}
    return _known(
        {
            "resource": {"attributes": _pairs(json.loads(resource))},
            "schemaUrl": more.get("resource_schema_url"),
            "scopeSpans": [_known(scope_spans)],
        }
    )


def _span(row: Row) -> dict[str, Any]:
    start_ns, end_ns = _times(row)
    return _known(
        {
            "traceId": row["trace_id"],
            "spanId": row["span_id"],
            "parentSpanId": row["parent_span_id"],
            "traceState": row["trace_state"],
            "flags": row["flags"],
            "name": row["name"],
            "kind": KINDS.get(row["kind"], 0),
            "startTimeUnixNano": str(start_ns),
            "endTimeUnixNano": str(end_ns),
            "attributes": _pairs(json.loads(row["attributes"] or "{}")),
            "droppedAttributesCount": row["dropped_attributes"],
            "events": [_event(event) for event in json.loads(row["events"] or "[]")],
            "droppedEventsCount": row["dropped_events"],
            "links": [_link(link) for link in json.loads(row["links"] or "[]")],
            "droppedLinksCount": row["dropped_links"],
            "status": _known({"code": STATUSES.get(row["status"], 0), "message": row["status_message"]}),
        }
    )


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return _known(
        {
            "name": event["name"],
            "timeUnixNano": str(_ns_of_text(event["time"])),
            "attributes": _pairs(event["attributes"]),
            "droppedAttributesCount": event.get("dropped_attributes_count"),
        }
    )


def _link(link: dict[str, Any]) -> dict[str, Any]:
    return _known(
        {
            "traceId": link["trace_id"],
            "spanId": link["span_id"],
            "traceState": link.get("trace_state"),
            "flags": link.get("flags"),
            "attributes": _pairs(link["attributes"]),
            "droppedAttributesCount": link.get("dropped_attributes_count"),
        }
    )


def _known(parts: dict[str, Any]) -> dict[str, Any]:
    """Leave out what was not told, which in OTLP is what is 0 or empty."""
    return {name: value for name, value in parts.items() if value}


def _times(row: Row) -> tuple[int, int]:
    """Start and end. Spans an early version stored have times to the microsecond and a duration to the nanosecond."""
    start_ns = _ns(row["start_time"])
    if row["start_nanos"] is not None:
        end_ns = 0 if row["end_time"] is None else _ns(row["end_time"]) + (row["end_nanos"] or 0)
        return start_ns + row["start_nanos"], end_ns
    if row["end_time"] is None:
        return start_ns, 0
    end_ns = _ns(row["end_time"])
    duration_ns = round((row["duration_ms"] or 0) * 1e6)
    if end_ns < start_ns:
        return start_ns, end_ns
    start_ns += max(0, end_ns - start_ns - duration_ns)
    return start_ns, start_ns + duration_ns


def _ns(time: datetime) -> int:
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1) * 1000


def _ns_of_text(time: str) -> int:
    """Read a time to the nanosecond, which a datetime has no room for."""
    whole, _, fraction = time.removesuffix("Z").partition(".")
    return _ns(datetime.fromisoformat(whole)) + int(fraction.ljust(9, "0")[:9])


def _pairs(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": _pairs(value)}}
    return {}
