"""The wire format of protobuf, as far as OTLP needs it, and the messages all its signals share.

A field is a tag (number << 3 | wire type) and its value; of wire type 2 (text, bytes, messages), its length comes
between. Field numbers and types are those of opentelemetry-proto 1.x (common/v1/common.proto and resource.proto).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

double = struct.Struct("<Bd").pack  # a tag and the value, as the next
fixed64 = struct.Struct("<BQ").pack

_MAX_CACHED = 10_000
_LOW_64_BITS = (1 << 64) - 1


def varint(value: int) -> bytes:
    """Write a number that is not negative."""
    if value < 0x80:
        return ONE_BYTE[value]
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


ONE_BYTE = tuple(bytes((value,)) for value in range(0x80))
_LENGTHS = ONE_BYTE + tuple(bytes((low, high)) for high in range(1, 0x80) for low in range(0x80, 0x100))  # below 16 kB


def _length(content: bytes) -> bytes:
    size = len(content)
    return _LENGTHS[size] if size < 0x4000 else varint(size)


def utf8(value: str) -> bytes:
    """Write a text's bytes."""
    try:
        return value.encode()
    except UnicodeEncodeError:  # lone surrogates, which no receiver may accept
        return value.encode(errors="replace")


def message_field(tag: bytes, content: bytes) -> bytes:
    """Write a field that holds bytes: a message, packed numbers."""
    return tag + _length(content) + content


def text_field(tag: bytes, value: str) -> bytes:
    """Write a field that holds a text; nothing for an empty one."""
    return message_field(tag, utf8(value)) if value else b""


def count_field(tag: bytes, value: int) -> bytes:
    """Write a field that holds a number; nothing for 0."""
    return tag + varint(value) if value else b""


_keys: dict[str, bytes] = {}


def _key(key: str) -> bytes:
    """KeyValue.key, remembered: a program has few different ones."""
    encoded = _keys.get(key)
    if encoded is None:
        encoded = message_field(b"\x0a", utf8(key))
        if len(_keys) < _MAX_CACHED:
            _keys[key] = encoded
    return encoded


def any_value(value: object) -> bytes:
    """AnyValue; what has no type there becomes its text."""
    kind = value.__class__
    if kind is str:
        return message_field(b"\x0a", utf8(cast("str", value)))
    if kind is bool:
        return b"\x10\x01" if value else b"\x10\x00"
    if kind is int:
        number = cast("int", value)
        if -(1 << 63) <= number < 1 << 63:
            return b"\x18" + varint(number & _LOW_64_BITS)
        return any_value(str(number))
    if kind is float:
        return double(0x21, value)
    return _other_value(value)


def _other_value(value: object) -> bytes:
    if value is None:
        return b""
    for plain in (str, int, float):  # subclasses, such as enumerations
        if isinstance(value, plain):
            return any_value(plain(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return message_field(b"\x3a", bytes(value))
    if isinstance(value, Sequence):
        return message_field(b"\x2a", b"".join([message_field(b"\x0a", any_value(item)) for item in value]))
    if isinstance(value, Mapping):
        return message_field(b"\x32", attribute_fields(b"\x0a", {str(key): item for key, item in value.items()}))
    return any_value(str(value))


_number = struct.Struct("<BBBd").pack
# KeyValue.value, tags and lengths included, up to a short text itself, and for bools and small numbers whole.
_TEXT_HEADS = tuple(b"\x12" + ONE_BYTE[size + 2] + b"\x0a" + ONE_BYTE[size] for size in range(0x7E))
_SMALL_NUMBERS = tuple(b"\x12\x02\x18" + byte for byte in ONE_BYTE)
_BOOLS = {value: message_field(b"\x12", any_value(value)) for value in (True, False)}

# Whole fields of short texts, by tag, key and value: names of agents, models and tools come again with every span.
_fields: dict[bytes, dict[str, dict[str, bytes]]] = {}
_MOST_KEYS, _MOST_VALUES, _LONGEST_KNOWN = 512, 64, 128


def attribute_fields(tag: bytes, attributes: Mapping[str, Any] | None) -> bytes:
    """Repeated KeyValue; the values nearly all spans have are written without a call for each."""
    if not attributes:
        return b""
    parts: list[bytes] = []
    known = _fields.get(tag)
    if known is None:
        known = _fields[tag] = {}
    for key, value in attributes.items():
        kind = value.__class__
        of_key = known.get(key)
        if of_key is None:
            of_key = _known_fields(known, key)
        if kind is str and (field := of_key.get(value)) is not None:
            parts.append(field)
            continue
        name = _keys.get(key) or _key(key)
        if kind is str:
            text = utf8(value)
            size = len(text)
            content = _TEXT_HEADS[size] + text if size < 0x7E else message_field(b"\x12", message_field(b"\x0a", text))
        elif kind is int and 0 <= value < 0x4000:
            content = _SMALL_NUMBERS[value] if value < 0x80 else b"\x12\x03\x18" + _LENGTHS[value]
        elif kind is float:
            content = _number(0x12, 9, 0x21, value)
        elif kind is bool:
            content = _BOOLS[value]
        else:
            content = message_field(b"\x12", any_value(value))
        size = len(name) + len(content)
        if kind is str and size < _LONGEST_KNOWN and len(of_key) < _MOST_VALUES:
            of_key[value] = field = tag + _LENGTHS[size] + name + content
            parts.append(field)
        else:
            parts += (tag, _LENGTHS[size] if size < 0x4000 else varint(size), name, content)
    return b"".join(parts)


def _known_fields(known: dict[str, dict[str, bytes]], key: str) -> dict[str, bytes]:
    of_key: dict[str, bytes] = {}
    if len(known) < _MOST_KEYS:
        known[key] = of_key
    return of_key


def scope_field(scope: InstrumentationScope | None, items: Sequence[bytes]) -> bytes:
    """``ResourceSpans.scope_spans``, or what other signals have in its place: the scope, and its items as fields 2."""
    if scope is None:
        return message_field(b"\x12", b"\x0a\x00" + b"".join(items))
    described = (
        text_field(b"\x0a", scope.name)
        + text_field(b"\x12", scope.version or "")
        + attribute_fields(b"\x1a", scope.attributes)
    )
    content = message_field(b"\x0a", described) + b"".join(items) + text_field(b"\x1a", scope.schema_url or "")
    return message_field(b"\x12", content)


def resource_field(resource: Resource, scopes: Sequence[bytes]) -> bytes:
    """``ExportTraceServiceRequest.resource_spans``, or what other signals have in its place."""
    content = (
        message_field(b"\x0a", attribute_fields(b"\x0a", resource.attributes))
        + b"".join(scopes)
        + text_field(b"\x1a", resource.schema_url)
    )
    return message_field(b"\x0a", content)
