"""Cuts long content to a size: the head and the tail of each text, with its length and hash. JSON stays JSON."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from otel_agents.sdk.processors.redact import write

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_DEPTH = 32
_PARTS = frozenset(("role", "type"))  # a dict with one of them is a message or a part of one: lists of them stay whole


class CutProcessor:
    """Cuts the texts of a span's attributes.

    It works after redaction: a secret is not cut in two, and no hash is of a secret.

    Args:
        size: characters of a text, or of the JSON of a list, that are kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size

    def process(self, span: ReadableSpan) -> None:
        """Cut what is too long on one ended span."""
        attributes: Any = span._attributes or {}
        size = self._size
        changed = {
            key: _cut_content(value, size)
            for key, value in attributes.items()
            if value.__class__ is str and len(value) > size
        }
        if changed:
            write(span, changed)


def _cut_content(text: str, size: int) -> str:
    """Cut a text; of one that is JSON, the texts and lists in it."""
    if text[0] in "[{":
        try:
            return json.dumps(_cut(json.loads(text), size, _DEPTH), ensure_ascii=False)
        except (ValueError, RecursionError):
            pass
    return cut_text(text, size)


def _cut(value: Any, size: int, depth: int) -> Any:
    if isinstance(value, str):
        return cut_text(value, size)
    if depth and isinstance(value, dict):
        return {key: _cut(each, size, depth - 1) for key, each in value.items()}
    if depth and isinstance(value, list):
        made = [_cut(each, size, depth - 1) for each in value]
        is_messages = all(isinstance(each, dict) and not _PARTS.isdisjoint(each) for each in value)
        return made if is_messages else _cut_list(made, value, size)
    return value


def cut_text(text: str, size: int) -> str:
    """Keep head and tail of a text that is longer than ``size`` characters.

    Between them stands ``[120 of 1000 characters cut; sha256 …]``; the hash is of the whole text in UTF-8.
    """
    if len(text) <= size:
        return text
    head = (size + 1) // 2
    tail = size - head
    note = f"{len(text) - size} of {len(text)} characters cut; sha256 {_hash(text)}"
    return f"{text[:head]}\n…[{note}]…\n{text[len(text) - tail :]}"


def _cut_list(made: list[Any], whole: list[Any], size: int) -> list[Any]:
    """Keep of a list as many elements from its head and tail as ``size`` characters of JSON hold."""
    lengths = [len(json.dumps(each, ensure_ascii=False)) + 2 for each in made]
    if sum(lengths) <= size:
        return made
    head, used = 0, 0
    while head < len(made) and used + lengths[head] <= size // 2:
        used += lengths[head]
        head += 1
    tail = len(made)
    while tail > head and used + lengths[tail - 1] <= size:
        tail -= 1
        used += lengths[tail]
    if head == 0 and tail == len(made):  # even one is longer
        head = 1
    if tail - head <= 0:
        return made
    note = f"{tail - head} of {len(made)} elements cut; sha256 {_hash(json.dumps(whole, ensure_ascii=False))}"
    return [*made[:head], f"…[{note}]…", *made[tail:]]


def _hash(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
