"""Capturing what a process traces, for as long as a block lasts."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context, attach
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

from otel_agents.sdk import configure as wiring
from otel_agents.sdk.context.propagation import detach
from otel_agents.testing.clock import START, STEP_S, CountingIds, TickingClock
from otel_agents.testing.traces import Traces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from types import TracebackType

    from opentelemetry.sdk.trace import ReadableSpan, Span


class Capture(Traces):
    """Everything this process traces in a ``with`` block, and afterwards what it traced there.

    Nothing is sent or kept on disk, whatever the program configures: its destinations are left out, and every span is
    recorded. Figures and alerts begin anew. Ids and times are the same in every run, but for spans of a tracer provider
    that is not ours. When the block ends, what was configured before is there again.

    Attributes:
        clock: where spans have their times from.
    """

    def __init__(self, clock: TickingClock) -> None:
        super().__init__(self._captured)
        self.clock = clock
        self._ids = CountingIds()
        self._starts = _Starts()
        self._ended: list[ReadableSpan] = []
        self._end: Callable[[], None] | None = None
        self._token: Any = None

    def __enter__(self) -> Capture:
        self._end = wiring.rehearse(self)
        self._token = attach(Context())  # spans of before are around nothing in here
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        wiring.settle()
        detach(self._token)
        if self._end is not None:
            self._end()
            self._end = None

    def clear(self) -> None:
        """Forget what was captured so far."""
        if self._end is not None:
            wiring.settle()
        self._starts.forget()
        self._ended.clear()

    def _captured(self) -> list[ReadableSpan]:
        if self._end is not None:
            wiring.settle()
        return [*self._ended, *self._starts.open()]

    # --- What tracing asks --------------------------------------------------------------------------------------------

    def amend(self, given: Mapping[str, object]) -> Mapping[str, object]:
        """Leave out where spans and metrics would go, and have all spans recorded."""
        processors: Any = given.get("processors") or ()
        if isinstance(processors, SpanProcessor):
            processors = (processors,)
        return {
            "capture_content": True,
            **given,
            "enabled": True,
            "sampler": "always_on",
            "traces_exporter": "none",
            "metrics": "none",
            "exporters": (),
            "spool": False,
            "state": False,
            "alert_channels": (),
            "anomalies": False,
            "alert_escalation": (),
            "id_generator": self._ids,
            "processors": (
                self._starts,
                *(each for each in processors if not isinstance(each, BatchSpanProcessor | SimpleSpanProcessor)),
            ),
        }

    def process(self, span: ReadableSpan) -> None:
        """Keep a span that has ended, if it started in here."""
        if self._starts.take(span):
            self._ended.append(span)

    def time_ns(self) -> int:
        """Give the time, and have it go on."""
        return self.clock.time_ns()

    def look(self) -> int:
        """Give the time."""
        return self.clock.look()


def capture(*, start: datetime = START, step: float = STEP_S) -> Capture:
    """Capture what this process traces while a block lasts.

    ``with capture() as traces: ...``; a ``unittest.TestCase`` has ``enterContext`` for it. One can be inside another,
    and then has the spans of its block for itself; two at once, in threads, cannot be.

    Args:
        start: what the clock shows first; one without a time zone is of the local one.
        step: seconds it goes on by whenever a span or an event takes its time.
    """
    return Capture(TickingClock(start, step))


class _Starts(SpanProcessor):
    """Knows the spans that have started and not ended: by their contexts, which a span's copies share."""

    def __init__(self) -> None:
        self._open: dict[int, Span] = {}
        self._lock = threading.Lock()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002  the interface has it
        """Remember a span."""
        with self._lock:
            self._open[id(span.context)] = span

    def take(self, span: ReadableSpan) -> bool:
        """Forget a span that has ended; say whether it had started in here."""
        with self._lock:
            return self._open.pop(id(span.context), None) is not None

    def open(self) -> list[Span]:
        """Give those that are open, without the ones that only wait for the span around them."""
        with self._lock:
            return list(self._open.values())

    def forget(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._open.clear()
