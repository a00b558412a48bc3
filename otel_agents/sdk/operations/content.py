"""What was said, as span attributes: messages, tool arguments and results, as JSON text.

Writing JSON takes longer than everything else about a span, so for text and messages it is put off until the span is
settled (:mod:`otel_agents.sdk.trace.deferred`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from otel_agents import conventions
from otel_agents.sdk.trace.deferred import put

if TYPE_CHECKING:
    from opentelemetry.trace import Span


_SIMPLE = frozenset((str, bool, type(None)))


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

    return messages_json(normalise_messages(value))


def output_json(value: object) -> str | None:
    """Write what was answered, in the parts form."""
    from otel_agents.sdk.answers.messages import normalise_messages

    return messages_json(normalise_messages(value, role="assistant"))


def messages_json(messages: list[dict[str, Any]]) -> str | None:
    """Write messages in the parts form; a fifth of the time suffices where all that is said is text."""
    if not messages:
        return None
    parts = (part for message in messages for part in message.get("parts", ()))
    if all(value.__class__ in _SIMPLE for part in parts for value in part.values()):
        from pydantic_core import to_json as write  # which redaction has loaded, nearly always

        try:
            return write(messages).decode()
        except ValueError:  # half a surrogate pair
            pass
    return to_json(messages)


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
