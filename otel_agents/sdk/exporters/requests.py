"""Encoded ``ExportTraceServiceRequest`` messages, taken apart and joined without decoding spans; and their answers.

Two such requests one after the other are one message with the spans of both: protobuf appends repeated fields.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from otel_agents.sdk.exporters.wire import message_field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RESOURCE_SPANS, _SCOPE_SPANS, _SPANS = 1, 2, 2  # the fields' numbers, each in the one before
_FIXED = {1: 8, 5: 4}  # bytes of a value, by wire type

Part = tuple[bytes, bytes, bytes]  # what a ResourceSpans, a ScopeSpans and a spans field hold


def parts(request: bytes) -> list[Part]:
    """Give every span, encoded, with what is around it.

    Raises:
        ValueError: these bytes are no such message, or were cut off.
    """
    found: list[Part] = []
    for resource_spans in _split(request, _RESOURCE_SPANS)[1]:
        resource, scopes = _split(resource_spans, _SCOPE_SPANS)
        for scope_spans in scopes:
            scope, spans = _split(scope_spans, _SPANS)
            found += [(resource, scope, span) for span in spans]
    return found


def joined(spans: Sequence[Part]) -> bytes:
    """Make a request of spans, those of one resource and scope together as they come."""
    out = []
    for resource, of_resource in groupby(spans, key=lambda part: part[0]):
        content = resource
        for scope, of_scope in groupby(of_resource, key=lambda part: part[1]):
            items = b"".join([message_field(b"\x12", span) for _, _, span in of_scope])
            content += message_field(b"\x12", scope + items)
        out.append(message_field(b"\x0a", content))
    return b"".join(out)


def rejected(response: bytes) -> tuple[int, str]:
    """Read of an ``ExportTraceServiceResponse`` how many spans were not taken, and why; (0, "") of anything else."""
    count, reason = 0, ""
    try:
        for partial in _split(response, 1)[1]:  # partial_success
            for _, tag, begin, end in _fields(partial):
                if tag == 0x08:
                    count = _varint(partial, begin)[0]
                elif tag == 0x12:
                    reason = partial[begin:end].decode(errors="replace")
    except ValueError:
        return 0, ""
    return count, reason


def _split(message: bytes, number: int) -> tuple[bytes, list[bytes]]:
    """Take the fields of one number out of a message: give the rest, and their contents."""
    rest, taken = [], []
    for start, tag, begin, end in _fields(message):
        if tag == number << 3 | 2:
            taken.append(message[begin:end])
        else:
            rest.append(message[start:end])
    return b"".join(rest), taken


def _fields(message: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Give each field: where it starts, its tag, and where its content begins and ends."""
    at, size = 0, len(message)
    while at < size:
        start = at
        tag, at = _varint(message, at)
        wire = tag & 7
        if wire == 2:
            length, at = _varint(message, at)
            end = at + length
        elif wire == 0:
            _, end = _varint(message, at)
        elif wire in _FIXED:
            end = at + _FIXED[wire]
        else:
            raise ValueError("not a protobuf message")
        if end > size or tag < 8:
            raise ValueError("not a protobuf message, or cut off")
        yield start, tag, at, end
        at = end


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("not a protobuf message, or cut off")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
