"""Ends a query that takes too long, needs too much memory, or that nobody waits for any more."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import psutil

if TYPE_CHECKING:
    from types import TracebackType

    from duckdb import DuckDBPyConnection

Reason = Literal["time", "memory", "left"]

LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may use. Times are seconds, sizes bytes."""

    time: float
    # How much the whole process may grow meanwhile. DuckDB's own limit does not count what a single text or list takes.
    memory: int = 3 << 29


class Watch:
    """Interrupts a cursor's query, again and again until it ends, once it is over a limit.

    Attributes:
        reason: why the query was interrupted; None while it was not.
    """

    def __init__(self, cursor: DuckDBPyConnection, limits: Limits, left: threading.Event | None = None) -> None:
        self.reason: Reason | None = None
        self._cursor = cursor
        self._limits = limits
        self._left = left
        self._done = threading.Event()
        self._process = psutil.Process()
        self._thread = threading.Thread(target=self._run, name="otel-agents-query-watch", daemon=True)

    def __enter__(self) -> Self:
        self._deadline = time.monotonic() + self._limits.time
        self._ceiling = self._process.memory_info().rss + self._limits.memory
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(LOOK_S):
            self.reason = self.reason or self._over()
            if self.reason is not None:
                self._cursor.interrupt()

    def _over(self) -> Reason | None:
        if time.monotonic() > self._deadline:
            return "time"
        if self._left is not None and self._left.is_set():
            return "left"
        if self._process.memory_info().rss > self._ceiling:
            return "memory"
        return None
