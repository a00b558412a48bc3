"""Metrics while they are on: a thread that collects and sends now and then, and its end."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from otel_agents.sdk import faults
from otel_agents.sdk.bell import Bell
from otel_agents.sdk.untraced import untraced
from otel_agents.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.sdk.metrics import MeterProvider

    from otel_agents.sdk.metrics.collectors import Collectors
    from otel_agents.sdk.metrics.export import Export
    from otel_agents.sdk.metrics.reader import Reader


class Switched(Protocol):
    """Instruments that are on while metrics are."""

    def start(self, provider: MeterProvider, version: str, label_limit: int) -> None:
        """Measure from now on, from nothing."""

    def stop(self) -> None:
        """Measure nothing."""

    def sleep(self, awaken: Callable[[], None]) -> None:
        """In a forked child: measure nothing until ``awaken`` was called."""


class Metrics:
    """Collects every ``interval`` seconds, when it is flushed and at the end, and hands on what it got.

    Args:
        provider: makes the instruments.
        new_reader: makes what reads them.
        export: where it goes.
        switched: what is switched on and off with it.
        collectors: the program's functions that are called while it is on.
        settle: brings in the spans that have ended.
        interval: seconds.
        label_limit: label sets of one metric.
    """

    def __init__(
        self,
        provider: MeterProvider,
        new_reader: Callable[[], Reader],
        export: Export,
        switched: Sequence[Switched],
        collectors: Collectors,
        *,
        settle: Callable[[], None],
        interval: float,
        label_limit: int,
    ) -> None:
        self._provider = provider
        self._new_reader = new_reader
        self._export = export
        self._switched = switched
        self._collectors = collectors
        self._settle = settle
        self._interval = interval
        self._label_limit = label_limit
        self._starting = threading.RLock()
        self._reader: Reader | None = None
        self._parents: Reader | None = None  # in a forked child: what it is not to send
        self._begin()

    def _begin(self) -> None:
        self._collecting = threading.Lock()  # held through a fork, so that the child finds the SDK's locks free
        self._sending = threading.Lock()
        self._wake = Bell()
        self._deadline = float("inf")
        self._closing = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Switch everything on."""
        with self._starting:
            if self._parents is not None:
                self._provider.remove_metric_reader(self._parents)
                self._parents = None
            self._reader = self._new_reader()
            self._provider.add_metric_reader(self._reader)
            for each in self._switched:
                each.start(self._provider, __version__, self._label_limit)
            self._collectors.start()
            thread = threading.Thread(target=self._run, name="otel-agents metrics", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter is ending: the shutdown sends
                return
            self._thread = thread

    def _run(self) -> None:
        wake = self._wake  # a fork gives the child another
        last = False
        while not last:
            wake.wait(self._interval)
            last = self._closing
            self._push(self._left)

    def _left(self) -> float:
        return self._deadline - monotonic()

    def _push(self, left: Callable[[], float]) -> bool:
        """Collect and send, in as many seconds as are ``left``; say whether nothing waits to be sent."""
        try:
            with untraced():
                self._settle()
                if not self._sending.acquire(timeout=min(max(0.0, left()), threading.TIMEOUT_MAX)):
                    return False
                try:
                    return self._export.send(self._read(), left)
                finally:
                    self._sending.release()
        except Exception as error:  # noqa: BLE001 - whatever fails here must not reach the program
            faults.report("sending metrics", error)
            return False

    def _read(self) -> Any:
        with self._collecting:
            return self._reader.read() if self._reader is not None else None

    def flush(self, deadline: float) -> bool:
        """Send what was measured so far; say whether it was taken before ``deadline`` (``monotonic`` seconds)."""
        return self._push(lambda: deadline - monotonic())

    def close(self, deadline: float) -> Callable[[], None]:
        """Begin to end: what was measured is sent meanwhile.

        Gives what ends everything, and waits for that until ``deadline`` at most (``monotonic`` seconds).
        """
        self._deadline, self._closing = deadline, True
        self._wake.ring()
        return self._end

    def _end(self) -> None:
        if self._thread is None:
            self._push(self._left)
        elif self._thread is not threading.current_thread():
            self._thread.join(max(0.0, self._deadline - monotonic()))
        self._collectors.stop(self._deadline)
        for each in self._switched:
            each.stop()
        with self._starting:
            if self._reader is not None:
                self._provider.remove_metric_reader(self._reader)
                self._reader = None
        self._export.close()

    # --- Around a fork ----------------------------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Hold the collection still."""
        self._collecting.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._collecting.release()

    def after_fork_in_child(self) -> None:
        """Sleep until something is measured: the parent sends what it has, and a child may do nothing at all."""
        self._begin()
        self._starting = threading.RLock()
        self._parents, self._reader = self._reader or self._parents, None
        self._export.forget()
        self._collectors.after_fork_in_child()
        for each in self._switched:
            each.sleep(self._awaken)

    def _awaken(self) -> None:
        with self._starting:
            if self._thread is None and not self._closing:
                self.start()
