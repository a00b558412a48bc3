"""One way out of the pipeline: a bounded queue, a thread, and a sender that takes batches."""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any

from otel_agents.sdk import faults
from otel_agents.sdk.bell import Bell
from otel_agents.sdk.exporters.complaints import Complaints
from otel_agents.sdk.exporters.ledger import DELIVERED
from otel_agents.sdk.exporters.sender import Outcome, Parcel, Verdict
from otel_agents.sdk.untraced import untraced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from otel_agents.sdk.exporters.ledger import Ledger
    from otel_agents.sdk.exporters.sender import Sender
    from otel_agents.sdk.exporters.spool import Spool

logger = logging.getLogger("otel_agents")

FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 5.0
LOOK_EVERY_S = 30.0  # between two looks at the spool, when nothing says that there is something in it
BUNDLE_SIZE = 4 * 1024 * 1024  # bytes of one file in the spool, unless one parcel is more
_STILL_TAKING_S = 0.5  # since its last answer, a destination counts as one that takes what it is sent
_TO_KEEP_S = 0.5  # of the time to close, for putting what is left into the spool


class Outlet:
    """Sends what it is given in batches from a thread of its own.

    Spans are encoded where they come in, by :meth:`pack`, so that what waits is counted in the bytes it holds.

    Args:
        sender: what sends.
        ledger: where each span is accounted for.
        queue_bytes: what may wait in memory.
        batch_size: spans in one batch, at most.
        retry_for: seconds a batch is tried again.
        spool: keeps what may not wait in memory any longer; without one, that is dropped and counted.
        what: the sender's name in the log.
        hint: what to do when nobody answers, for the log.
    """

    def __init__(
        self,
        sender: Sender,
        *,
        ledger: Ledger,
        queue_bytes: int,
        batch_size: int,
        retry_for: float,
        spool: Spool | None = None,
        what: str,
        hint: str = "",
    ) -> None:
        self._sender = sender
        self._ledger = ledger
        self._queue_bytes = queue_bytes
        self._batch_size = batch_size
        self._retry_for = retry_for
        self._spool = spool
        self._what = what
        self._complaints = Complaints(what, hint)
        self.span_size = 0.0  # bytes of a span, of those that came last
        self._begin()

    def _begin(self) -> None:
        self._fresh: deque[ReadableSpan] = deque()  # not yet encoded
        self._parcels: deque[Parcel] = deque()
        self._current: Parcel | None = None  # what the thread is sending
        self._held = 0  # bytes of all parcels
        self._packing = threading.Lock()
        self._keeping = threading.Lock()
        self._look_at = 0.0  # when the spool is to be looked at, in monotonic seconds
        self._wake = Bell()
        self._progress = threading.Condition(self._ledger.lock)
        self._taken = 0  # spans accepted so far
        self._settled = 0  # spans of those that wait no longer
        self._unanswered = 0  # attempts nobody answered
        self._hurry = False
        self._closing = False
        self._deadline = float("inf")  # when closing gives up, in monotonic seconds
        self._latest = float("inf")  # and when it does even if
        self._delivered_at = 0.0  # the last delivery was a moment ago
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name=f"otel-agents to {self._what}", daemon=True)
        self._thread.start()

    def after_fork_in_child(self) -> None:
        """Begin anew: the parent sends what was queued."""
        self._sender.forget()
        self._begin()

    # --- Taking -----------------------------------------------------------------------------------------------------

    def hold(self, count: int) -> None:
        """Count spans that wait for a decision whether they are to be sent."""
        self._ledger.emit(count)

    def leave_out(self, count: int) -> None:
        """Count held spans that are not."""
        self._ledger.drop(count, "sampled_out")

    def offer(self, spans: Sequence[ReadableSpan], *, held: bool = False) -> None:
        """Take spans to send, counted already where they were ``held``; :meth:`pack` has them sent."""
        with self._progress:
            if not held:
                self._ledger.emit(len(spans))
            self._taken += len(spans)
            self._fresh.extend(spans)

    def refuse(self, reason: str) -> None:
        """Count a span that could not even be queued."""
        self._ledger.refuse(1, reason)
        self._say_once(reason)

    def pack(self) -> None:
        """Encode what was offered and hand it to the thread."""
        with self._packing:
            while self._fresh:
                batch = [self._fresh.popleft() for _ in range(min(self._batch_size, len(self._fresh)))]
                self._pack(batch)

    def _pack(self, batch: Sequence[ReadableSpan]) -> None:
        try:
            parcels = self._sender.prepare(batch)
        except Exception as error:
            self._drop(len(batch), "unencodable")
            faults.report(f"preparing spans for {self._what}", error)
            return
        count, size = sum(each.count for each in parcels), sum(each.size for each in parcels)
        if count < len(batch):
            self._drop(len(batch) - count, "unencodable")
        if count:
            self.span_size = (self.span_size + size / count) / 2 if self.span_size else size / count
        with self._progress:
            over = self._held + size > self._queue_bytes
            keeps = self._spool is not None and not self._spool.broken
            if not over or keeps:
                self._parcels.extend(parcels)
                self._held += size
        if over and keeps:
            self._keep(self._take(), "queue_full")
        elif over:
            self._drop(count, "queue_full")
        self._wake.ring()

    def flush(self, deadline: float) -> bool:
        """Send what was taken so far; say whether none of it waits any more at ``deadline`` (``monotonic`` seconds).

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

    def close(self, deadline: float, latest: float) -> None:
        """Send what is left and end the thread.

        Gives up when nobody answers, at ``deadline``, or, as long as spans are delivered one after another, at
        ``latest`` (both in ``monotonic`` seconds): they would take no less time to be put into the spool.
        """
        self.pack()
        left_s = max(0.0, deadline - monotonic())
        self._deadline = deadline - min(_TO_KEEP_S, left_s / 4) if self._spool is not None else deadline
        self._latest = max(self._deadline, latest)
        self._closing = True
        self._wake.ring()
        if self._thread is None:  # nothing has ended so far, or a thread cannot be started any more
            if self._parcels:
                self._run()
        elif self._thread is not threading.current_thread():
            while self._thread.is_alive() and (left_s := self._time_left()) > 0:
                self._thread.join(left_s)
        kept, dropped = self._keep(self._take(sending=True), "shutdown")
        if kept or dropped:
            level = logging.DEBUG if self._complaints.of_silence else logging.WARNING  # said already, or news
            what = f"{kept} of them are kept for the next run" if kept else "they are lost"
            logger.log(level, "%d spans were not delivered to %s before the exit; %s", kept + dropped, self._what, what)

    def _time_left(self) -> float:
        """Seconds until sending is given up, as it looks now."""
        until = max(self._deadline, min(self._delivered_at + _STILL_TAKING_S, self._latest))
        return until - monotonic()

    def _take(self, *, sending: bool = False) -> list[Parcel]:
        """Take every parcel from the thread; the one it is ``sending`` too: what becomes of that counts no more."""
        with self._progress:
            taken = list(self._parcels)
            self._parcels.clear()
            if sending and self._current is not None:
                taken.insert(0, self._current)
                self._current = None
            self._held -= sum(each.size for each in taken)
        return taken

    def _keep(self, parcels: Sequence[Parcel], reason: str) -> tuple[int, int]:
        """Put parcels into the spool, or drop them for a reason; say how many spans were kept and dropped."""
        kept = dropped = 0
        with self._keeping:  # an exit waits for another thread's files
            for count, payloads in _bundles(parcels):
                if self._spool is not None and self._spool.keep(b"".join(payloads), count):
                    kept += count
                    self._settle(count)
                else:
                    self._drop(count, reason)
                    dropped += count
        if kept:
            self._look_at = 0.0
        return kept, dropped

    # --- On the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        with untraced():
            go_on = True
            while go_on and not (self._closing and not self._parcels):
                self._wake.wait(None if self._spool is None else LOOK_EVERY_S)
                self._hurry = False
                while go_on and (parcel := self._next()) is not None:
                    go_on = self._deliver(parcel)
                if go_on and self._spool is not None and monotonic() >= self._look_at:
                    self._send_kept(self._spool)
            self._sender.close()

    def _next(self) -> Parcel | None:
        with self._progress:
            self._current = self._parcels.popleft() if self._parcels else None
            return self._current

    def _deliver(self, parcel: Parcel) -> bool:
        """Send one parcel, trying again as long as that makes sense; say whether to go on with the next."""
        give_up_at = monotonic() + self._retry_for
        wait = FIRST_WAIT_S
        while True:
            left = self._time_left()
            if left <= 0:
                return False
            outcome = self._attempt(parcel.payload, left)
            if outcome.verdict is Verdict.DELIVERED:
                if not outcome.rejected and self._complaints.end():  # something was in the way before
                    self._look_at = 0.0
                return self._done(parcel, outcome)
            if outcome.verdict is Verdict.TOO_LARGE and (smaller := self._sender.split(parcel)):
                return self._replace(parcel, smaller)
            self._complaints.about(outcome, f"{parcel.count} spans")
            if outcome.verdict is not Verdict.TRY_AGAIN:
                return self._done(parcel, outcome)
            pause = outcome.wait_s if outcome.wait_s is not None else wait * random.uniform(0.8, 1.2)  # noqa: S311  a wait, not a secret
            wait = min(2 * wait, LONGEST_WAIT_S)
            if self._closing and (outcome.unreachable or pause >= self._time_left()):
                return False
            if monotonic() + pause >= give_up_at:
                if self._spool is None or self._spool.broken:
                    return self._done(parcel, outcome)
                self._keep(self._take(sending=True), "undelivered")
                return True
            with self._progress:
                self._unanswered += outcome.unreachable
                self._progress.notify_all()
            self._pause(pause)

    def _send_kept(self, spool: Spool) -> None:
        """Send what is in the spool, until spans come that have not been tried yet."""
        self._look_at = monotonic() + LOOK_EVERY_S
        files = deque(spool.files())
        while files:
            path = files.popleft()
            left = self._time_left()
            if left <= 0 or self._parcels:
                self._look_at = 0.0
                return
            held = spool.hold(path)
            if held is None:
                continue
            outcome = self._attempt(held.request, left)
            parcel = Parcel(held.request, held.spans, len(held.request))
            if outcome.verdict is Verdict.DELIVERED:
                spool.end(held, outcome.shares(held.spans))
            elif outcome.verdict is Verdict.TOO_LARGE and (smaller := self._sender.split(parcel)):
                files.extendleft(reversed(spool.replace(held, [(each.payload, each.count) for each in smaller])))
            elif outcome.verdict is Verdict.TOO_LARGE or outcome.for_good:
                self._complaints.about(outcome, f"{held.spans} spans")
                spool.end(held, outcome.shares(held.spans))
            else:
                spool.let_go(held)
                return

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

    def _done(self, parcel: Parcel, outcome: Outcome) -> bool:
        """Account for the parcel that was sent; False when it was taken from the thread meanwhile."""
        with self._progress:
            if self._current is not parcel:
                return False
            self._current = None
            self._held -= parcel.size
            for reason, count in outcome.shares(parcel.count).items():
                if reason == DELIVERED:
                    self._delivered_at = monotonic()
                    self._ledger.deliver(count)
                    self._settle(count)
                else:
                    self._drop(count, reason)
        if outcome.rejected:
            self._complaints.about(outcome, f"{outcome.rejected} spans")
        return True

    def _replace(self, parcel: Parcel, smaller: Sequence[Parcel]) -> bool:
        """Put smaller parcels in the place of the one that was sent; False when it was taken meanwhile."""
        with self._progress:
            if self._current is not parcel:
                return False
            self._current = None
            self._parcels.extendleft(reversed(smaller))
            self._held += sum(each.size for each in smaller) - parcel.size
            return True

    def _drop(self, count: int, reason: str) -> None:
        self._ledger.drop(count, reason)
        self._settle(count)
        self._say_once(reason)

    def _settle(self, count: int) -> None:
        """Spans wait no longer."""
        with self._progress:
            self._settled += count
            self._progress.notify_all()

    def _say_once(self, reason: str) -> None:
        if reason == "queue_full":
            self._complaints.once(reason, "Spans come faster than %s takes them; some are dropped", self._what)


def _bundles(parcels: Sequence[Parcel]) -> Iterator[tuple[int, list[Any]]]:
    """Put parcels together to what one file may hold: how many spans, and their payloads."""
    count, size, payloads = 0, 0, list[Any]()
    for parcel in parcels:
        if payloads and size + parcel.size > BUNDLE_SIZE:
            yield count, payloads
            count, size, payloads = 0, 0, []
        count, size = count + parcel.count, size + parcel.size
        payloads.append(parcel.payload)
    if payloads:
        yield count, payloads
