"""What kind of span it is: as we wrote it, else by the operation another instrumentation named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_agents.conventions import (
    OPERATION_CHAT,
    OPERATION_EXECUTE_TOOL,
    OPERATION_INVOKE_AGENT,
    OPERATION_INVOKE_WORKFLOW,
    OPERATION_NAME,
    SPAN_TYPE,
    SPAN_TYPES,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_agents.records import SpanType

_TYPES: Mapping[Any, SpanType] = {name: name for name in SPAN_TYPES}
_OPERATION_TYPES: Mapping[str, SpanType] = {
    OPERATION_INVOKE_AGENT: "agent",
    OPERATION_INVOKE_WORKFLOW: "workflow",
    OPERATION_EXECUTE_TOOL: "tool",
    OPERATION_CHAT: "model",
    "text_completion": "model",
    "generate_content": "model",
    "embeddings": "model",
}


def span_type(attributes: Mapping[str, Any]) -> SpanType:
    """Give the type of an ended span with these attributes."""
    written = attributes.get(SPAN_TYPE)
    if written in _TYPES:
        return _TYPES[written]
    return _OPERATION_TYPES.get(str(attributes.get(OPERATION_NAME)), "other")
