"""Rows of the table ``spans`` as OTLP's JSON: what is exported so, and how files of other formats are sent back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    return enclosed(rows, "Spans", lambda spans: {"spans": [_span(row) for row in spans]})


def enclosed(rows: Iterable[Row], signal: str, inner: Callable[[list[Row]], dict[str, Any]]) -> dict[str, Any]:
    """Put the rows of one scope and resource together, as a request has them.

    Args:
        rows: with ``resource``, ``scope_name`` and ``scope``.
        signal: what its names end in: Spans, Metrics, Logs.
        inner: makes of the rows of a scope what is in it.
    """
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["resource"] or "{}", row["scope_name"] or "", row["scope"] or "{}"), []).append(row)
    return {f"resource{signal}": [_resource(*group, signal, inner(of)) for group, of in groups.items()]}


def _resource(resource: str, name: str, scope: str, signal: str, inner: dict[str, Any]) -> dict[str, Any]:
    more = json.loads(scope)
    told = {
        "name": name,
        "version": more.get("version"),
        "attributes": pairs(more.get("attributes", {})),
        "droppedAttributesCount": more.get("dropped_attributes_count"),
    }
    return known(
        {
            "resource": {"attributes": pairs(json.loads(resource))},
            "schemaUrl": more.get("resource_schema_url"),
            f"scope{signal}": [known({"scope": known(told), "schemaUrl": more.get("schema_url"), **inner})],
        }
    )


def _span(row: Row) -> dict[str, Any]:
    start_ns, end_ns = _times(row)
    return known(
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
            "attributes": pairs(json.loads(row["attributes"] or "{}")),
            "droppedAttributesCount": row["dropped_attributes"],
            "events": [_event(event) for event in json.loads(row["events"] or "[]")],
            "droppedEventsCount": row["dropped_events"],
            "links": [_link(link) for link in json.loads(row["links"] or "[]")],
            "droppedLinksCount": row["dropped_links"],
            "status": known({"code": STATUSES.get(row["status"], 0), "message": row["status_message"]}),
        }
    )


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return known(
        {
            "name": event["name"],
            "timeUnixNano": str(ns_of_text(event["time"])),
            "attributes": pairs(event["attributes"]),
            "droppedAttributesCount": event.get("dropped_attributes_count"),
        }
    )


def _link(link: dict[str, Any]) -> dict[str, Any]:
    return known(
        {
            "traceId": link["trace_id"],
            "spanId": link["span_id"],
            "traceState": link.get("trace_state"),
            "flags": link.get("flags"),
            "attributes": pairs(link["attributes"]),
            "droppedAttributesCount": link.get("dropped_attributes_count"),
        }
    )


def known(parts: dict[str, Any]) -> dict[str, Any]:
    """Leave out what was not told, which in OTLP is what is 0 or empty."""
    return {name: value for name, value in parts.items() if value}


def _times(row: Row) -> tuple[int, int]:
    """Start and end. Spans an early version stored have times to the microsecond and a duration to the nanosecond."""
    start_ns = ns(row["start_time"])
    if row["start_nanos"] is not None:
        end_ns = 0 if row["end_time"] is None else ns(row["end_time"]) + (row["end_nanos"] or 0)
        return start_ns + row["start_nanos"], end_ns
    if row["end_time"] is None:
        return start_ns, 0
    end_ns = ns(row["end_time"])
    duration_ns = round((row["duration_ms"] or 0) * 1e6)
    if end_ns < start_ns:
        return start_ns, end_ns
    start_ns += max(0, end_ns - start_ns - duration_ns)
    return start_ns, start_ns + duration_ns


def ns(time: datetime) -> int:
    """Nanoseconds since the epoch of a time in UTC, with a zone or without."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1) * 1000


def ns_of_text(time: str) -> int:
    """Read a time to the nanosecond, which a datetime has no room for."""
    whole, _, fraction = time.removesuffix("Z").partition(".")
    return ns(datetime.fromisoformat(whole)) + int(fraction.ljust(9, "0")[:9])


def pairs(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Attributes, as OTLP's JSON has them."""
    return [{"key": key, "value": value(plain)} for key, plain in values.items()]


def value(plain: Any) -> dict[str, Any]:
    """A value of an attribute, as OTLP's JSON has it."""
    if isinstance(plain, bool):
        return {"boolValue": plain}
    if isinstance(plain, int):
        return {"intValue": str(plain)}
    if isinstance(plain, float):
        return {"doubleValue": plain}
    if isinstance(plain, str):
        return {"stringValue": plain}
    if isinstance(plain, list):
        return {"arrayValue": {"values": [value(item) for item in plain]}}
    if isinstance(plain, dict):
        return {"kvlistValue": {"values": pairs(plain)}}
    return {}
