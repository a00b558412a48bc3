"""Provider answers to Usage: recognises an answer or a stream of chunks by its shape and reads it.

No provider's package is imported; pydantic objects and plain dicts are read alike. An unknown shape gives None and a
malformed answer never raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from otel_agents import conventions
from otel_agents.records import Extra
from otel_agents.sdk import faults, unknowns
from otel_agents.sdk.answers import anthropic, gemini, openai_chat, openai_responses
from otel_agents.sdk.answers.answer import Answer, usage_of_totals
from otel_agents.sdk.answers.shapes import first, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_agents.records import Usage

__all__ = ["Answer", "StreamReader", "read_answer", "usage_attributes", "usage_from_attributes"]


class Stream(Protocol):
    """Gathers the chunks of one stream of one provider."""

    def feed(self, chunk: Any) -> None:
        """Take the next chunk."""

    def answer(self) -> Answer:
        """What the chunks so far amount to."""


class Provider(Protocol):
    """What each module of :mod:`otel_agents.sdk.answers` offers."""

    def is_answer(self, answer: Any, /) -> bool:
        """Whether an object has the shape of this provider's complete answers."""

    def is_chunk(self, chunk: Any, /) -> bool:
        """Whether an object has the shape of this provider's chunks."""

    def read(self, answer: Any, /, *, content: bool) -> Answer:
        """Read a complete answer."""

    def open_stream(self, *, content: bool) -> Stream:
        """Begin to gather chunks."""


# In this order: the first that recognises a shape reads it.
_PROVIDERS: Final[tuple[Provider, ...]] = (openai_chat, openai_responses, anthropic, gemini)


def read_answer(answer: object, *, content: bool = True) -> Answer | None:
    """Read a provider's complete answer.

    Args:
        answer: what the provider's client returned, as its object or as the JSON's dict.
        content: whether to read the output messages too.

    Returns:
        What it says, or None when its shape is unknown. A usage of unknown shape is left out, and counted.
    """
    try:
        for provider in _PROVIDERS:
            if provider.is_answer(answer):
                found = provider.read(answer, content=content)
                if found.usage is None and first(answer, "usage", "usage_metadata", "usageMetadata"):
                    unknowns.note_answer(type(answer))
                return found
    except Exception as error:  # noqa: BLE001 - an answer may be any object, whose attributes may raise anything
        faults.report("reading an answer", error)
    return None


class StreamReader:
    """Reads a stream chunk by chunk; a stream that was cut keeps what was seen.

    Args:
        content: whether to gather the output messages too.
    """

    def __init__(self, *, content: bool = True) -> None:
        self._content = content
        self._stream: Stream | None = None
        self._unread: type | None = None

    def feed(self, chunk: object) -> None:
        """Take the next chunk. Chunks of unknown shape are passed over."""
        try:
            if self._stream is None:
                self._stream = self._recognise(chunk)
            if self._stream is not None:
                self._stream.feed(chunk)
            elif self._unread is None:
                self._unread = type(chunk)
        except Exception as error:  # noqa: BLE001 - as in read_answer
            faults.report("reading a chunk", error)

    def finish(self) -> Answer | None:
        """What the chunks amount to, or None when none had a known shape; that is counted."""
        if self._stream is None:
            if self._unread is not None:
                unknowns.note_answer(self._unread)
            return None
        try:
            return self._stream.answer()
        except Exception as error:  # noqa: BLE001 - as in read_answer
            faults.report("reading a stream", error)
            return None

    def _recognise(self, chunk: object) -> Stream | None:
        for provider in _PROVIDERS:
            if provider.is_chunk(chunk):
                return provider.open_stream(content=self._content)
        return None


# The attributes of what few calls have, each a total, and the names of the parts.
_EXTRA: Final = {
    conventions.USAGE_AUDIO_INPUT_TOKENS: "input_audio",
    conventions.USAGE_IMAGE_INPUT_TOKENS: "input_image",
    conventions.USAGE_VIDEO_INPUT_TOKENS: "input_video",
    conventions.USAGE_AUDIO_CACHE_READ_INPUT_TOKENS: "cache_read_audio",
    conventions.USAGE_IMAGE_CACHE_READ_INPUT_TOKENS: "cache_read_image",
    conventions.USAGE_AUDIO_OUTPUT_TOKENS: "output_audio",
    conventions.USAGE_IMAGE_OUTPUT_TOKENS: "output_image",
    conventions.USAGE_WEB_SEARCHES: "web_searches",
    conventions.USAGE_FILE_SEARCHES: "file_searches",
}
_EXTRA_NAMES: Final = frozenset(_EXTRA)


def usage_attributes(usage: Usage) -> dict[str, int]:
    """The usage as attributes of a span: inclusive totals, then the parts of them that are not 0."""
    parts = {
        conventions.USAGE_CACHE_READ_INPUT_TOKENS: usage.cache_read,
        conventions.USAGE_CACHE_CREATION_INPUT_TOKENS: usage.cache_write,
        conventions.USAGE_CACHE_CREATION_1H_INPUT_TOKENS: usage.cache_write_1h,
        conventions.USAGE_REASONING_OUTPUT_TOKENS: usage.reasoning,
    }
    if (extra := usage.extra) is not None:
        totals = extra._replace(
            input_audio=extra.input_audio + extra.cache_read_audio,
            input_image=extra.input_image + extra.cache_read_image,
        )
        parts |= {name: getattr(totals, part) for name, part in _EXTRA.items()}
    return {
        conventions.USAGE_INPUT_TOKENS: usage.input_tokens,
        conventions.USAGE_OUTPUT_TOKENS: usage.output_tokens,
        **{name: count for name, count in parts.items() if count},
    }


def usage_from_attributes(attributes: Mapping[str, Any]) -> Usage | None:
    """The usage a span's attributes tell, or None when they tell none."""
    get = attributes.get
    input_total, output_total = get(conventions.USAGE_INPUT_TOKENS), get(conventions.USAGE_OUTPUT_TOKENS)
    if input_total is None and output_total is None:
        return None
    extra = None
    if not _EXTRA_NAMES.isdisjoint(attributes):
        extra = Extra(**{part: tokens(get(name)) for name, part in _EXTRA.items()})
    cache_write = get(conventions.USAGE_CACHE_CREATION_INPUT_TOKENS)
    reasoning = get(conventions.USAGE_REASONING_OUTPUT_TOKENS)
    return usage_of_totals(
        input_total=tokens(input_total),
        output_total=tokens(output_total),
        cache_read=tokens(get(conventions.USAGE_CACHE_READ_INPUT_TOKENS)),
        cache_write=tokens(cache_write) if cache_write else 0,
        cache_write_1h=tokens(get(conventions.USAGE_CACHE_CREATION_1H_INPUT_TOKENS)) if cache_write else 0,
        reasoning=tokens(reasoning) if reasoning else 0,
        extra=extra,
    )
