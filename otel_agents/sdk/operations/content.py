"""What was said, as span attributes: messages, tool arguments and results, as JSON text.

Writing JSON takes longer than everything else about a span, so for text and messages it is put off until the span is
settled. What a caller may still change by then is copied first.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from otel_agents import conventions

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Span

Write = "Callable[[Any], str | None]"


def to_json(value: object) -> str | None:
    """Write any value as JSON text; None for nothing."""
    if value is None:
        return None
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        from otel_agents.sdk.answers.shapes import jsonable

        return json.dumps(jsonable(value), ensure_ascii=False)


def input_json(value: object) -> str | None:
    """Write what was asked, in the parts form."""
    from otel_agents.sdk.answers.messages import normalise_messages  # here: a program imports this module at its start

    return to_json(normalise_messages(value) or None)


def output_json(value: object) -> str | None:
    """Write what was answered, in the parts form."""
    from otel_agents.sdk.answers.messages import normalise_messages

    return to_json(normalise_messages(value, role="assistant") or None)


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


INPUT = {"tool": (conventions.TOOL_CALL_ARGUMENTS, to_json)}
OUTPUT = {"tool": (conventions.TOOL_CALL_RESULT, to_json)}


def put_input(span: Span, span_type: str, value: object) -> None:
    """Record what an operation of a type was given."""
    key, write = INPUT.get(span_type, (conventions.INPUT_MESSAGES, input_json))
    put(span, key, write, value)


def put_output(span: Span, span_type: str, value: object) -> None:
    """Record what an operation of a type gave."""
    key, write = OUTPUT.get(span_type, (conventions.OUTPUT_MESSAGES, output_json))
    put(span, key, write, value)
