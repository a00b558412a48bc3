"""Finds what a user said in a span's content, as one short line."""

from __future__ import annotations

import json
from typing import Any

from otel_agents import conventions

_MESSAGES = (conventions.INPUT_MESSAGES, "pydantic_ai.all_messages", "all_messages_events", "ai.prompt.messages")
_PLAIN = ("input.value", "gen_ai.prompt.0.content", "gen_ai.prompt", "ai.prompt", "traceloop.entity.input")

# What stands in the content of a span that has any of these.
MARKS = (
    '"gen_ai.input.messages":',
    '"input.value":',
    '"gen_ai.prompt',
    '"ai.prompt',
    "all_messages",
    '"traceloop.entity.input":',
)
MAX_CHARACTERS = 200


def preview(content: str) -> str | None:
    """Return the text of the last user message in a span's ``content``, or None when there is none.

    The last and not the first: in a conversation of many turns it is the one this run answers.
    """
    attributes = _parsed(content)
    if not isinstance(attributes, dict):
        return None
    for key in _MESSAGES:
        if text := _said_by_user(_parsed(attributes.get(key))):
            return _shortened(text)
    for key in _PLAIN:
        if isinstance(value := attributes.get(key), str) and (text := value.strip()):
            return _shortened(text)
    return None


def _said_by_user(messages: Any) -> str:
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, dict) and message.get("role") == "user":
            text = _text(message.get("parts", message.get("content")))
            if text:
                return text
    return ""


def _text(parts: Any) -> str:
    if isinstance(parts, str):
        return parts.strip()
    texts = (
        part.get("content", part.get("text"))
        for part in (parts if isinstance(parts, list) else [])
        if isinstance(part, dict) and part.get("type", "text") == "text"
    )
    return " ".join(text.strip() for text in texts if isinstance(text, str)).strip()


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_CHARACTERS else line[: MAX_CHARACTERS - 1].rstrip() + "…"
