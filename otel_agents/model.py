"""Plain values that every layer shares; they know no I/O and nothing of OpenTelemetry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

SpanType = Literal["agent", "model", "tool", "workflow", "message", "other"]
Status = Literal["healthy", "degraded", "unhealthy"]
Severity = Literal["low", "medium", "high", "critical"]


@dataclass(frozen=True, slots=True)
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
        return Usage(
            self.input + other.input,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            self.output + other.output,
            self.reasoning + other.reasoning,
            self.cache_write_1h + other.cache_write_1h,
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
    agent: str | None = None
    tool: str | None = None
    model: str | None = None
    provider: str | None = None
    usage: Usage | None = None
    cost: Cost | None = None
    counts_as_request: bool = True  # False for an agent's operation inside another operation of the same agent

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.end_ns - self.start_ns) / 1e9


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the traced program, with the reasons for it."""

    status: Status
    reasons: tuple[str, ...]
    uptime_s: float
    requests: int
    failures: int
    success_rate: float  # percent; 100 when there was no request
    mean_response_s: float
    p95_response_s: float
    input_tokens: int
    output_tokens: int
    cost_usd: float | None  # None when no call had a known cost
    unpriced_calls: int
    active_agents: tuple[str, ...]
    recent_errors: tuple[ErrorEntry, ...] = ()
    cpu_percent: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One failure, as the roll-up keeps it. ``time`` is seconds since the epoch."""

    time: float
    component: str
    error_type: str
    message: str
    context: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """A threshold that is crossed now. ``since`` is seconds since the epoch."""

    name: str
    severity: Severity
    message: str
    subject: str  # the agent, tool or model it is about; "" for the whole program
    value: float
    threshold: float
    since: float
