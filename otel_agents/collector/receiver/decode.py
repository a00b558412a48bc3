"""Turns the bytes of an OTLP trace request into rows."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_agents import conventions as c
from otel_agents.collector.handoff import SpanBatch

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
TEXT = pa.string()
COLUMNS = pa.schema(
    [
        *(
            (n, TEXT)
            for n in ("trace_id", "span_id", "parent_span_id", "name", "kind", "scope_name", "service_name", "type")
        ),
        ("start_time", pa.timestamp("us")),
        ("end_time", pa.timestamp("us")),
        ("duration_ms", pa.float64()),
        *(
            (n, TEXT)
            for n in ("status", "status_message", "error_type", "agent", "model", "provider", "tool", "operation")
        ),
        *((n, TEXT) for n in ("session_id", "user_id", "tenant")),
        *((n, pa.int64()) for n in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")),
        ("reasoning_tokens", pa.int64()),
        ("cost", pa.float64()),
        ("cost_source", TEXT),
        ("ttft_ms", pa.float64()),
        *((n, TEXT) for n in ("agent_attribute", "attributes", "content", "resource", "events", "links")),
    ]
)
TYPE_OF_OPERATION = {
    "chat": "model",
    "invoke_agent": "agent",
    "invoke_workflow": "workflow",
    "execute_tool": "tool",
}


def decode_protobuf(body: bytes) -> SpanBatch:
    """Decode a request.

    Raises:
        google.protobuf.message.DecodeError: the bytes are not such a request.
    """
    request = ExportTraceServiceRequest.FromString(body)
    rows = []
    for rs in request.resource_spans:
        resource = _object(rs.resource.attributes)
        for ss in rs.scope_spans:
            rows += [_row(span, resource, ss.scope.name) for span in ss.spans]
    return SpanBatch(pa.Table.from_pylist(rows, schema=COLUMNS))


def _row(span: Any, resource: dict[str, Any], scope: str) -> dict[str, Any]:
    a = _object(span.attributes)
    content = {k: v for k, v in a.items() if k in c.CONTENT_KEYS}
    rest = {k: v for k, v in a.items() if k not in c.CONTENT_KEYS}
    end = span.end_time_unix_nano
    ttft = a.get(c.RESPONSE_TIME_TO_FIRST_CHUNK)
    return {
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_span_id": span.parent_span_id.hex() or None,
        "name": span.name,
        "kind": KINDS[span.kind],
        "scope_name": scope or None,
        "service_name": resource.get("service.name"),
        "type": a.get(c.SPAN_TYPE) or TYPE_OF_OPERATION.get(a.get(c.OPERATION_NAME, ""), "other"),
        "start_time": _time(span.start_time_unix_nano),
        "end_time": _time(end) if end else None,
        "duration_ms": (end - span.start_time_unix_nano) / 1e6 if end else None,
        "status": STATUSES[span.status.code],
        "status_message": span.status.message or None,
        "error_type": a.get(c.ERROR_TYPE),
        "agent": a.get(c.AGENT) or a.get(c.AGENT_NAME),
        "model": a.get(c.REQUEST_MODEL) or a.get(c.RESPONSE_MODEL),
        "provider": a.get(c.PROVIDER_NAME),
        "tool": a.get(c.TOOL_NAME),
        "operation": a.get(c.OPERATION_NAME),
        "session_id": a.get(c.SESSION_ID) or a.get(c.CONVERSATION_ID),
        "user_id": a.get(c.USER_ID),
        "tenant": a.get(c.TENANT),
        "input_tokens": a.get(c.USAGE_INPUT_TOKENS),
        "output_tokens": a.get(c.USAGE_OUTPUT_TOKENS),
        "cache_read_tokens": a.get(c.USAGE_CACHE_READ_INPUT_TOKENS),
        "cache_write_tokens": a.get(c.USAGE_CACHE_CREATION_INPUT_TOKENS),
        "reasoning_tokens": a.get(c.USAGE_REASONING_OUTPUT_TOKENS),
        "cost": a.get(c.COST),
        "cost_source": a.get(c.COST_SOURCE),
        "ttft_ms": ttft * 1000 if ttft is not None else None,
        "agent_attribute": a.get(c.AGENT),
        "attributes": _json(rest),
        "content": _json(content) if content else None,
        "resource": _json(resource),
        "events": _json(
            [
                {"name": e.name, "time": _time(e.time_unix_nano).isoformat() + "Z", "attributes": _object(e.attributes)}
                for e in span.events
            ]
        )
        if span.events
        else None,
        "links": _json(
            [
                {"trace_id": x.trace_id.hex(), "span_id": x.span_id.hex(), "attributes": _object(x.attributes)}
                for x in span.links
            ]
        )
        if span.links
        else None,
    }


def _time(nanoseconds: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(microseconds=nanoseconds // 1000)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _object(pairs: Any) -> dict[str, Any]:
    return {p.key: _value(p.value) for p in pairs}


def _value(v: Any) -> Any:
    kind = v.WhichOneof("value")
    if kind == "array_value":
        return [_value(x) for x in v.array_value.values]
    if kind == "kvlist_value":
        return _object(v.kvlist_value.values)
    if kind == "bytes_value":
        return base64.b64encode(v.bytes_value).decode()
    return getattr(v, kind) if kind else None
