"""Anthropic's Messages: whole messages and the events of a streamed one, the client's helper streams included."""

from __future__ import annotations

from typing import Any, Final

from otel_agents.records import Extra, Usage
from otel_agents.sdk.answers.answer import Answer
from otel_agents.sdk.answers.messages import output_message
from otel_agents.sdk.answers.parts import part, parts_of, reasoning_part, text_part, tool_call
from otel_agents.sdk.answers.shapes import fields, first, get, is_number, items, text, tokens

_EVENTS: Final = frozenset(
    ("message_start", "message_delta", "message_stop", "content_block_start", "content_block_delta")
)
_COUNTS: Final = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")


def is_answer(answer: Any) -> bool:
    """Whether this is a message the model wrote, with its usage."""
    return get(answer, "type") == "message" and isinstance(get(answer, "content"), list) and _has_usage(answer)


def is_chunk(chunk: Any) -> bool:
    """Whether this is an event of a streamed message."""
    return text(get(chunk, "type")) in _EVENTS


def read(answer: Any, *, content: bool) -> Answer:
    """Read a whole message."""
    answer = fields(answer)
    reason = text(get(answer, "stop_reason"))
    usage = fields(get(answer, "usage"))
    return Answer(
        "anthropic",
        text(get(answer, "model")),
        text(get(answer, "id")),
        (reason,) if reason else (),
        read_usage(usage),
        [output_message(parts_of(items(get(answer, "content"))), reason)] if content else None,
        _tier(usage),
    )


def open_stream(*, content: bool) -> ChunkStream:
    """Begin to gather chunks."""
    return ChunkStream(content=content)


class ChunkStream:
    """Gathers the events of a streamed message. The helper's own events repeat these and are passed over."""

    def __init__(self, *, content: bool) -> None:
        self._content = content
        self._message: Any = None
        self._reason: str | None = None
        self._usage: dict[str, Any] = {}
        self._blocks: dict[int, _Block] = {}

    def feed(self, chunk: Any) -> None:
        """Take the next event."""
        chunk = fields(chunk)
        kind = chunk.get("type")
        if kind == "content_block_delta":
            if self._content and (block := self._blocks.get(tokens(get(chunk, "index")))):
                block.feed(get(chunk, "delta"))
        elif kind == "content_block_start":
            self._blocks[tokens(get(chunk, "index"))] = _Block(get(chunk, "content_block"))
        elif kind == "message_start":
            self._message = get(chunk, "message")
            self._note(get(self._message, "usage"))
        elif kind == "message_delta":
            self._reason = text(get(get(chunk, "delta"), "stop_reason")) or self._reason
            self._note(get(chunk, "usage"))

    def _note(self, usage: Any) -> None:
        """Counts are cumulative: a later one replaces an earlier one, and one that is not told leaves it."""
        usage = fields(usage)
        for name in (*_COUNTS, "cache_creation", "output_tokens_details", "server_tool_use", "service_tier", "speed"):
            if (told := get(usage, name)) is not None:
                self._usage[name] = told

    def answer(self) -> Answer:
        """What the events so far amount to."""
        message = self._message
        answer = Answer("anthropic", text(get(message, "model")), text(get(message, "id")))
        answer.usage = read_usage(self._usage)
        answer.service_tier = _tier(self._usage)
        answer.finish_reasons = (self._reason,) if self._reason else ()
        if self._content:
            parts = [made for _, block in sorted(self._blocks.items()) if (made := block.part()) is not None]
            answer.output_messages = [output_message(parts, self._reason)] if parts else []
        return answer


class _Block:
    """One content block of a stream: what it began with, and the pieces that followed."""

    def __init__(self, start: Any) -> None:
        self._start = start
        self._kind = get(start, "type")
        # Taken now: the client's helper streams write the pieces into this very block as they come.
        said = text(get(start, "text")) or text(get(start, "thinking"))
        self._pieces = [said] if said else []

    def feed(self, delta: Any) -> None:
        if piece := text(first(delta, "text", "thinking", "partial_json")):
            self._pieces.append(piece)

    def part(self) -> dict[str, Any] | None:
        if not self._pieces:
            return part(self._start)
        said = "".join(self._pieces)
        if self._kind == "text":
            return text_part(said)
        if self._kind == "thinking":
            return reasoning_part(said)
        return tool_call(get(self._start, "id"), get(self._start, "name"), said)


def read_usage(usage: Any) -> Usage | None:
    """The usage object of a message: ``input_tokens`` leave out what was cached, ``output_tokens`` include thinking."""
    usage = fields(usage)
    counts = [get(usage, name) for name in _COUNTS]
    if not any(is_number(count) for count in counts):
        return None
    fresh, cache_read, cache_write, output = map(tokens, counts)
    created = get(usage, "cache_creation")
    hour = tokens(get(created, "ephemeral_1h_input_tokens"))
    cache_write = max(cache_write, hour + tokens(get(created, "ephemeral_5m_input_tokens")))
    thinking = min(tokens(get(get(usage, "output_tokens_details"), "thinking_tokens")), output)
    searches = tokens(get(get(usage, "server_tool_use"), "web_search_requests"))
    return Usage(
        fresh,
        cache_read,
        cache_write,
        output - thinking,
        thinking,
        hour,
        Extra(web_searches=searches) if searches else None,
    )


def _has_usage(answer: Any) -> bool:
    usage = fields(get(answer, "usage"))
    return any(is_number(usage.get(name)) for name in _COUNTS)


def _tier(usage: Any) -> str | None:
    """Batch and fast mode are priced apart; the priority tier is bought in advance and has no price a token."""
    if get(usage, "service_tier") == "batch":
        return "batch"
    return "fast" if get(usage, "speed") == "fast" else None
