"""Spans as OTLP protobuf bytes, written directly: the same message as the stock encoder's, without the objects.

Field numbers and types are those of opentelemetry-proto 1.x (trace/v1/trace.proto).
"""

from __future__ import annotations

import logging
import struct
from typing import TYPE_CHECKING, cast

from opentelemetry.trace import SpanContext, SpanKind, StatusCode

from otel_agents.sdk.exporters.wire import (
    ONE_BYTE,
    attribute_fields,
    count_field,
    fixed64,
    message_field,
    resource_field,
    scope_field,
    text_field,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Status

logger = logging.getLogger(__name__)

_flags_of = struct.Struct("<HI").pack
_times_of = struct.Struct("<BQBQ").pack

_KINDS = {kind: bytes((0x30, kind.value + 1)) for kind in SpanKind}  # Span.kind, where 0 means unspecified
_UNSET_STATUS = b"\x7a\x00"  # Span.status, present and empty
_HAS_IS_REMOTE, _IS_REMOTE = 0x100, 0x200  # SpanFlags
_SPAN_FLAGS, _LINK_FLAGS = 0x0185, 0x35  # tags: fixed32 fields 16 (two bytes) and 6
_END_OF_ROOT = _UNSET_STATUS + _flags_of(_SPAN_FLAGS, _HAS_IS_REMOTE)


def _remote(context: SpanContext | None) -> int:
    return _HAS_IS_REMOTE | _IS_REMOTE if context and context.is_remote else _HAS_IS_REMOTE


def _events(span: ReadableSpan) -> bytes:
    parts = []
    for event in span.events:
        content = (
            fixed64(0x09, event.timestamp)
            + text_field(b"\x12", event.name)
            + attribute_fields(b"\x1a", event.attributes)
            + count_field(b"\x20", event.dropped_attributes)
        )
        parts.append(message_field(b"\x5a", content))
    return b"".join(parts)


def _links(span: ReadableSpan) -> bytes:
    parts = []
    for link in span.links:
        content = (
            b"\x0a\x10"
            + link.context.trace_id.to_bytes(16, "big")
            + b"\x12\x08"
            + link.context.span_id.to_bytes(8, "big")
            + attribute_fields(b"\x22", link.attributes)
            + count_field(b"\x28", link.dropped_attributes)
            + struct.pack("<BI", _LINK_FLAGS, _remote(link.context))
        )
        parts.append(message_field(b"\x6a", content))
    return b"".join(parts)


def _status(status: Status) -> bytes:
    if status.status_code is StatusCode.UNSET:
        return _UNSET_STATUS
    content = text_field(b"\x12", status.description or "") + b"\x18" + ONE_BYTE[status.status_code.value]
    return message_field(b"\x7a", content)


def encode_span(span: ReadableSpan) -> bytes:
    """Write one ``opentelemetry.proto.trace.v1.Span``, without tag and length."""
    context = cast("SpanContext", span.context)
    parent = span.parent
    ids = b"\x0a\x10%b\x12\x08%b" % (context.trace_id.to_bytes(16, "big"), context.span_id.to_bytes(8, "big"))
    times = _times_of(0x39, span.start_time or 0, 0x41, span.end_time or 0)
    parts = [ids]
    if state := context.trace_state:
        parts.append(text_field(b"\x1a", state.to_header()))
    if parent:
        parts.append(b"\x22\x08" + parent.span_id.to_bytes(8, "big"))
    parts += (
        text_field(b"\x2a", span.name),
        _KINDS[span.kind],
        times,
        attribute_fields(b"\x4a", span._attributes),
    )
    if dropped := span.dropped_attributes:
        parts.append(count_field(b"\x50", dropped))
    if span._events.__class__ is not tuple:
        parts += (_events(span), count_field(b"\x60", span.dropped_events))
    if span._links.__class__ is not tuple:
        parts += (_links(span), count_field(b"\x70", span.dropped_links))
    status = span.status
    if parent is None and status.status_code is StatusCode.UNSET:
        parts.append(_END_OF_ROOT)
    else:
        parts += (_status(status), _flags_of(_SPAN_FLAGS, _remote(parent)))
    return b"".join(parts)


def encode(spans: Sequence[ReadableSpan], left_out: list[ReadableSpan] | None = None) -> bytes:
    """Write an ``ExportTraceServiceRequest``: spans grouped by resource, then by scope, in the order they came.

    A span that cannot be written is left out and put into ``left_out``, and the log says so.
    """
    grouped: dict[Resource, dict[InstrumentationScope | None, list[bytes]]] = {}
    places: dict[tuple[int, int], list[bytes]] = {}  # by identity: hashing a resource turns it into JSON
    for span in spans:
        resource, scope = span.resource, span.instrumentation_scope
        place = places.get((id(resource), id(scope)))
        if place is None:
            place = grouped.setdefault(resource, {}).setdefault(scope, [])
            places[id(resource), id(scope)] = place
        try:
            place.append(message_field(b"\x12", encode_span(span)))
        except Exception:
            logger.exception("Span %r cannot be encoded", span.name)
            if left_out is not None:
                left_out.append(span)
    return b"".join(
        [
            resource_field(resource, [scope_field(scope, items) for scope, items in scopes.items()])
            for resource, scopes in grouped.items()
        ]
    )
