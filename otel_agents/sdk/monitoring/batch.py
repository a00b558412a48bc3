"""Updates that are held back to be made together: ``metrics_collector.batch_update()``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

_MOST = 1000  # held back; a batch that never ends is counted this many at a time

Update = Callable[[], None]


class Batch:
    """Collects updates until it is closed; tasks and threads started inside may outlive it and are not lost."""

    def __init__(self, together: Callable[[Sequence[Update]], None]) -> None:
        self._together = together
        self._lock = threading.Lock()
        self._held: list[Update] = []
        self._closed = False

    def add(self, update: Update) -> None:
        """Hold an update back, or make it at once when the batch is over."""
        with self._lock:
            self._held.append(update)
            if self._closed or len(self._held) >= _MOST:
                self._make()

    def close(self) -> None:
        """Make what is held."""
        with self._lock:
            self._closed = True
            self._make()

    def _make(self) -> None:
        held, self._held = self._held, []
        self._together(held)
