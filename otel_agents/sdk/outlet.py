"""One way out of the pipeline: a bounded queue, a thread, and a sender that takes batches."""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter, deque
from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from opentelemetry.context import (
    _SUPPRESS_HTTP_INSTRUMENTATION_KEY,
    _SUPPRESS_INSTRUMENTATION_KEY,
    attach,
    detach,
    set_value,
)

from otel_agents.sdk import faults
from otel_agents.sdk.bell import Bell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan

logger = logging.getLogger("otel_agents")

FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 5.0


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
    """

    verdict: Verdict
    reason: str = ""
    wait_s: float | None = None
    unreachable: bool = False


class Sender(Protocol):
    """Takes spans to where they go, one attempt at a time, on one thread."""

    def prepare(self, spans: Sequence[ReadableSpan]) -> Any:
        """Turn spans into what :meth:`send` sends, once for all attempts."""

    def send(self, payload: Any, limit_s: float) -> Outcome:
        """Try once, for ``limit_s`` seconds at most. A fault that is raised counts as a refusal."""

    def close(self) -> None:
        """Let go of connections."""

    def forget(self) -> None:
        """In a forked child: leave the parent's connections alone."""


class Outlet:
    """Sends what it is given in batches from a thread of its own.

    Args:
        sender: what sends.
        queue_size: spans that may wait; more are dropped and counted.
        batch_size: spans in one batch, at most.
        retry_for: seconds a batch is tried again before it is dropped and counted.
        what: the sender's name in the log.
        hint: what to do when nobody answers, for the log.
    """

    def __init__(
        self, sender: Sender, *, queue_size: int, batch_size: int, retry_for: float, what: str, hint: str = ""
    ) -> None:
        self._sender = sender
        self._queue_size = queue_size
        self._batch_size = batch_size
        self._retry_for = retry_for
        self._what = what
        self._hint = hint
        self._warned: set[str] = set()
        self._begin()

    def _begin(self) -> None:
        self.dropped: Counter[str] = Counter()
        self.delivered = 0
        self._queue: deque[ReadableSpan] = deque()
        self._wake = Bell()
        self._progress = threading.Condition()
        self._taken = 0  # spans accepted so far
        self._settled = 0  # spans of those that were delivered or dropped
        self._unanswered = 0  # attempts nobody answered
        self._hurry = False
        self._closing = False
        self._deadline = float("inf")
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name=f"otel-agents to {self._what}", daemon=True)
        self._thread.start()

    def after_fork_in_child(self) -> None:
        """Begin anew: the parent sends what was queued."""
        self._sender.forget()
        self._begin()

    def offer(self, spans: Sequence[ReadableSpan]) -> None:
        """Take spans to send. One thread at a time may call this."""
        room = max(0, self._queue_size - len(self._queue))
        if room < len(spans):
            self._drop("queue_full", len(spans) - room)
            spans = spans[:room]
        with self._progress:
            self._taken += len(spans)
        self._queue.extend(spans)
        self._wake.ring()

    def flush(self, deadline: float) -> bool:
        """Send what was taken so far; say whether all of it was settled by ``deadline`` (``monotonic`` seconds).

        Ends early when nobody answers: waiting on would only hold the caller up.
        """
        with self._progress:
            target, unanswered = self._taken, self._unanswered
            self._hurry = True
            self._wake.ring()
            self._progress.wait_for(
                lambda: self._settled >= target or self._unanswered > unanswered, max(0.0, deadline - monotonic())
            )
            return self._settled >= target

    def close(self, deadline: float) -> None:
        """Send what is left and end the thread; give up at ``deadline``, or when nobody answers."""
        self._deadline = deadline
        self._closing = True
        self._wake.ring()
        if self._thread is None:  # nothing has ended so far, or a thread cannot be started any more
            self._run()
        elif self._thread is not threading.current_thread():
            self._thread.join(max(0.0, deadline - monotonic()))
        if left := self._taken - self._settled:
            self._drop("shutdown", left)
            level = logging.DEBUG if "unreachable" in self._warned else logging.WARNING  # said already, or news
            logger.log(level, "%d spans were not delivered to %s before the exit", left, self._what)

    # --- On the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        # The thread of a program that instruments its HTTP client must not trace its own requests.
        quiet = set_value(_SUPPRESS_HTTP_INSTRUMENTATION_KEY, True, set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
        token = attach(quiet)
        go_on = True
        while go_on and not (self._closing and not self._queue):
            self._wake.wait()
            self._hurry = False
            while go_on and self._queue:
                batch = [self._queue.popleft() for _ in range(min(self._batch_size, len(self._queue)))]
                go_on = self._deliver(batch)
        self._sender.close()
        detach(token)

    def _deliver(self, batch: Sequence[ReadableSpan]) -> bool:
        """Send one batch, trying again as long as that makes sense; say whether to go on with the next."""
        try:
            payload = self._sender.prepare(batch)
        except Exception as error:
            faults.report(f"preparing spans for {self._what}", error)
            self._settle(len(batch), dropped="unencodable")
            return True
        give_up_at = monotonic() + self._retry_for
        wait = FIRST_WAIT_S
        while True:
            left = self._deadline - monotonic()
            if left <= 0:
                return False
            outcome = self._attempt(payload, left)
            if outcome.verdict is Verdict.DELIVERED:
                self.delivered += len(batch)
                self._warned.clear()
                self._settle(len(batch))
                return True
            if outcome.verdict is Verdict.TOO_LARGE and len(batch) > 1:
                half = len(batch) // 2
                return self._deliver(batch[:half]) and self._deliver(batch[half:])
            self._warn(outcome, len(batch))
            if outcome.verdict is not Verdict.TRY_AGAIN:
                self._settle(len(batch), dropped=outcome.verdict.value)
                return True
            pause = outcome.wait_s if outcome.wait_s is not None else wait * random.uniform(0.8, 1.2)  # noqa: S311  a wait, not a secret
            wait = min(2 * wait, LONGEST_WAIT_S)
            if self._closing and (outcome.unreachable or monotonic() + pause >= self._deadline):
                return False
            if monotonic() + pause >= give_up_at:
                self._settle(len(batch), dropped="undelivered")
                return True
            with self._progress:
                self._unanswered += outcome.unreachable
                self._progress.notify_all()
            self._pause(pause)

    def _attempt(self, payload: Any, limit_s: float) -> Outcome:
        try:
            return self._sender.send(payload, limit_s)
        except Exception as error:
            faults.report(f"sending spans to {self._what}", error)
            return Outcome(Verdict.REFUSED, f"{type(error).__name__}: {error}")

    def _pause(self, seconds: float) -> None:
        """Wait until the next attempt; a flush or the beginning of the end cuts it short."""
        until = monotonic() + seconds
        closing = self._closing
        while not self._hurry and self._closing is closing and (left := until - monotonic()) > 0:
            self._wake.wait(left)
        self._hurry = False

    def _settle(self, count: int, dropped: str | None = None) -> None:
        if dropped:
            self._drop(dropped, count)
        with self._progress:
            self._settled += count
            self._progress.notify_all()

    def _drop(self, reason: str, count: int) -> None:
        with self._progress:
            self.dropped[reason] += count
        if reason == "queue_full" and reason not in self._warned:
            self._warned.add(reason)
            logger.warning("Spans come faster than %s takes them; some are dropped", self._what)

    def _warn(self, outcome: Outcome, count: int) -> None:
        """Say what is wrong, once until something is delivered again."""
        kind = "unreachable" if outcome.unreachable else outcome.verdict.value
        if kind in self._warned:
            return
        self._warned.add(kind)
        if outcome.unreachable:
            logger.warning("No answer from %s (%s). %s", self._what, outcome.reason, self._hint)
        elif outcome.verdict is Verdict.TRY_AGAIN:
            logger.info("%s asks to come again: %s", self._what, outcome.reason)
        else:
            logger.warning("%s did not take %d spans: %s", self._what, count, outcome.reason)
