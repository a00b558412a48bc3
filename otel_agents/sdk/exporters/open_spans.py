"""Tells a collector of ours which spans are open and what they say so far, so that a long run is seen while it runs.

A thread looks once a second and reports: what is new or has changed as a whole, the rest by its ids, so that every
report says all that is open, and that the program lives. The calling thread has no part in it. Whoever is not known to
be a collector of ours is asked first, without any span, and told nothing if it is not.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Any, Final, Protocol

from otel_agents import processes
from otel_agents.conventions import REPORT_ANSWER, REPORT_HEADER
from otel_agents.sdk import faults
from otel_agents.sdk.exporters.sender import Verdict
from otel_agents.sdk.exporters.snapshots import encoded, looks, stubs
from otel_agents.sdk.untraced import untraced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from otel_agents.sdk.exporters.sender import Outcome
    from otel_agents.sdk.pipeline.pipeline import Stage

AFTER_S: Final = 1.0  # what ends sooner is never reported
LOOK_S: Final = 1.0
HEARTBEAT_S: Final = 5.0
MOST_SPANS: Final = 256  # the oldest, so that what is around a span is there where the span is
MOST_BYTES: Final = 1024 * 1024  # of spans in one report; what is left comes with the next
STAYS_S: Final = 10.0  # what has ended is on its way for so long, before the collector may forget its snapshot
_SOONEST_S, _LATEST_S = 2.0, 30.0  # from one snapshot of a span to the next: a tenth of its age, between these
_PATIENCE_S: Final = 5.0  # for one report
_PAUSES_S: Final = (1.0, 30.0)  # between attempts while nobody answers, the first and the longest
_ASK_AGAIN_S: Final = (60.0, 600.0)  # likewise, while somebody else answers
_NS: Final = 1_000_000_000


class ReportSender(Protocol):
    """Sends one report; see ``exporters.sender.Sender``."""

    def send(self, payload: bytes, limit_s: float, headers: Mapping[str, str] | None = None) -> Outcome:
        """Try once."""

    def close(self) -> None:
        """Let go of connections."""

    def forget(self) -> None:
        """In a forked child: leave the parent's connections alone."""


@dataclass(slots=True)
class _Told:
    """A span that was reported."""

    looks: tuple[object, ...]
    again_at: float  # when it may be told as a whole again
    ended_at: float | None = None


