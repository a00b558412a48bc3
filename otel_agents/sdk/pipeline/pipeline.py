"""From the end of a span to its export: the calling thread appends, everything else happens behind.

``on_end`` puts the span into a queue. ``settle`` takes it through the stages (cost, roll-up) in order and hands it to
the outlets. A thread settles now and then; whoever needs figures that are not stale settles first.
"""

from __future__ import annotations

import threading
from collections import deque
from time import monotonic, sleep
from typing import TYPE_CHECKING, Protocol

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from otel_agents.sdk import faults
from otel_agents.sdk.bell import Bell
from otel_agents.sdk.pipeline import besides
from otel_agents.sdk.pipeline.repeats import released, waits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span

    from otel_agents.sdk.exporters.open_spans import Reporter
    from otel_agents.sdk.exporters.outlet import Outlet
    from otel_agents.sdk.pipeline.running import OpenSpans


_STEP = 256  # spans that take one stage after the other: what a stage touches stays in the processor's cache
_CHUNK = 2048  # spans that are settled and encoded before the next are
_PATIENCE_S = 0.1
_LAST_REPORT_S = 1.0  # at most, beyond the time to close
_LEAST_ROOM = 64  # spans, however heavy they are


def _is_sampled(span: ReadableSpan) -> bool:
    return span.context is not None and span.context.trace_flags.sampled


class Stage(Protocol):
    """One step every ended span takes."""

    def process(self, span: ReadableSpan) -> None:
        """Look at an ended span; ``span._attributes`` may be written, nothing else."""


def _name(stage: Stage) -> str:
    return getattr(stage.process, "__qualname__", "a stage")


class Step:
    """A stage that is a function."""

    def __init__(self, step: Callable[[ReadableSpan], None]) -> None:
        self.process = step


