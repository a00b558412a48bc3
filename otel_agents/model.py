"""What health, alerts and telemetry are told in: plain values that every layer shares, without I/O."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Status = Literal["healthy", "degraded", "unhealthy"]
Severity = Literal["low", "medium", "high", "critical"]
AlertState = Literal["pending", "firing", "resolved"]


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One failure, as the roll-up keeps it. ``time`` is seconds since the epoch."""

    time: float
    component: str  # the agent, tool or model that failed, else the span's name
    error_type: str
    message: str
    context: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Health:
    """The state of the traced program, with the reasons for it.

    The status is that of the last five minutes; the figures are of the time since the program started.
    """

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
    total_tokens: int  # also those that were reported without saying which
    cost_usd: float | None  # None when no call had a known cost
    unpriced_calls: int
    active_agents: tuple[str, ...]  # that did something in the last hour
    errors_5m: int  # errors in the last five minutes
    recent_errors: tuple[ErrorEntry, ...] = ()  # the newest, oldest first
    cpu_percent: float | None = None  # of one core
    memory_bytes: int | None = None  # resident
    p50_response_s: float = 0.0
    p99_response_s: float = 0.0
    first_chunk_s: float | None = None  # mean seconds to the first chunk of a stream; None when there was none
    retries: int = 0  # calls made again right after they failed
    running: int = 0  # requests that are open now

    def __repr__(self) -> str:
        hours, seconds = divmod(int(self.uptime_s), 3600)
        cost = "cost unknown" if self.cost_usd is None else f"${self.cost_usd:,.4f}"
        parts = [
            f"{self.requests:,} requests",
            f"{self.success_rate:.1f} % ok",
            f"mean {self.mean_response_s:.2f} s",
            f"p95 {self.p95_response_s:.2f} s",
            f"{self.total_tokens:,} tokens",
            cost + (f" (+ {self.unpriced_calls:,} unpriced)" if self.unpriced_calls else ""),
            f"{self.errors_5m:,} errors in 5 min",
            f"agents: {', '.join(_first(self.active_agents)) or 'none'}",
            f"up {hours}h {seconds // 60}m",
        ]
        reasons = "".join(f"\n  {reason}" for reason in _first(self.reasons))
        return f"<Health {self.status}: {', '.join(parts)}{reasons}>"


def _first(texts: tuple[str, ...], most: int = 10) -> list[str]:
    """Return the first of them, and how many there are besides."""
    return [*texts[:most], *([f"… and {len(texts) - most:,} more"] if len(texts) > most else [])]


@dataclass(frozen=True, slots=True)
class DestinationHealth:
    """What became of the spans for one destination, in this process: each is in exactly one of the four.

    ``emitted == delivered + spooled + waiting + sum(dropped.values())``, always.
    """

    name: str  # the address, or the exporter's class
    emitted: int  # ended and sampled; where a keep rule is set, all that ended
    delivered: int
    spooled: int  # on disk, for whoever reaches the destination next
    waiting: int  # in memory
    dropped: Mapping[str, int]  # by reason
    earlier: Mapping[str, int] = field(default_factory=dict)  # what became of spans other runs had left on disk


@dataclass(frozen=True, slots=True)
class TelemetryHealth:
    """Whether telemetry gets where it should. A span that goes to two destinations counts for each.

    ``emitted == delivered + spooled + waiting + sum(dropped.values())``, here too.
    """

    destinations: tuple[DestinationHealth, ...]
    faults: Mapping[str, int]  # failures of the SDK itself, or of what it was given to call, by place
    unread_answers: Mapping[str, int] = field(default_factory=dict)  # of unknown shape, by class: spans without usage
    unpriced_calls: Mapping[str, int] = field(default_factory=dict)  # tokens nobody has a price for, by model
    decided_early: int = 0  # traces kept or left out before their end, because no more spans could be held
    redacted: Mapping[str, int] = field(default_factory=dict)  # secrets and personal data taken out, by kind
    converted: Mapping[str, int] = field(default_factory=dict)  # attribute values that became their text, by class
    # Requests of metrics delivered and undelivered, and measurements that were over_label_limit or unusable.
    metrics: Mapping[str, int] = field(default_factory=dict)
    # Notices of alerts that were sent, retried, given up as failed, and dropped as too many, by channel.
    alerts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def emitted(self) -> int:
        """Spans that ended and were sampled; where a keep rule is set, all that ended."""
        return sum(each.emitted for each in self.destinations)

    @property
    def delivered(self) -> int:
        """Spans a destination has taken."""
        return sum(each.delivered for each in self.destinations)

    @property
    def spooled(self) -> int:
        """Spans on disk, for whoever reaches the destination next."""
        return sum(each.spooled for each in self.destinations)

    @property
    def waiting(self) -> int:
        """Spans in memory, still to be sent."""
        return sum(each.waiting for each in self.destinations)

    @property
    def dropped(self) -> dict[str, int]:
        """Spans that were given up, by reason."""
        total: Counter[str] = Counter()
        for each in self.destinations:
            total.update(each.dropped)
        return dict(total)


class Finding(NamedTuple):
    """A rule that is broken now: what alerts are made of."""

    rule: str
    kind: str  # program, agent, tool, model, tenant, budget, run
    subject: str  # the name; "" for the whole program
    value: float
    threshold: float
    message: str
    severity: Severity
    hold_s: float = 0.0  # seconds it must stay broken before the alert fires
    evidence: Mapping[str, object] | None = None  # what shows it, where the message cannot hold it


@dataclass(frozen=True, slots=True)
class Alert:
    """What is wrong, or was: an alert of a rule about one thing, in one of its states."""

    name: str  # the rule's
    severity: Severity
    state: AlertState
    message: str
    kind: str  # program, agent, tool, model, tenant, budget or run
    subject: str  # the agent, tool, … it is about; "" for the whole program
    value: float
    threshold: float
    since: float  # seconds since the epoch; of the check that first saw it, and stays until it is resolved
    resolved_at: float | None = None
    acknowledged_by: str | None = None
    silenced: bool = False
    evidence: Mapping[str, object] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What tells it from others, the same whenever it fires again."""
        return f"{self.name}/{self.kind}/{self.subject}"

    def as_dict(self) -> dict[str, object]:
        """Return its fields by name; ten times as fast as ``dataclasses.asdict``, which copies each value."""
        return {name: getattr(self, name) for name in self.__slots__}
