"""From what was collected to where it goes: requests that are not taken wait for the next interval."""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from otel_agents.sdk import faults
from otel_agents.sdk.exporters.complaints import Complaints
from otel_agents.sdk.exporters.sender import Outcome, Verdict
from otel_agents.sdk.metrics import account

if TYPE_CHECKING:
    from collections.abc import Callable

WAITING_BYTES = 4 * 1024 * 1024  # of requests that were not taken


class Wire(Protocol):
    """The part of a sender of OTLP that is used here."""

    def send(self, payload: Any, limit_s: float) -> Outcome:
        """Try once."""

    def close(self) -> None:
        """Let go of connections."""

    def forget(self) -> None:
        """In a forked child: leave the parent's connections alone."""


class Export:
    """Encodes and sends; keeps what is not taken for a while, since a gap cannot be filled later.

    Args:
        wire: what sends.
        encode: makes a request of what was collected.
        what: the receiver's name in the log.
        hint: what to do when nobody answers, for the log.
    """

    def __init__(self, wire: Wire, encode: Callable[[Any], bytes], *, what: str, hint: str = "") -> None:
        self._wire = wire
        self._encode = encode
        self._what = what
        self._complaints = Complaints(what, hint)
        self._waiting: deque[bytes] = deque()

    def send(self, collected: Any, limit_s: Callable[[], float]) -> bool:
        """Send what was collected, after what waits; say whether nothing waits any more.

        Args:
            collected: None for nothing new.
            limit_s: seconds that are left.
        """
        if collected is not None:
            self._waiting.append(self._encode(collected))
            while len(self._waiting) > 1 and sum(map(len, self._waiting)) > WAITING_BYTES:
                self._waiting.popleft()
                account.counts[account.UNDELIVERED] += 1
        while self._waiting:
            payload = self._waiting[0]
            outcome = self._attempt(payload, limit_s())
            if not self._waiting or self._waiting[0] is not payload:
                return False  # given up meanwhile, and counted
            if outcome.verdict is Verdict.TRY_AGAIN:
                self._complaints.about(outcome, "metrics")
                return False
            self._waiting.popleft()
            delivered = outcome.verdict is Verdict.DELIVERED
            account.counts[account.DELIVERED if delivered else account.UNDELIVERED] += 1
            if delivered and not outcome.rejected:
                self._complaints.end()
            else:
                self._complaints.about(outcome, "metrics")
        return True

    def _attempt(self, payload: bytes, limit_s: float) -> Outcome:
        if limit_s <= 0:
            return Outcome(Verdict.TRY_AGAIN, "no time is left")
        try:
            return self._wire.send(payload, limit_s)
        except Exception as error:  # noqa: BLE001 - whatever fails here must not reach the program
            faults.report(f"sending metrics to {self._what}", error)
            return Outcome(Verdict.REFUSED, f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """Give up what waits."""
        while self._waiting:
            self._waiting.popleft()
            account.counts[account.UNDELIVERED] += 1
        self._wire.close()

    def forget(self) -> None:
        """In a forked child: the parent sends what waits."""
        self._waiting.clear()
        self._wire.forget()


class ConsoleWire:
    """Prints requests."""

    def send(self, payload: bytes, _limit_s: float) -> Outcome:
        """Print."""
        sys.stdout.write(payload.decode() + "\n")
        sys.stdout.flush()
        return Outcome(Verdict.DELIVERED)

    def close(self) -> None:
        """Do nothing."""

    def forget(self) -> None:
        """Do nothing."""
