"""What waits to go out by one channel: a queue, the thread that sends, and counts of what became of each notice."""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from time import monotonic
from typing import TYPE_CHECKING

from otel_agents.notify.channels.channel import Refused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agents.alerts.routing import Notice
    from otel_agents.notify.channels.channel import Channel

logger = logging.getLogger("otel_agents")

WAITS = (1.0, 5.0, 15.0, 60.0, 300.0)  # seconds before each further attempt
_MOST_WAITING = 100


class Outbox:
    """Sends by one channel, in order. Whoever gives it a notice waits for nothing.

    Args:
        channel: the way out.
        counts: where sent, retried, failed and dropped notices are counted.
        waits: seconds before each further attempt; with the last, a notice is given up.
    """

    def __init__(self, channel: Channel, counts: Counter[str], waits: Sequence[float] = WAITS) -> None:
        self._channel = channel
        self._counts = counts
        self._waits = waits
        self._silent = False  # that it fails was said
        self.after_fork()

    def after_fork(self) -> None:
        """Begin with nothing to send: the parent sends its own."""
        self._lock = threading.Lock()
        self._waiting: deque[Notice] = deque()
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()

    def put(self, notice: Notice) -> None:
        """Have a notice sent; the oldest one is given up, and counted, when too many wait."""
        with self._lock:
            if len(self._waiting) >= _MOST_WAITING:
                self._waiting.popleft()
                self._counts["dropped"] += 1
            self._waiting.append(notice)
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._run, name=f"otel-agents-{self._channel.name}", daemon=True)
            try:
                thread.start()
                self._thread = thread
                return
            except RuntimeError:  # the interpreter is ending
                self._ending.set()
        self._run()

    def end_soon(self) -> None:
        """Wait for no further attempt: what waits is tried once more."""
        self._ending.set()

    def close(self, deadline: float) -> None:
        """Wait until everything is sent, or until a time of the monotonic clock; the rest is dropped and counted."""
        self.end_soon()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(max(0.0, deadline - monotonic()))
        with self._lock:
            if self._waiting:
                self._counts["dropped"] += len(self._waiting)
            self._waiting.clear()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                notice = self._waiting.popleft()
            try:
                self._send(notice)
            except Exception as error:  # noqa: BLE001  a fault of the channel's; its text may hold an address
                self._give_up(type(error).__name__)

    def _send(self, notice: Notice) -> None:
        for wait in (*self._waits, None):
            try:
                self._channel.send(notice)
            except Unreachable as error:
                if wait is None or self._ending.is_set():
                    self._give_up(str(error))
                    return
                with self._lock:
                    self._counts["retried"] += 1
                self._ending.wait(wait)
            except Refused as error:
                self._give_up(str(error))
                return
            else:
                with self._lock:
                    self._counts["sent"] += 1
                self._silent = False
                return

    def _give_up(self, why: str) -> None:
        with self._lock:
            self._counts["failed"] += 1
        if not self._silent:
            self._silent = True
            logger.warning("Alerts could not be sent (%s: %s); said once until they can", self._channel.name, why)