class Reporter:
    """Reports the spans that are open.

    Args:
        now: gives them.
        lost: gives the ids of those that were dropped without an end, since it was last asked.
        stages: what a snapshot goes through before it leaves, as an ended span does.
        sender: takes a report to the collector.
    """

    def __init__(
        self,
        now: Callable[[], Sequence[ReadableSpan]],
        lost: Callable[[], Sequence[bytes]],
        stages: Sequence[Stage],
        sender: ReportSender,
    ) -> None:
        self._now = now
        self._lost = lost
        self._stages = stages
        self._sender = sender
        self._begin()

    def _begin(self) -> None:
        self._program: dict[str, Any] = {}
        self._number = 0
        self._told: dict[bytes, _Told] = {}
        self._is_ours = False
        self._whole = True  # the next report tells every span as a whole
        self._next_at = 0.0  # no report before this
        self._pause = _PAUSES_S[0]
        self._reported_at = 0.0
        self._closing = threading.Event()
        self._reporting = threading.Lock()
        self._thread: threading.Thread | None = None

    def after_fork_in_child(self) -> None:
        """Begin anew: the child is another program, and what is open in the parent ends there."""
        self._sender.forget()
        self._begin()

    def tick(self) -> None:
        """Start the thread once a span has been open for long enough; called now and then."""
        if self._thread is None and not self._closing.is_set() and self._open():
            thread = threading.Thread(target=self._run, name="otel-agents open spans", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter is ending
                return
            self._thread = thread

    def close(self, deadline: float) -> None:
        """Say that the program ends, with what is open then, before ``deadline`` (``monotonic`` seconds)."""
        self._closing.set()
        if self._thread is None or self._thread is threading.current_thread():
            return
        if self._reporting.acquire(timeout=max(0.0, deadline - monotonic())):
            try:
                if self._is_ours and self._told and (left := deadline - monotonic()) > 0:
                    self._report(left, leaving=True)
            except Exception as error:
                faults.report("reporting open spans", error)
            finally:
                self._reporting.release()
        self._sender.close()

    def _run(self) -> None:
        closing = self._closing  # a fork gives the child another
        with untraced():
            while not closing.is_set():
                try:
                    with self._reporting:
                        if not closing.is_set() and monotonic() >= self._next_at:
                            self._look()
                except Exception as error:
                    faults.report("reporting open spans", error)
                closing.wait(LOOK_S)

    def _open(self) -> list[ReadableSpan]:
        """Give the spans to report, the oldest first."""
        before = time_ns() - int(AFTER_S * _NS)
        spans = [
            span
            for span in self._now()
            if (span.start_time or 0) <= before and span.context is not None and span.context.trace_flags.sampled
        ]
        spans.sort(key=lambda span: span.start_time or 0)
        return spans[:MOST_SPANS]

    def _look(self) -> None:
        if not self._is_ours and not (self._open() and self._ask()):
            return
        self._report(_PATIENCE_S)

    def _ask(self) -> bool:
        """Ask whether it is a collector of ours."""
        outcome = self._send(b"", _PATIENCE_S)
        if outcome.verdict is Verdict.DELIVERED and outcome.reason == REPORT_ANSWER:
            self._is_ours, self._whole = True, True
            self._pause = _PAUSES_S[0]
            return True
        self._wait(_PAUSES_S if outcome.unreachable or outcome.verdict is Verdict.TRY_AGAIN else _ASK_AGAIN_S)
        return False

    def _wait(self, pauses: tuple[float, float]) -> None:
        first, longest = pauses
        self._pause = min(max(first, 2 * self._pause), longest)
        self._next_at = monotonic() + self._pause

    def _report(self, limit_s: float, *, leaving: bool = False) -> None:
        """Report once, where there is something to say."""
        at = monotonic()
        told = dict(self._told)
        open_now = {_ids(span): span for span in self._open()}
        given_up = [ids for ids in self._lost() if told.pop(ids, None) is not None]
        for ids, each in list(told.items()):
            if ids in open_now:
                continue
            if each.ended_at is None:
                told[ids] = _Told(each.looks, each.again_at, at)
            elif at - each.ended_at > STAYS_S:
                del told[ids]
        whole, fresh = self._changed(open_now, told, at)
        if self._whole:  # what had no room comes as new, with the next
            told = {ids: each for ids, each in told.items() if ids in fresh or ids not in open_now}
        told |= fresh
        same = told.keys() == self._told.keys() and not (fresh or given_up or leaving)
        if same and (not told or at - self._reported_at < HEARTBEAT_S):
            return
        was_whole = self._whole
        body = b"".join([*whole, stubs(told.keys() - fresh.keys(), given_up)])
        outcome = self._send(body, limit_s, leaving=leaving)
        if outcome.verdict is Verdict.DELIVERED:
            self._told, self._reported_at, self._pause = told, at, _PAUSES_S[0]
            self._whole = outcome.rejected > 0 and not was_whole  # it does not know what it was told before
        else:
            self._is_ours, self._told = False, {}
            self._wait(_PAUSES_S if outcome.verdict is Verdict.TRY_AGAIN else _ASK_AGAIN_S)

    def _changed(
        self, open_now: Mapping[bytes, ReadableSpan], told: Mapping[bytes, _Told], at: float
    ) -> tuple[list[bytes], dict[bytes, _Told]]:
        """Encode what is new or has changed, as much as one report holds."""
        whole, fresh, size = list[bytes](), dict[bytes, _Told](), 0
        for ids, span in open_now.items():
            known = told.get(ids)
            if known is not None and not self._whole and at < known.again_at:
                continue
            now = looks(span)
            if known is not None and not self._whole and now == known.looks:
                continue
            body = encoded(span, self._stages)
            if not body or (size and size + len(body) > MOST_BYTES):
                continue
            whole.append(body)
            size += len(body)
            age = (time_ns() - (span.start_time or 0)) / _NS
            fresh[ids] = _Told(now, at + min(max(_SOONEST_S, age / 10), _LATEST_S))
        return whole, fresh

    def _send(self, body: bytes, limit_s: float, *, leaving: bool = False) -> Outcome:
        if not self._program:
            self._program = {"id": os.urandom(16).hex(), "process": processes.own()}
        self._number += 1
        said = {"program": self._program, "number": self._number, **({"leaving": True} if leaving else {})}
        return self._sender.send(body, limit_s, {REPORT_HEADER: json.dumps(said, separators=(",", ":"))})


def _ids(span: ReadableSpan) -> bytes:
    context = span.get_span_context()
    assert context is not None  # noqa: S101 - only those that have one are looked at
    return context.trace_id.to_bytes(16, "big") + context.span_id.to_bytes(8, "big")
