"""Attributes whose text is written later, when the span is settled; what a caller may still change is copied first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Span


def put(span: Span, key: str, write: Callable[[Any], str | None], value: object) -> None:
    """Set attribute ``key`` to ``write(value)``: later, where that gives the same."""
    if not span.is_recording():
        return
    if not hasattr(span, "_deferred"):  # no lean span
        if (text := write(value)) is not None:
            span.set_attribute(key, text)
        return
    if (kept := _keep(value)) is None:
        text = write(value)
        if text is None:
            return
        if span._limits.max_span_attribute_length is None:  # type: ignore[attr-defined]
            span.set_attribute(key, text)
            return
        write, kept = _as_it_is, text
    if span._deferred is None:
        span._deferred = []
    span._deferred.append((key, write, kept))


def _as_it_is(text: str) -> str:
    return text


def _keep(value: object) -> object | None:
    """Give what will still be the same later: a text, or a copy of messages that are plain dicts; else None."""
    if value.__class__ is str:
        return value
    if value.__class__ is list and value and all(each.__class__ is dict for each in value):
        copies = [dict(each) for each in value]
        if all(content.__class__ in (str, int, bool, type(None)) for each in copies for content in each.values()):
            return copies
    return None


def write_deferred(span: ReadableSpan, *, whole: bool = False) -> None:
    """Write what was put off: ``whole``, or up to the limit for attributes."""
    deferred = getattr(span, "_deferred", None)
    if deferred is None:
        return
    span._deferred = None  # type: ignore[attr-defined]
    attributes: Any = span._attributes
    limit = span._limits.max_span_attribute_length  # type: ignore[attr-defined]
    for key, write, value in deferred:
        if (text := write(value)) is not None:
            attributes[key] = text if limit is None or whole else text[:limit]
