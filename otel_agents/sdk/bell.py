"""Wakes a thread; safe to ring from a destructor, which may run in the middle of anything."""

from __future__ import annotations

import queue


class Bell:
    """What threading.Event is, with a wait that resets it and without a lock that a destructor could find held.

    ``SimpleQueue.put`` is the one way of the standard library to wake a thread that may be entered again.
    """

    __slots__ = ("_queue", "_rung")

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._rung = False

    def ring(self) -> None:
        """Wake the thread that waits, or the next that would."""
        if not self._rung:
            self._rung = True
            self._queue.put(None)

    def wait(self, timeout: float | None = None) -> None:
        """Wait until somebody rings, or ``timeout`` seconds."""
        if self._queue.__class__ is not queue.SimpleQueue:
            # gevent has patched the standard library meanwhile, as a worker of gunicorn does after loading the
            # program: the thread is a greenlet, and waiting in the old queue would halt all of them.
            self._queue = queue.SimpleQueue()
            if self._rung:
                self._queue.put(None)
        try:
            self._queue.get(timeout=timeout)
        except queue.Empty:
            return
        self._rung = False
