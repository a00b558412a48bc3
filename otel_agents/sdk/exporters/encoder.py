"""Spans as OTLP protobuf bytes, written directly: the same message as the stock encoder's, without the objects.

Field numbers and types are those of opentelemetry-proto 1.x (trace/v1/trace.proto, common/v1/common.proto). A field is
a tag (number << 3 | wire type) and its value; of wire type 2 (text, bytes, messages), its length comes between.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.trace import SpanContext, SpanKind, StatusCode

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Status

logger = logging.getLogger(__name__)

_double = struct.Struct("<Bd").pack
_fixed64 = struct.Struct("<BQ").pack
_flags_of = struct.Struct("<HI").pack

_KINDS = {kind: bytes((0x30, kind.value + 1)) for kind in SpanKind}  # Span.kind, where 0 means unspecified
_UNSET_STATUS = b"\x7a\x00"  # Span.status, present and empty
_HAS_IS_REMOTE, _IS_REMOTE = 0x100, 0x200  # SpanFlags
_SPAN_FLAGS, _LINK_FLAGS = 0x0185, 0x35  # tags: fixed32 fields 16 (two bytes) and 6
_MAX_CACHED = 10_000
_LOW_64_BITS = (1 << 64) - 1


def _varint(value: int) -> bytes:
    if value < 0x80:
        return _ONE_BYTE[value]
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_ONE_BYTE = tuple(bytes((value,)) for value in range(0x80))
_LENGTHS = _ONE_BYTE + tuple(_varint(value) for value in range(0x80, 0x4000))  # of what is shorter than 16 kB


def _length(content: bytes) -> bytes:
    size = len(content)
    return _LENGTHS[size] if size < 0x4000 else _varint(size)


def _utf8(value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:  # lone surrogates, which no receiver may accept
        return value.encode(errors="replace")


def _message(tag: bytes, content: bytes) -> bytes:
    return tag + _length(content) + content


def _text(tag: bytes, value: str) -> bytes:
    return _message(tag, _utf8(value)) if value else b""


def _count(tag: bytes, value: int) -> bytes:
    return tag + _varint(value) if value else b""


_keys: dict[str, bytes] = {}


def _key(key: str) -> bytes:
    """KeyValue.key, remembered: a program has few different ones."""
    encoded = _keys.get(key)
    if encoded is None:
        encoded = _message(b"\x0a", _utf8(key))
        if len(_keys) < _MAX_CACHED:
            _keys[key] = encoded
    return encoded


def _any_value(value: object) -> bytes:
    """AnyValue; what has no type there becomes its text."""
    kind = value.__class__
    if kind is str:
        return _message(b"\x0a", _utf8(cast("str", value)))
    if kind is bool:
        return b"\x10\x01" if value else b"\x10\x00"
    if kind is int:
        number = cast("int", value)
        if -(1 << 63) <= number < 1 << 63:
            return b"\x18" + _varint(number & _LOW_64_BITS)
        return _any_value(str(number))
    if kind is float:
        return _double(0x21, value)
    return _other_value(value)


def _other_value(value: object) -> bytes:
    if value is None:
        return b""
    for plain in (str, int, float):  # subclasses, such as enumerations
        if isinstance(value, plain):
            return _any_value(plain(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return _message(b"\x3a", bytes(value))
    if isinstance(value, Sequence):
        return _message(b"\x2a", b"".join([_message(b"\x0a", _any_value(item)) for item in value]))
    if isinstance(value, Mapping):
        return _message(b"\x32", _attributes(b"\x0a", {str(key): item for key, item in value.items()}))
    return _any_value(str(value))


# KeyValue.value, tags and lengths included, up to a short text itself, and for bools and small numbers whole.
_TEXT_HEADS = tuple(b"\x12" + _ONE_BYTE[size + 2] + b"\x0a" + _ONE_BYTE[size] for size in range(0x7E))
_SMALL_NUMBERS = tuple(b"\x12\x02\x18" + byte for byte in _ONE_BYTE)
_BOOLS = {value: _message(b"\x12", _any_value(value)) for value in (True, False)}


def _attributes(tag: bytes, attributes: Mapping[str, Any] | None) -> bytes:
    """Repeated KeyValue; the values nearly all spans have are written without a call for each."""
    if not attributes:
        return b""
    parts: list[bytes] = []
    for key, value in attributes.items():
        name = _keys.get(key) or _key(key)
        kind = value.__class__
        if kind is str:
            text = _utf8(value)
            size = len(text)
            content = _TEXT_HEADS[size] + text if size < 0x7E else _message(b"\x12", _message(b"\x0a", text))
        elif kind is int and 0 <= value < 0x80:
            content = _SMALL_NUMBERS[value]
        elif kind is bool:
            content = _BOOLS[value]
        else:
            content = _message(b"\x12", _any_value(value))
        size = len(name) + len(content)
        parts += (tag, _LENGTHS[size] if size < 0x4000 else _varint(size), name, content)
    return b"".join(parts)


def _remote(context: SpanContext | None) -> int:
    return _HAS_IS_REMOTE | _IS_REMOTE if context and context.is_remote else _HAS_IS_REMOTE


def _events(span: ReadableSpan) -> bytes:
    parts = []
    for event in span.events:
        content = (
            _fixed64(0x09, event.timestamp)
            + _text(b"\x12", event.name)
            + _attributes(b"\x1a", event.attributes)
            + _count(b"\x20", event.dropped_attributes)
        )
        parts.append(_message(b"\x5a", content))
    return b"".join(parts)


def _links(span: ReadableSpan) -> bytes:
    parts = []
    for link in span.links:
        content = (
            b"\x0a\x10"
            + link.context.trace_id.to_bytes(16, "big")
            + b"\x12\x08"
            + link.context.span_id.to_bytes(8, "big")
            + _attributes(b"\x22", link.attributes)
            + _count(b"\x28", link.dropped_attributes)
            + struct.pack("<BI", _LINK_FLAGS, _remote(link.context))
        )
        parts.append(_message(b"\x6a", content))
    return b"".join(parts)


def _status(status: Status) -> bytes:
    if status.status_code is StatusCode.UNSET:
        return _UNSET_STATUS
    content = _text(b"\x12", status.description or "") + b"\x18" + _ONE_BYTE[status.status_code.value]
    return _message(b"\x7a", content)


def encode_span(span: ReadableSpan) -> bytes:
    """Write one ``opentelemetry.proto.trace.v1.Span``, without tag and length."""
    context = cast("SpanContext", span.context)
    parent = span.parent
    parts = [
        b"\x0a\x10" + context.trace_id.to_bytes(16, "big") + b"\x12\x08" + context.span_id.to_bytes(8, "big"),
        _text(b"\x1a", context.trace_state.to_header()) if context.trace_state else b"",
        b"\x22\x08" + parent.span_id.to_bytes(8, "big") if parent else b"",
        _text(b"\x2a", span.name),
        _KINDS[span.kind],
        _fixed64(0x39, span.start_time or 0),
        _fixed64(0x41, span.end_time or 0),
        _attributes(b"\x4a", span._attributes),
        _count(b"\x50", span.dropped_attributes),
        _events(span) if span._events else b"",
        _count(b"\x60", span.dropped_events),
        _links(span) if span._links else b"",
        _count(b"\x70", span.dropped_links),
        _status(span.status),
        _flags_of(_SPAN_FLAGS, _remote(parent)),
    ]
    return b"".join(parts)


def _scope(scope: InstrumentationScope | None, spans: list[bytes]) -> bytes:
    """ResourceSpans.scope_spans."""
    if scope is None:
        return _message(b"\x12", b"\x0a\x00" + b"".join(spans))
    described = (
        _text(b"\x0a", scope.name) + _text(b"\x12", scope.version or "") + _attributes(b"\x1a", scope.attributes)
    )
    content = _message(b"\x0a", described) + b"".join(spans) + _text(b"\x1a", scope.schema_url or "")
    return _message(b"\x12", content)


def _resource(resource: Resource, scopes: Mapping[InstrumentationScope | None, list[bytes]]) -> bytes:
    """ExportTraceServiceRequest.resource_spans."""
    content = (
        _message(b"\x0a", _attributes(b"\x0a", resource.attributes))
        + b"".join([_scope(scope, spans) for scope, spans in scopes.items()])
        + _text(b"\x1a", resource.schema_url)
    )
    return _message(b"\x0a", content)


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
            place.append(_message(b"\x12", encode_span(span)))
        except Exception:
            logger.exception("Span %r cannot be encoded", span.name)
            if left_out is not None:
                left_out.append(span)
    return b"".join([_resource(resource, scopes) for resource, scopes in grouped.items()])
