"""A protobuf schema that reads OTLP trace requests into Arrow with as little work as possible.

It is wire-compatible with ``opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest``. What is rare or nested
(resources, scopes, events, links, lists and maps) is declared as bytes, and texts too: so one text that is not UTF-8
does not make the whole request unreadable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ptars
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

if TYPE_CHECKING:
    import pyarrow as pa

_BYTES = FieldDescriptorProto.TYPE_BYTES
_BOOL = FieldDescriptorProto.TYPE_BOOL
_INT32 = FieldDescriptorProto.TYPE_INT32
_INT64 = FieldDescriptorProto.TYPE_INT64
_DOUBLE = FieldDescriptorProto.TYPE_DOUBLE
_FIXED64 = FieldDescriptorProto.TYPE_FIXED64
_MANY = "*"

# message -> field -> (number, type[, many]); the field numbers are those of OTLP 1.x.
_MESSAGES: dict[str, dict[str, tuple[int, int | str] | tuple[int, int | str, str]]] = {
    "AnyValue": {
        "text": (1, _BYTES),
        "flag": (2, _BOOL),
        "integer": (3, _INT64),
        "number": (4, _DOUBLE),
        "list": (5, _BYTES),
        "map": (6, _BYTES),
        "bytes": (7, _BYTES),
    },
    "KeyValue": {"key": (1, _BYTES), "value": (2, "AnyValue")},
    "Status": {"message": (2, _BYTES), "code": (3, _INT32)},
    "Span": {
        "trace_id": (1, _BYTES),
        "span_id": (2, _BYTES),
        "parent_span_id": (4, _BYTES),
        "name": (5, _BYTES),
        "kind": (6, _INT32),
        "start_ns": (7, _FIXED64),
        "end_ns": (8, _FIXED64),
        "attributes": (9, "KeyValue", _MANY),
        "events": (11, _BYTES, _MANY),
        "links": (13, _BYTES, _MANY),
        "status": (15, "Status"),
    },
    "ScopeSpans": {"scope": (1, _BYTES), "spans": (2, "Span", _MANY)},
    "ResourceSpans": {"resource": (1, _BYTES), "scope_spans": (2, "ScopeSpans", _MANY)},
    "Request": {"resource_spans": (1, "ResourceSpans", _MANY)},
}


def _handler() -> Any:
    file = FileDescriptorProto(name="otel_agents/wire.proto", package="wire", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        if name == "AnyValue":
            message.oneof_decl.add(name="value")
        for field_name, (number, kind, *many) in fields.items():
            label = FieldDescriptorProto.LABEL_REPEATED if many else FieldDescriptorProto.LABEL_OPTIONAL
            field = message.field.add(name=field_name, number=number, label=label)
            if isinstance(kind, str):
                field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".wire.{kind}"
            else:
                field.type = kind  # type: ignore[assignment]  # the constants are typed as plain int
            if name == "AnyValue":
                field.oneof_index = 0
    pool = DescriptorPool()
    pool.Add(file)
    handlers = ptars.HandlerPool([pool.FindFileByName(file.name)])
    return handlers.get_for_message(pool.FindMessageTypeByName("wire.Request"))


_REQUEST = _handler()


def read_request(body: bytes) -> pa.StructArray:
    """Read a request into its ResourceSpans.

    Raises:
        ValueError: the bytes are not such a request.
    """
    return _REQUEST.list_to_record_batch([body]).column(0).flatten()