class Pipeline(SpanProcessor):
    """Takes ended spans through stages to outlets.

    Args:
        stages: what each span goes through, in order.
        outlets: where sampled spans go then.
        open_spans: is told of each span that starts, and is the first stage of those that end.
        queue_size: ended spans that may wait for the stages; who ends more waits for the thread.
        queue_bytes: what those may weigh, by the size of the spans before them.
        interval: seconds between two runs of the thread when spans come slowly.
        tick: called at each of those runs.
        reporter: tells of the spans that are open.
    """

    takes_all = False  # whether what is not sampled goes on beyond the stages too

    def __init__(
        self,
        stages: Sequence[Stage],
        outlets: Sequence[Outlet],
        *,
        open_spans: OpenSpans,
        queue_size: int,
        queue_bytes: int,
        interval: float,
        tick: Callable[[], None] = lambda: None,
        reporter: Reporter | None = None,
    ) -> None:
        self._tick = tick
        self._reporter = reporter
        self._stages = (open_spans, *stages)
        self._open_spans = open_spans
        self._outlets = tuple(outlets)
        self._queue_size = queue_size
        self._queue_bytes = queue_bytes
        self._wake_at = min(_CHUNK, queue_size)
        self._interval = interval
        self._reset()

    def _reset(self) -> None:
        self.ended = 0
        self._room = self._queue_size  # spans the queue may hold now
        self._stuck = False  # the thread made no room in time
        self._queue: deque[ReadableSpan] = deque()
        self._settling = threading.RLock()
        self._starting = threading.RLock()  # a span may end in a destructor, anywhere
        self._wake = Bell()
        self._thread: threading.Thread | None = None
        self._closed = False

    # --- On the calling thread --------------------------------------------------------------------------------------

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
        """Take note of a span that starts."""
        self._open_spans.started(span)
        if self._thread is None:
            self._start()  # which notices when nothing ends

    def on_end(self, span: ReadableSpan) -> None:
        """Take an ended span, with those that waited for it."""
        if waits(span):
            return
        for inside in released(span):
            besides.ended(inside)
            self._take(inside)
        besides.ended(span)
        self._take(span)

    def _take(self, span: ReadableSpan) -> None:
        queue = self._queue
        waiting = len(queue)
        if self._closed or (waiting >= self._room and not self._wait_for_room()):
            self._refuse(span, "shutdown" if self._closed else "queue_full")
            return
        queue.append(span)
        if self._thread is None:
            self._start()
        if waiting >= self._wake_at:
            self._wake.ring()

    def _wait_for_room(self) -> bool:
        """Let the thread catch up: it needs a few microseconds a span; only one that hangs makes no room."""
        thread = self._thread
        if self._stuck or thread is None or thread is threading.current_thread():
            return False
        give_up_at = monotonic() + _PATIENCE_S
        while len(self._queue) >= self._room:
            if self._closed or monotonic() > give_up_at:
                self._stuck = True
                return False
            self._wake.ring()
            sleep(0.001)
        return True

    def _refuse(self, span: ReadableSpan, reason: str) -> None:
        if self.takes_all or _is_sampled(span):
            for outlet in self._outlets:
                outlet.refuse(reason)

    def start(self) -> None:
        """Start the thread; the first span does it, too."""
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None and not self._closed:
                thread = threading.Thread(target=self._run, name="otel-agents", daemon=True)
                try:
                    for outlet in self._outlets:
                        outlet.start()
                    thread.start()
                except RuntimeError:  # the interpreter is ending: what is queued goes out with the shutdown
                    return
                self._thread = thread

    # --- Behind -----------------------------------------------------------------------------------------------------

    def settle(self, most: int | None = None) -> None:
        """Take every span that has ended so far, or ``most`` of them, through the stages.

        When this returns, their figures are in.
        """
        with self._settling:
            queue, takes_all = self._queue, self.takes_all
            ready: list[ReadableSpan] = []
            left = len(queue) if most is None else min(most, len(queue))
            while left:
                chunk = [queue.popleft() for _ in range(min(left, _STEP))]
                left -= len(chunk)
                for stage in self._stages:
                    process = stage.process
                    for span in chunk:
                        try:
                            process(span)
                        except Exception as error:
                            faults.report(_name(stage), error)
                ready += chunk if takes_all else [span for span in chunk if _is_sampled(span)]
                self.ended += len(chunk)
            if ready:
                self._hand_on(ready)
            self._stuck = False

    def _hand_on(self, spans: Sequence[ReadableSpan]) -> None:
        for outlet in self._outlets:
            outlet.offer(spans)

    def _release(self) -> None:
        """Hand on what is held back, where something is."""

    def _pack(self) -> None:
        """Have what is settled encoded, and learn what spans weigh."""
        heaviest = 1.0
        for outlet in self._outlets:
            outlet.pack()
            heaviest = max(heaviest, outlet.span_size)
        self._room = max(_LEAST_ROOM, int(self._queue_bytes / heaviest))
        if self._room > self._queue_size:
            self._room = self._queue_size

    def _run(self) -> None:
        wake = self._wake  # a fork gives the child another
        while not self._closed:
            wake.wait(self._interval)
            try:
                more = True
                while more:
                    self.settle(_CHUNK)
                    self._pack()
                    more = len(self._queue) >= _CHUNK
                self._tick()
                if self._reporter is not None:
                    self._reporter.tick()
            except Exception as error:
                faults.report("settling spans", error)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Settle and send everything that has ended; say whether all of it was delivered or dropped in time."""
        deadline = monotonic() + timeout_millis / 1000
        self.settle()
        self._release()
        self._pack()
        return sum(outlet.flush(deadline) for outlet in self._outlets) == len(self._outlets)  # each one is asked

    def close(self, timeout: float) -> None:
        """Settle, send what can be sent within ``timeout`` seconds, and end the threads.

        A destination that is taking what it is sent when the time is over has as long again, twice.
        """
        deadline = monotonic() + timeout
        self._closed = True
        self._wake.ring()
        while self._queue:  # in parts, so that the first are on their way while the others are encoded
            self.settle(_CHUNK)
            self._pack()
        self.settle()  # what another thread is at is in now
        self._release()
        for outlet in self._outlets:
            outlet.close(deadline, deadline + 2 * timeout)
        if self._reporter is not None:  # after the others: what ended is there
            self._reporter.close(max(deadline, monotonic() + min(timeout, _LAST_REPORT_S)))

    def shutdown(self) -> None:
        """Close within two seconds; what a TracerProvider's shutdown calls."""
        if not self._closed:
            self.close(2.0)

    # --- Around a fork ----------------------------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Hold the stages still, so that the child finds their locks free."""
        self._settling.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._settling.release()

    def after_fork_in_child(self) -> None:
        """Begin anew, without the parent's spans: it sends them itself."""
        self._reset()
        self._open_spans.after_fork()
        for outlet in self._outlets:
            outlet.after_fork_in_child()
        if self._reporter is not None:
            self._reporter.after_fork_in_child()
