"""JSON text of the parts of a request that are read as protobuf objects: resources, scopes, events, nested values."""

from __future__ import annotations

import base64
import json
import math
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Exemplar
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_agents import conventions

if TYPE_CHECKING:
    from collections.abc import Iterable

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - printed with its own "Z"


class UnreadableValueError(ValueError):
    """A part of a record is not protobuf, not UTF-8, or nested deeper than protobuf allows."""


def to_json(value: object) -> str:
    """Write JSON as everywhere in the store: no blanks, Unicode as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def plain(value: AnyValue) -> Any:
    """Turn a value into what JSON can hold; bytes become base64, NaN and infinity a text (protobuf's JSON mapping)."""
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return value.string_value
    if kind == "array_value":
        return [plain(v) for v in value.array_value.values]
    if kind == "kvlist_value":
        return plain_object(value.kvlist_value.values)
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    if kind == "double_value" and not math.isfinite(value.double_value):
        return non_finite(value.double_value)
    return getattr(value, kind) if kind else None


def plain_object(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    """Turn attributes into an object; of a key that comes twice the last value counts."""
    return {pair.key: plain(pair.value) for pair in pairs}


def non_finite(number: float) -> str:
    """Name a number JSON has no form for, as protobuf's JSON mapping does."""
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def attribute_json(encoded: bytes) -> str:
    """JSON text of an attribute's value.

    Raises:
        UnreadableValueError: see there.
    """
    return to_json(plain(_parse(KeyValue, encoded).value))


def value_json(encoded: bytes) -> str:
    """JSON text of a value.

    Raises:
        UnreadableValueError: see there.
    """
    return to_json(plain(_parse(AnyValue, encoded)))


@lru_cache(maxsize=1024)
def resource(encoded: bytes) -> tuple[str, str | None]:
    """JSON text of a resource's attributes, and its service.name. Kept, for each client sends the same again."""
    attributes = plain_object(_parse(Resource, encoded).attributes)
    name = attributes.get("service.name")
    return to_json(attributes), None if name is None else name if isinstance(name, str) else to_json(name)


@lru_cache(maxsize=1024)
def scope(encoded: bytes, schema: bytes = b"", resource_schema: bytes = b"") -> tuple[str | None, str | None]:
    """Name of an instrumentation scope, and JSON text of what else it has; None where it has none.

    Args:
        encoded: the scope.
        schema: the URL of the schema its records follow.
        resource_schema: that of its resource.
    """
    sent = _parse(InstrumentationScope, encoded)
    rest = _known(
        {
            "version": sent.version,
            "attributes": plain_object(sent.attributes),
            "dropped_attributes_count": sent.dropped_attributes_count,
            "schema_url": schema.decode(errors="replace"),
            "resource_schema_url": resource_schema.decode(errors="replace"),
        }
    )
    return sent.name or None, to_json(rest) if rest else None


def events(encoded: list[bytes]) -> tuple[str, str | None]:
    """JSON text of a span's events, and the type of the last exception among them."""
    written = []
    exception = None
    for event in (_parse(Span.Event, e) for e in encoded):
        attributes = plain_object(event.attributes)
        if event.name == conventions.EXCEPTION_EVENT:
            exception = attributes.get(conventions.EXCEPTION_TYPE, exception)
        made = {"name": event.name, "time": _iso(event.time_unix_nano), "attributes": attributes}
        written.append(made | _known({"dropped_attributes_count": event.dropped_attributes_count}))
    return to_json(written), exception if isinstance(exception, str) else None


def links(encoded: list[bytes]) -> tuple[str]:
    """JSON text of a span's links."""
    written = [
        {"trace_id": link.trace_id.hex(), "span_id": link.span_id.hex(), "attributes": plain_object(link.attributes)}
        | _known(
            {
                "trace_state": link.trace_state,
                "flags": link.flags,
                "dropped_attributes_count": link.dropped_attributes_count,
            }
        )
        for link in (_parse(Span.Link, e) for e in encoded)
    ]
    return (to_json(written),)


def exemplars(encoded: list[bytes]) -> tuple[str]:
    """JSON text of a data point's exemplars."""
    written = []
    for exemplar in (_parse(Exemplar, e) for e in encoded):
        value = exemplar.as_int if exemplar.WhichOneof("value") == "as_int" else exemplar.as_double
        written.append(
            {
                "time": _iso(exemplar.time_unix_nano),
                "value": value if math.isfinite(value) else non_finite(value),
                "trace_id": exemplar.trace_id.hex(),
                "span_id": exemplar.span_id.hex(),
                "attributes": plain_object(exemplar.filtered_attributes),
            }
        )
    return (to_json(written),)


def metadata(encoded: list[bytes]) -> tuple[str]:
    """JSON text of what a metric says of itself."""
    return (to_json(plain_object(_parse(KeyValue, pair) for pair in encoded)),)


def _known(parts: dict[str, Any]) -> dict[str, Any]:
    """Leave out what was not sent, which in protobuf is what is 0 or empty."""
    return {name: value for name, value in parts.items() if value}


def _iso(nanoseconds: int) -> str:
    """A time in UTC, with microseconds, or nanoseconds where it has some."""
    text = (_EPOCH + timedelta(microseconds=nanoseconds // 1000)).isoformat(timespec="microseconds")
    return f"{text}{nanoseconds % 1000:03}Z" if nanoseconds % 1000 else text + "Z"


def _parse(message: Any, encoded: bytes) -> Any:
    try:
        return message.FromString(encoded)
    except DecodeError as error:
        raise UnreadableValueError(str(error)) from None
