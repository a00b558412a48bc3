"""What a span is counted by, its usage and its cost: plain values that every layer shares, without I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

SpanType = Literal["agent", "model", "tool", "workflow", "message", "other"]


class Extra(NamedTuple):
    """What few model calls use: those of a usage's tokens that are no text, and the provider's own tools.

    Each count of tokens is a part of the field of :class:`Usage` that its name begins with.
    """

    input_audio: int = 0
    input_image: int = 0
    input_video: int = 0
    cache_read_audio: int = 0
    cache_read_image: int = 0
    output_audio: int = 0
    output_image: int = 0
    web_searches: int = 0
    file_searches: int = 0


@dataclass(slots=True, unsafe_hash=True)  # one that is frozen takes three times as long to make
class Usage:
    """The tokens of one model call, as parts that never overlap.

    Providers disagree on whether cached tokens are part of the input; here ``input`` never holds them, so a sum of the
    parts is always the total (GenAI conventions: the totals include cached and reasoning tokens).
    """

    input: int = 0  # prompt tokens that were neither read from nor written to a cache
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0  # answer tokens other than reasoning
    reasoning: int = 0
    cache_write_1h: int = 0  # those of cache_write that are kept for an hour: some providers ask more for them
    extra: Extra | None = None  # what few calls have

    @property
    def input_tokens(self) -> int:
        """All prompt tokens, cached ones included."""
        return self.input + self.cache_read + self.cache_write

    @property
    def output_tokens(self) -> int:
        """All answer tokens, reasoning included."""
        return self.output + self.reasoning

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        extras = [each.extra for each in (self, other) if each.extra is not None]
        return Usage(
            self.input + other.input,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            self.output + other.output,
            self.reasoning + other.reasoning,
            self.cache_write_1h + other.cache_write_1h,
            Extra(*map(sum, zip(*extras, strict=True))) if extras else None,
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call cost. ``usd`` is None when nobody knows, never 0."""

    usd: float | None
    source: str  # reported, table:VERSION, override or unknown


@dataclass(slots=True)
class SpanRecord:
    """What the roll-up needs of a finished span. Times are nanoseconds since the epoch."""

    name: str
    type: SpanType
    start_ns: int
    end_ns: int
    failed: bool = False
    error_type: str | None = None
    error_message: str | None = None
    agent: str | None = None  # of an agent's span its own name, of the others the agent they ran under
    tool: str | None = None
    model: str | None = None
    tenant: str | None = None
    first_chunk_s: float | None = None  # of a stream, from the call to its first chunk
    input_tokens: int = 0  # cached ones included
    output_tokens: int = 0  # reasoning included
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: float | None = None  # None when unknown
    counts_as_request: bool = True  # False for an agent's operation inside another operation of the same agent
    trace_id: int = 0
    span_id: int = 0
    parent_id: int | None = None  # None when nothing in this program is around it
