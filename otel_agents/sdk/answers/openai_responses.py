"""OpenAI's Responses API: whole responses and the events of a streamed one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agents.records import Extra
from otel_agents.sdk.answers.answer import Answer, usage_of_totals
from otel_agents.sdk.answers.messages import message_parts, output_message
from otel_agents.sdk.answers.parts import part, reasoning_part, text_part, tool_call
from otel_agents.sdk.answers.shapes import dollars, fields, first, get, is_number, items, text, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from otel_agents.records import Usage

_USUAL_TIERS: Final = ("default", "auto")
_TEXT_DELTAS: Final = ("response.output_text.delta", "response.refusal.delta")
_REASONING_DELTAS: Final = ("response.reasoning_summary_text.delta", "response.reasoning_text.delta")
_CALL_DELTAS: Final = ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta")
_DELTAS: Final = frozenset((*_TEXT_DELTAS, *_REASONING_DELTAS, *_CALL_DELTAS))
_LAST_EVENTS: Final = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")


def is_answer(answer: Any) -> bool:
    """Whether this is a response object."""
    return get(answer, "object") == "response" and isinstance(get(answer, "output"), list)


def is_chunk(chunk: Any) -> bool:
    """Whether this is an event of a streamed response."""
    kind = text(get(chunk, "type"))
    return kind is not None and kind.startswith("response.")


def read(answer: Any, *, content: bool) -> Answer:
    """Read a whole response."""
    answer = fields(answer)
    output = [fields(item) for item in items(get(answer, "output"))]
    reason = _finish_reason(answer, output)
    usage = get(answer, "usage")
    return Answer(
        "openai",
        text(get(answer, "model")),
        text(get(answer, "id")),
        (reason,) if reason else (),
        read_usage(usage, output),
        _messages([piece for item in output for piece in _item_parts(item)], reason) if content else None,
        _tier(answer),
        dollars(get(usage, "cost")),
        _error(get(answer, "error")),
    )


def open_stream(*, content: bool) -> ChunkStream:
    """Begin to gather chunks."""
    return ChunkStream(content=content)


class ChunkStream:
    """Gathers the events of a streamed response.

    The last event holds the whole response. Until then a response is made of the items that are done and the pieces of
    those that are not.
    """

    def __init__(self, *, content: bool) -> None:
        self._content = content
        self._response: Any = None
        self._whole = False
        self._error: str | None = None
        self._items: dict[int, Any] = {}
        self._done: set[int] = set()
        self._pieces: dict[int, list[str]] = {}

    def feed(self, chunk: Any) -> None:
        """Take the next event."""
        chunk = fields(chunk)
        kind = text(chunk.get("type"))
        if kind in _DELTAS:
            if self._content and (piece := text(get(chunk, "delta"))):
                self._pieces.setdefault(tokens(get(chunk, "output_index")), []).append(piece)
        elif kind in ("response.output_item.added", "response.output_item.done"):
            index = tokens(get(chunk, "output_index"))
            self._items[index] = get(chunk, "item")
            if kind == "response.output_item.done":
                self._done.add(index)
        elif kind == "error":
            self._error = _error(chunk)
        elif (response := get(chunk, "response")) is not None:
            self._response = response
            self._whole = kind in _LAST_EVENTS

    def answer(self) -> Answer:
        """What the events so far amount to."""
        answer = read(self._response, content=self._content and self._whole)
        if not self._whole:
            answer.finish_reasons = ()
            if self._content:
                answer.output_messages = _messages(self._parts(), None)
        answer.error = answer.error or self._error
        return answer

    def _parts(self) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        for index, item in sorted(self._items.items()):
            if index in self._done:
                parts += _item_parts(item)
                continue
            said = "".join(self._pieces.get(index, ()))
            kind = get(item, "type")
            if kind in ("function_call", "custom_tool_call"):
                parts.append(tool_call(get(item, "call_id"), get(item, "name"), said))
            elif said:
                parts.append(reasoning_part(said) if kind == "reasoning" else text_part(said))
        return parts


def read_usage(usage: Any, output: Sequence[Mapping[str, Any]] = ()) -> Usage | None:
    """The usage object of a response; the totals include what was cached and what was reasoned.

    Searches are not told there: they are items of the output. Of a web search's actions, opening a page is no search.
    """
    usage = fields(usage)
    input_total, output_total = get(usage, "input_tokens"), get(usage, "output_tokens")
    if not is_number(input_total) and not is_number(output_total):
        return None
    details = get(usage, "input_tokens_details")
    return usage_of_totals(
        input_total=tokens(input_total),
        output_total=tokens(output_total),
        cache_read=tokens(get(details, "cached_tokens")),
        cache_write=tokens(get(details, "cache_write_tokens")),
        reasoning=tokens(get(get(usage, "output_tokens_details"), "reasoning_tokens")),
        extra=Extra(
            web_searches=sum(
                item.get("type") == "web_search_call" and get(item.get("action"), "type") in (None, "search")
                for item in output
            ),
            file_searches=sum(item.get("type") == "file_search_call" for item in output),
        ),
    )


def _messages(parts: list[dict[str, Any]], reason: str | None) -> list[dict[str, Any]]:
    return [output_message(parts, reason)] if parts else []


def _item_parts(item: Any) -> list[dict[str, Any]]:
    if get(item, "type") == "message":
        return message_parts(item)
    made = part(item)
    return [] if made is None else [made]


def _finish_reason(answer: Any, output: Any) -> str | None:
    """In the words of chat completions, since the Responses API has a status instead."""
    status = text(get(answer, "status"))
    if status == "incomplete":
        return text(get(get(answer, "incomplete_details"), "reason")) or status
    if status == "completed":
        called = any(get(item, "type") in ("function_call", "custom_tool_call") for item in output)
        return "tool_calls" if called else "stop"
    return {"failed": "error", "cancelled": "cancelled"}.get(status or "")


def _error(error: Any) -> str | None:
    message = text(get(error, "message"))
    code = text(first(error, "code"))
    return f"{code}: {message}" if code and message else message or code


def _tier(answer: Any) -> str | None:
    tier = text(get(answer, "service_tier"))
    return None if tier in _USUAL_TIERS else tier
