"""What a sender is: it takes parcels of spans to where they go, and says what became of each attempt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from otel_agents.sdk.exporters.ledger import DELIVERED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan


class Verdict(Enum):
    """What became of one attempt to send."""

    DELIVERED = "delivered"
    TRY_AGAIN = "try_again"
    TOO_LARGE = "too_large"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt's verdict.

    Attributes:
        reason: why it was not delivered, for the log.
        wait_s: seconds the receiver asked to wait before the next attempt.
        unreachable: nobody answered at all.
        for_good: a refusal is about these spans, and will be the same at any time.
        rejected: of what was delivered, how many spans were not taken all the same.
    """

    verdict: Verdict
    reason: str = ""
    wait_s: float | None = None
    unreachable: bool = False
    for_good: bool = False
    rejected: int = 0

    def shares(self, count: int) -> dict[str, int]:
        """Say what became of so many spans, when this attempt was the last."""
        if self.verdict is Verdict.TRY_AGAIN:
            return {"undelivered": count}
        if self.verdict is not Verdict.DELIVERED:
            return {self.verdict.value: count}
        rejected = min(self.rejected, count)
        return {DELIVERED: count - rejected, "rejected": rejected} if rejected else {DELIVERED: count}


@dataclass(frozen=True, slots=True)
class Parcel:
    """Spans ready to be sent together.

    Attributes:
        payload: what the sender sends.
        count: how many spans.
        size: bytes it holds, about.
    """

    payload: Any
    count: int
    size: int


class Sender(Protocol):
    """Takes spans to where they go, one attempt at a time."""

    def prepare(self, spans: Sequence[ReadableSpan]) -> Sequence[Parcel]:
        """Turn spans into what :meth:`send` sends, once for all attempts; spans that cannot be are left out."""

    def split(self, parcel: Parcel) -> Sequence[Parcel]:
        """Make smaller parcels of one that is too large; none where that is not possible."""

    def send(self, payload: Any, limit_s: float) -> Outcome:
        """Try once, for ``limit_s`` seconds at most. A fault that is raised counts as a refusal."""

    def close(self) -> None:
        """Let go of connections."""

    def forget(self) -> None:
        """In a forked child: leave the parent's connections alone."""
