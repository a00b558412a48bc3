"""Sums over some stretch of time: what is counted of an agent, a tool, a model or the whole program."""

from __future__ import annotations

from array import array
from itertools import chain
from struct import Struct
from typing import TYPE_CHECKING

from otel_agents.health.sketch import Buckets, merge, quantile

if TYPE_CHECKING:
    from collections.abc import Iterable

_NUMBERS = Struct("<9q3d2H?")
OTHER = "other"  # the name of what is too many to be told apart
_MOST_SMALL = 65_535  # in a bucket, while counts are kept in two bytes
_MOST_TYPES = 20  # types of error that are told apart; the others are one
_UNKNOWN = float("nan")  # a packed cost that is None


class Tally:
    """Requests and their times, tokens and cost.

    What is not counted for a name stays 0: a tool has no tokens. Adding and merging are all that happens to a tally, so
    the tally of a longer time is the merged tallies of its parts.
    """

    __slots__ = (
        "buckets",
        "cached_tokens",
        "cost",
        "error_types",
        "failures",
        "first_chunk_seconds",
        "first_chunks",
        "input_tokens",
        "output_tokens",
        "reasoning_tokens",
        "requests",
        "retries",
        "seconds",
        "unpriced_calls",
        "unsplit_tokens",
    )

    def __init__(self) -> None:
        self.requests = 0
        self.failures = 0
        self.seconds = 0.0
        self.buckets: Buckets = {}
        self.error_types: dict[str, int] | None = None  # failures by type, where a type is known
        self.retries = 0
        self.first_chunk_seconds = 0.0
        self.first_chunks: Buckets | None = None  # times to the first chunk of streams
        self.input_tokens = 0  # cached ones included
        self.output_tokens = 0  # reasoning included
        self.cached_tokens = 0
        self.reasoning_tokens = 0
        self.unsplit_tokens = 0  # reported as one number, neither input nor output
        self.cost: float | None = None  # US dollars; None when no call had a known cost
        self.unpriced_calls = 0

    def request(self, seconds: float, bucket: int, failed: bool, error_type: str | None = None) -> None:
        """Count one request; ``bucket`` is the sketch's bucket of ``seconds``, which several tallies share."""
        self.requests += 1
        self.seconds += seconds
        buckets = self.buckets
        buckets[bucket] = buckets.get(bucket, 0) + 1
        if failed:
            self.failures += 1
            if error_type is not None:
                self._add_errors(error_type, 1)

    def first_chunk(self, seconds: float, bucket: int) -> None:
        """Count the time to the first chunk of a stream."""
        self.first_chunk_seconds += seconds
        if self.first_chunks is None:
            self.first_chunks = {}
        self.first_chunks[bucket] = self.first_chunks.get(bucket, 0) + 1

    def _add_errors(self, error_type: str, number: int) -> None:
        types = self.error_types
        if types is None:
            types = self.error_types = {}
        if error_type not in types and len(types) >= _MOST_TYPES:
            error_type = OTHER
        types[error_type] = types.get(error_type, 0) + number

    def spend(
        self, input_tokens: int, output_tokens: int, cached: int, reasoning: int, cost: float | None, unpriced: bool
    ) -> None:
        """Count the tokens of one model call and its cost in US dollars, or that it should have had one."""
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        if cached:
            self.cached_tokens += cached
        if reasoning:
            self.reasoning_tokens += reasoning
        if cost is not None:
            self.cost = cost if self.cost is None else self.cost + cost
        elif unpriced:
            self.unpriced_calls += 1

    def merge(self, other: Tally, *, sums_only: bool = False) -> None:
        """Add everything ``other`` holds; only its sums, without times and types, takes a tenth of the time."""
        self.requests += other.requests
        self.failures += other.failures
        self.seconds += other.seconds
        self.retries += other.retries
        self.first_chunk_seconds += other.first_chunk_seconds
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cached_tokens += other.cached_tokens
        self.reasoning_tokens += other.reasoning_tokens
        self.unsplit_tokens += other.unsplit_tokens
        self.unpriced_calls += other.unpriced_calls
        if other.cost is not None:
            self.cost = other.cost if self.cost is None else self.cost + other.cost
        if sums_only:
            return
        merge(self.buckets, other.buckets.items())
        if other.first_chunks:
            self._merge_first_chunks(other.first_chunks.items())
        for error_type, number in (other.error_types or {}).items():
            self._add_errors(error_type, number)

    def _merge_first_chunks(self, more: Iterable[tuple[int, int]]) -> None:
        if self.first_chunks is None:
            self.first_chunks = {}
        merge(self.first_chunks, more)

    def pack(self) -> bytes:
        """Return everything as bytes, about a quarter of the memory, for :meth:`merge_packed`."""
        first_chunks = self.first_chunks or {}
        wide = max(chain(self.buckets.values(), first_chunks.values()), default=0) > _MOST_SMALL
        numbers = _NUMBERS.pack(
            self.requests,
            self.failures,
            self.unpriced_calls,
            self.retries,
            self.input_tokens,
            self.output_tokens,
            self.cached_tokens,
            self.reasoning_tokens,
            self.unsplit_tokens,
            self.seconds,
            self.first_chunk_seconds,
            _UNKNOWN if self.cost is None else self.cost,
            len(self.buckets),
            len(first_chunks),
            wide,
        )
        pairs = array(
            "Q" if wide else "H",
            chain.from_iterable(chain(self.buckets.items(), first_chunks.items())),
        )
        errors = "\0".join(f"{number} {error_type}" for error_type, number in (self.error_types or {}).items())
        return numbers + pairs.tobytes() + errors.encode("utf-8", "replace")

    def merge_packed(self, packed: bytes, *, sums_only: bool = False) -> None:
        """Add everything a packed tally holds, or only its sums."""
        (
            requests,
            failures,
            unpriced,
            retries,
            sent,
            received,
            cached,
            reasoning,
            unsplit,
            seconds,
            first_chunk_seconds,
            cost,
            buckets,
            first_chunks,
            wide,
        ) = _NUMBERS.unpack_from(packed)
        self.requests += requests
        self.failures += failures
        self.unpriced_calls += unpriced
        self.retries += retries
        self.input_tokens += sent
        self.output_tokens += received
        self.cached_tokens += cached
        self.reasoning_tokens += reasoning
        self.unsplit_tokens += unsplit
        self.seconds += seconds
        self.first_chunk_seconds += first_chunk_seconds
        if cost == cost:
            self.cost = cost if self.cost is None else self.cost + cost
        if sums_only:
            return
        end = _NUMBERS.size + (16 if wide else 4) * (buckets + first_chunks)
        numbers = memoryview(packed)[_NUMBERS.size : end].cast("Q" if wide else "H")
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        merge(self.buckets, pairs[:buckets])
        if first_chunks:
            self._merge_first_chunks(pairs[buckets:])
        if end < len(packed):
            for error in packed[end:].decode().split("\0"):
                number, _, error_type = error.partition(" ")
                self._add_errors(error_type, int(number))

    @property
    def successes(self) -> int:
        """Requests that did not fail."""
        return self.requests - self.failures

    @property
    def success_rate(self) -> float:
        """Percent of requests that did not fail; 100 when there was none."""
        return 100.0 * self.successes / self.requests if self.requests else 100.0

    @property
    def error_rate(self) -> float:
        """Percent of requests that failed; 0 when there was none."""
        return 100.0 * self.failures / self.requests if self.requests else 0.0

    @property
    def mean_s(self) -> float:
        """Mean time of a request in seconds; 0 when there was none."""
        return self.seconds / self.requests if self.requests else 0.0

    def quantile_s(self, q: float) -> float:
        """Return the seconds that the share ``q`` of requests took at most (within 1.5 %)."""
        return quantile(self.buckets, q)

    @property
    def p95_s(self) -> float:
        """95 of 100 requests took at most this many seconds (within 1.5 %)."""
        return quantile(self.buckets, 0.95)

    @property
    def streams(self) -> int:
        """How many times to the first chunk were counted."""
        return sum(self.first_chunks.values()) if self.first_chunks else 0

    @property
    def first_chunk_s(self) -> float | None:
        """Mean seconds to the first chunk of a stream; None when there was none."""
        return self.first_chunk_seconds / self.streams if self.streams else None

    @property
    def tokens(self) -> int:
        """All tokens, however they were reported."""
        return self.input_tokens + self.output_tokens + self.unsplit_tokens
