"""Writes content that was put off, and cuts it to the limit for attributes once it is redacted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_agents import conventions
from otel_agents.sdk.trace.deferred import write_deferred

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan


class ContentStage:
    """The stage that writes what was put off."""

    def process(self, span: ReadableSpan) -> None:
        """Write it, whole: a secret that is cut in two is not found."""
        write_deferred(span, whole=True)


class LimitStage:
    """The stage that applies the limit for attributes to content."""

    def process(self, span: ReadableSpan) -> None:
        """Cut what is longer."""
        limits = getattr(span, "_limits", None)
        limit = None if limits is None else limits.max_span_attribute_length
        if limit is None:
            return
        attributes: Any = span._attributes
        for key in conventions.CONTENT_KEYS:
            text = attributes.get(key)
            if text.__class__ is str and len(text) > limit:
                attributes[key] = text[:limit]
