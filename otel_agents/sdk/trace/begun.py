"""What a span of another instrumentation says of itself as it begins: a few look-ups, on the calling thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agents import conventions, dialects

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPENINFERENCE: Final = "openinference.span.kind"
_OPENLLMETRY: Final = "llm.request.type"
_OPERATIONS: Final = dialects.TYPE[conventions.OPERATION_NAME]
_KINDS: Final = dialects.TYPE[_OPENINFERENCE]
_REQUESTS: Final = dialects.TYPE[_OPENLLMETRY]


def says(attributes: Mapping[str, Any]) -> bool:
    """Say whether it is of a model, an agent or the like at all; most spans of others are not."""
    return conventions.OPERATION_NAME in attributes or _OPENINFERENCE in attributes or _OPENLLMETRY in attributes


def calls_model(attributes: Mapping[str, Any]) -> bool:
    """Say whether it is a model call."""
    operation = attributes.get(conventions.OPERATION_NAME)
    if operation is not None:
        return _OPERATIONS.get(operation) == "model"
    kind = attributes.get(_OPENINFERENCE)
    if kind is not None:
        return _KINDS.get(str(kind).lower()) == "model"
    return attributes.get(_OPENLLMETRY) in _REQUESTS


def agent(attributes: Mapping[str, Any], name: str) -> str | None:
    """Give the name of the agent whose operation it is, which is the span's own where nothing else names it."""
    operation = attributes.get(conventions.OPERATION_NAME)
    kind = attributes.get(_OPENINFERENCE)
    if operation == conventions.OPERATION_INVOKE_AGENT or kind == "AGENT":
        return str(dialects.first(attributes, dialects.TEXT["agent"]) or name)
    return None
