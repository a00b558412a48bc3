"""OTLP in JSON: read leniently into protobuf, then decoded as that.

It differs from protobuf's own JSON mapping: ids are hex and enums are integers (OTLP specification, "JSON Protobuf
Encoding"). Unknown fields are ignored, null is absent, 64-bit integers may be texts or numbers.
"""

from __future__ import annotations

import base64
import json
import re
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    NumberDataPoint,
    SummaryDataPoint,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_agents.collector.receiver.status import UndecodableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from google.protobuf.descriptor import Descriptor, EnumDescriptor
    from google.protobuf.message import Message

BAD_FIELD: Final = "a field of a type or value OTLP does not allow"

_WRONG: Final = (TypeError, ValueError, AttributeError, RecursionError)  # what JSON of another shape leads to
_IDS: Final = frozenset({"trace_id", "span_id", "parent_span_id"})
# What is refused alone when it is not right, and not the request.
_RECORDS: Final = {
    kind.DESCRIPTOR.full_name: kind
    for kind in (
        Span,
        LogRecord,
        NumberDataPoint,
        HistogramDataPoint,
        ExponentialHistogramDataPoint,
        SummaryDataPoint,
    )
}
_MAX_DEPTH: Final = 300  # of brackets; protobuf's own limit allows some 150
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def read_json(body: bytes, request: type[Message]) -> tuple[Message, int]:
    """Read a request of OTLP in JSON.

    Returns:
        The request with the records that could be read, and how many could not.

    Raises:
        UndecodableError: the text is not JSON, or not such a request.
    """
    read = _Reader()
    to = request()
    try:
        read.message(to, _parse(body), _fields(request.DESCRIPTOR))
    except _WRONG as error:
        raise UndecodableError(f"the body is not an OTLP request in JSON: {error}") from None
    return to, read.refused


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except RecursionError:
        return json.loads(b"".join(_without_depths(body)))


def _without_depths(body: bytes) -> Iterator[bytes]:
    """Yield the same JSON with a text in the place of what is nested too deep.

    A text is no list and no object, so that the record it stands in is refused, and nothing else.
    """
    depth = start = 0
    for token in _TOKEN.finditer(body):
        if token[0] in b"[{":
            depth += 1
            if depth == _MAX_DEPTH:
                yield body[start : token.start()]
        elif token[0] in b"]}":
            depth -= 1
            if depth == _MAX_DEPTH - 1:
                yield b'"nested too deep"'
                start = token.end()
    if depth >= _MAX_DEPTH:
        raise ValueError("it is cut short")
    yield body[start:]


class _Reader:
    """Reads JSON into messages.

    Attributes:
        refused: how many records could not be read.
    """

    def __init__(self) -> None:
        self.refused = 0

    def message(self, to: Message, sent: Any, fields: dict[str, _Field]) -> None:
        for key, value in sent.items():
            if value is None or (field := fields.get(key)) is None:
                continue
            if not field.is_repeated:
                if field.message_type is None:
                    setattr(to, field.name, field.read(value))
                else:
                    inner = getattr(to, field.name)
                    inner.SetInParent()
                    self.message(inner, value, field.fields)
            elif not isinstance(value, list):
                raise TypeError(f"{key} must be a list")
            elif field.message_type is None:
                getattr(to, field.name).extend([field.read(item) for item in value])
            elif field.record is not None:
                self._records(getattr(to, field.name), field.record, value, field.fields)
            else:
                add = getattr(to, field.name).add
                for item in value:
                    self.message(add(), {} if item is None else item, field.fields)

    def _records(self, to: Any, record: type[Message], sent: list[Any], fields: dict[str, _Field]) -> None:
        for item in sent:
            try:
                read = record()
                self.message(read, item, fields)
                to.add().ParseFromString(read.SerializeToString())
            except DecodeError:  # protobuf reads no value that is nested so deep
                del to[-1]
                self.refused += 1
            except _WRONG:
                self.refused += 1


class _Field:
    """How one field of a message is read."""

    def __init__(self, field: FieldDescriptor) -> None:
        self.name = field.name
        self.is_repeated = field.is_repeated
        self.message_type = field.message_type
        self.record = _RECORDS.get(field.message_type.full_name) if field.message_type else None
        self.read = _scalar(field)

    @cached_property
    def fields(self) -> dict[str, _Field]:
        """Those of the message it holds; made when first needed, as a value may hold values."""
        return _fields(self.message_type)


@cache
def _fields(message: Descriptor) -> dict[str, _Field]:
    return {field.json_name: _Field(field) for field in message.fields}


def _scalar(field: FieldDescriptor) -> Callable[[Any], Any]:
    if field.type == FieldDescriptor.TYPE_STRING:
        return _text
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _id if field.name in _IDS else base64.b64decode
    if field.type == FieldDescriptor.TYPE_BOOL:
        return _flag
    if field.type == FieldDescriptor.TYPE_DOUBLE:
        return _number
    if field.enum_type is not None:
        names = field.enum_type
        return lambda value: _enum(value, names)
    return _integer


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value if value.isascii() else value.encode("utf-8", "replace").decode()  # half a surrogate pair becomes "?"


def _id(value: object) -> bytes:
    try:
        return bytes.fromhex(_text(value))
    except ValueError:
        return b"not hex"  # treated by its length, as every other bad id


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false was expected")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError("a number was expected")
    return float(value)  # "NaN", "Infinity" and "-Infinity" too


def _integer(value: object) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError("an integer was expected")
    if isinstance(value, (int, float, str)):
        return int(value)
    raise TypeError("an integer was expected")


def _enum(value: object, names: EnumDescriptor) -> int:
    if isinstance(value, str) and not value.lstrip("-").isdigit():
        if value not in names.values_by_name:
            raise ValueError(f"{value} is none of {names.name}")
        return int(names.values_by_name[value].number)
    return _integer(value)
