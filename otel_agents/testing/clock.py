"""A clock and ids that are the same in every run."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime

from opentelemetry.sdk.trace.id_generator import IdGenerator

START = datetime(2026, 1, 1, tzinfo=UTC)
STEP_S = 0.001


class TickingClock:
    """A clock that goes on by the same step each time a span or an event takes its time.

    Args:
        start: what it shows first.
        step: seconds it goes on by.
    """

    def __init__(self, start: datetime = START, step: float = STEP_S) -> None:
        self._now_ns = round(start.timestamp() * 1e9)
        self._step_ns = round(step * 1e9)
        self._lock = threading.Lock()

    def time_ns(self) -> int:
        """Give the time in nanoseconds since the epoch, and go on by a step."""
        with self._lock:
            now = self._now_ns
            self._now_ns += self._step_ns
        return now

    def look(self) -> int:
        """Give the time in nanoseconds since the epoch."""
        return self._now_ns

    def advance(self, seconds: float) -> None:
        """Go on by ``seconds``: what is open takes that much longer."""
        with self._lock:
            self._now_ns += round(seconds * 1e9)


class CountingIds(IdGenerator):
    """Gives trace ids 1, 2, 3 and on, and span ids 1, 2, 3 and on."""

    def __init__(self) -> None:
        self._traces = itertools.count(1)
        self._spans = itertools.count(1)

    def generate_trace_id(self) -> int:
        """Give the next trace id."""
        return next(self._traces)

    def generate_span_id(self) -> int:
        """Give the next span id."""
        return next(self._spans)

    def is_trace_id_random(self) -> bool:
        """Say that samplers may not go by the id's bits."""
        return False
