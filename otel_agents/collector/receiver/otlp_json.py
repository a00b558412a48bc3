"""OTLP in JSON: read leniently into protobuf, then decoded as that.

It differs from protobuf's own JSON mapping: ids are hex and enums are integers (OTLP specification, "JSON Protobuf
Encoding"). Unknown fields are ignored, null is absent, 64-bit integers may be texts or numbers.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from otel_agents.collector.receiver.decode import Decoded, decode_protobuf
from otel_agents.collector.receiver.status import UndecodableError

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue

BAD_FIELD: Final = "a field of a type or value OTLP does not allow"

_WRONG: Final = (TypeError, ValueError, AttributeError, RecursionError)  # what JSON of another shape leads to


def decode_json(body: bytes) -> Decoded:
    """Decode an ExportTraceServiceRequest in JSON.

    Raises:
        UndecodableError: the text is not JSON, or not such a request.
    """
    try:
        sent = json.loads(body)
        request, refused = _request(sent)
    except _WRONG as error:
        raise UndecodableError(f"the body is not an OTLP trace request in JSON: {error}") from None
    decoded = decode_protobuf(request.SerializeToString())
    return Decoded(decoded.batch, decoded.refused + Counter({BAD_FIELD: refused} if refused else {}))


def _request(sent: dict[str, Any]) -> tuple[ExportTraceServiceRequest, int]:
    request = ExportTraceServiceRequest()
    refused = 0
    for resource_spans in _list(sent, "resourceSpans"):
        to = request.resource_spans.add()
        _attributes(to.resource.attributes, resource_spans.get("resource") or {})
        for scope_spans in _list(resource_spans, "scopeSpans"):
            to_scope = to.scope_spans.add()
            to_scope.scope.name = _text((scope_spans.get("scope") or {}).get("name"))
            for span in _list(scope_spans, "spans"):
                try:
                    encoded = _span(span).SerializeToString()
                    to_scope.spans.add().ParseFromString(encoded)
                except DecodeError:  # protobuf reads no value that is nested so deep
                    del to_scope.spans[-1]
                    refused += 1
                except _WRONG:
                    refused += 1
    return request, refused


def _span(sent: dict[str, Any]) -> Span:
    span = Span(
        trace_id=_id(sent.get("traceId")),
        span_id=_id(sent.get("spanId")),
        parent_span_id=_id(sent.get("parentSpanId")),
        name=_text(sent.get("name")),
        kind=_enum(sent.get("kind"), Span.SpanKind),
        start_time_unix_nano=_integer(sent.get("startTimeUnixNano")),
        end_time_unix_nano=_integer(sent.get("endTimeUnixNano")),
    )
    status = sent.get("status") or {}
    span.status.code = _enum(status.get("code"), Status.StatusCode)
    span.status.message = _text(status.get("message"))
    _attributes(span.attributes, sent)
    for event in _list(sent, "events"):
        to = span.events.add(name=_text(event.get("name")), time_unix_nano=_integer(event.get("timeUnixNano")))
        _attributes(to.attributes, event)
    for link in _list(sent, "links"):
        to_link = span.links.add(trace_id=_id(link.get("traceId")), span_id=_id(link.get("spanId")))
        _attributes(to_link.attributes, link)
    return span


def _attributes(to: Any, owner: dict[str, Any], name: str = "attributes") -> None:
    for pair in _list(owner, name):
        _value(to.add(key=_text(pair.get("key"))).value, pair.get("value") or {})


def _value(to: AnyValue, sent: dict[str, Any]) -> None:
    for kind, value in sent.items():
        if value is None:
            continue
        if kind == "stringValue":
            to.string_value = _text(value)
        elif kind == "boolValue":
            to.bool_value = value
        elif kind == "intValue":
            to.int_value = _integer(value)
        elif kind == "doubleValue":
            to.double_value = float(value)  # "NaN", "Infinity" and "-Infinity" too
        elif kind == "bytesValue":
            to.bytes_value = base64.b64decode(value)
        elif kind == "arrayValue":
            to.array_value.SetInParent()
            for item in _list(value, "values"):
                _value(to.array_value.values.add(), item or {})
        elif kind == "kvlistValue":
            to.kvlist_value.SetInParent()
            _attributes(to.kvlist_value.values, value, "values")


def _list(owner: dict[str, Any], name: str) -> list[Any]:
    found = owner.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise TypeError(f"{name} must be a list")
    return found


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value if value.isascii() else value.encode("utf-8", "replace").decode()  # half a surrogate pair becomes "?"


def _id(value: object) -> bytes:
    try:
        return bytes.fromhex(_text(value))
    except ValueError:
        return b"not hex"  # refused by its length, as every other bad id


def _integer(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError("an integer was expected")
    if isinstance(value, (int, float, str)):
        return int(value)
    raise TypeError("an integer was expected")


def _enum(value: object, names: Any) -> Any:
    if isinstance(value, str) and not value.lstrip("-").isdigit():
        return names.Value(value)
    return _integer(value)
