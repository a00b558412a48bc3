"""Sums over some stretch of time: what is counted of an agent, a tool, a model or the whole program."""

from __future__ import annotations

from array import array
from itertools import chain
from struct import Struct

from otel_agents.health.sketch import Buckets, merge, quantile

_NUMBERS = Struct("<8q2d")
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
        "failures",
        "input_tokens",
        "output_tokens",
        "reasoning_tokens",
        "requests",
        "seconds",
        "unpriced_calls",
        "unsplit_tokens",
    )

    def __init__(self) -> None:
        self.requests = 0
        self.failures = 0
        self.seconds = 0.0
        self.buckets: Buckets = {}
        self.input_tokens = 0  # cached ones included
        self.output_tokens = 0  # reasoning included
        self.cached_tokens = 0
        self.reasoning_tokens = 0
        self.unsplit_tokens = 0  # reported as one number, neither input nor output
        self.cost: float | None = None  # US dollars; None when no call had a known cost
        self.unpriced_calls = 0

    def request(self, seconds: float, bucket: int, failed: bool) -> None:
        """Count one request; ``bucket`` is the sketch's bucket of ``seconds``, which several tallies share."""
        self.requests += 1
        self.seconds += seconds
        buckets = self.buckets
        buckets[bucket] = buckets.get(bucket, 0) + 1
        if failed:
            self.failures += 1

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

    def merge(self, other: Tally) -> None:
        """Add everything ``other`` holds."""
        self.requests += other.requests
        self.failures += other.failures
        self.seconds += other.seconds
        merge(self.buckets, other.buckets.items())
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cached_tokens += other.cached_tokens
        self.reasoning_tokens += other.reasoning_tokens
        self.unsplit_tokens += other.unsplit_tokens
        self.unpriced_calls += other.unpriced_calls
        if other.cost is not None:
            self.cost = other.cost if self.cost is None else self.cost + other.cost

    def pack(self) -> bytes:
        """Return everything as bytes, about a quarter of the memory, for :meth:`merge_packed`."""
        numbers = _NUMBERS.pack(
            self.requests,
            self.failures,
            self.input_tokens,
            self.output_tokens,
            self.cached_tokens,
            self.reasoning_tokens,
            self.unsplit_tokens,
            self.unpriced_calls,
            self.seconds,
            _UNKNOWN if self.cost is None else self.cost,
        )
        return numbers + array("I", chain.from_iterable(self.buckets.items())).tobytes()

    def merge_packed(self, packed: bytes) -> None:
        """Add everything a packed tally holds."""
        requests, failures, sent, received, cached, reasoning, unsplit, unpriced, seconds, cost = _NUMBERS.unpack_from(
            packed
        )
        self.requests += requests
        self.failures += failures
        self.input_tokens += sent
        self.output_tokens += received
        self.cached_tokens += cached
        self.reasoning_tokens += reasoning
        self.unsplit_tokens += unsplit
        self.unpriced_calls += unpriced
        self.seconds += seconds
        if cost == cost:
            self.cost = cost if self.cost is None else self.cost + cost
        pairs = memoryview(packed)[_NUMBERS.size :].cast("I")
        merge(self.buckets, zip(pairs[::2], pairs[1::2], strict=True))

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

    @property
    def p95_s(self) -> float:
        """95 of 100 requests took at most this many seconds (within 1.5 %)."""
        return quantile(self.buckets, 0.95)

    @property
    def tokens(self) -> int:
        """All tokens, however they were reported."""
        return self.input_tokens + self.output_tokens + self.unsplit_tokens
