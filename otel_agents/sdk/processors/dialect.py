"""Puts the conventions' names on spans that other instrumentations wrote in another dialect.

What follows (redaction, cost, roll-up, every destination) then reads them as it reads ours. What they say stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agents import conventions, dialects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace import ReadableSpan

_USAGE: Final = {
    conventions.USAGE_INPUT_TOKENS: dialects.INTEGER["input_tokens"],
    conventions.USAGE_OUTPUT_TOKENS: dialects.INTEGER["output_tokens"],
    conventions.USAGE_CACHE_READ_INPUT_TOKENS: dialects.INTEGER["cache_read_tokens"],
    conventions.USAGE_CACHE_CREATION_INPUT_TOKENS: dialects.INTEGER["cache_write_tokens"],
    conventions.USAGE_REASONING_OUTPUT_TOKENS: dialects.INTEGER["reasoning_tokens"],
}
_OF_A_MODEL_CALL: Final = {
    **_USAGE,
    conventions.PROVIDER_NAME: dialects.TEXT["provider"],
    conventions.COST: dialects.COST,
}
_NAMES: Final = {
    "agent": {conventions.AGENT_NAME: dialects.TEXT["agent"]},
    "tool": {conventions.TOOL_NAME: dialects.TEXT["tool"]},
}
_BELOW_AN_AGENT: Final = ("model", "tool")
_PROVIDERS: Final = {"google": "gcp.gemini", "gemini": "gcp.gemini", "vertexai": "gcp.vertex_ai"}  # OpenInference's


class DialectStage:
    """Reads what a span of another instrumentation says, and says it again in the conventions' names."""

    def process(self, span: ReadableSpan) -> None:
        """Complete one ended span."""
        attributes: Any = span._attributes or {}
        if conventions.SPAN_TYPE not in attributes and (found := in_our_names(attributes, span.name)):
            agent = getattr(span, "_agent", None)
            if agent and found[conventions.SPAN_TYPE] in _BELOW_AN_AGENT:
                found.setdefault(conventions.AGENT_NAME, attributes.get(conventions.AGENT_NAME) or agent)
            span._attributes = {**attributes, **found}


def in_our_names(attributes: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Give what a span of another dialect says and the conventions have a name for that it does not use.

    Args:
        attributes: the span's.
        name: the span's own, which is the agent's or the tool's where nothing else names it.
    """
    span_type = dialects.span_type(attributes)
    if span_type == "other":
        return {}
    found: dict[str, Any] = {conventions.SPAN_TYPE: span_type}
    if span_type == "model":
        found |= _read(attributes, _OF_A_MODEL_CALL)
        model = dialects.first(attributes, dialects.TEXT["model"])
        if model is not None and conventions.REQUEST_MODEL not in attributes:
            found[conventions.REQUEST_MODEL] = str(model).removeprefix("models/")
        provider = found.get(conventions.PROVIDER_NAME)
        if provider in _PROVIDERS:
            found[conventions.PROVIDER_NAME] = _PROVIDERS[provider]
    elif span_type in _NAMES:
        (key,) = names = _NAMES[span_type]
        found = {**found, key: name, **_read(attributes, names)} if key not in attributes else found
    return found


def usage_of(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Give the tokens a span of any dialect tells of, in the conventions' names."""
    return {key: value for key, keys in _USAGE.items() if (value := dialects.first(attributes, keys)) is not None}


def _read(attributes: Mapping[str, Any], names: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    return {
        key: value
        for key, keys in names.items()
        if key not in attributes and (value := dialects.first(attributes, keys)) is not None
    }
