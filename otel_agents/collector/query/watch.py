"""Ends a query that takes too long, needs too much memory, or that nobody waits for any more."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import duckdb
import psutil

from otel_agents.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from duckdb import DuckDBPyConnection

Reason = Literal["time", "memory", "left"]

LOOK_S = 0.02
CHILD_BYTES = 128 << 20  # of a process that has its imports and no query


HUNGRY = "narrow it, by start_time for example, or group less finely"

_CACHE = "SELECT memory_usage_bytes FROM duckdb_memory() WHERE tag = 'BASE_TABLE'"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may use. Times are seconds, sizes bytes."""

    time: float
    memory: int


class Watch:
    """Interrupts a cursor's query, again and again until it ends, once it is over a limit.

    The memory is what the process grew by since the query began, beside the cache of the database's blocks: that of one
    query, or of several at once and what is being stored meanwhile. A query in a process of its own is killed, and has
    its process measured alone.

    Attributes:
        limits: those of the query.
        reason: why the query was ended; None while it was not.
    """

    def __init__(self, cursor: DuckDBPyConnection, limits: Limits, left: threading.Event | None = None) -> None:
        self.limits = limits
        self.reason: Reason | None = None
        self._stop: Callable[[], object] = cursor.interrupt
        self._look = cursor.cursor()
        self._left = left
        self._child: psutil.Process | None = None
        self._done = threading.Event()
        self._process = psutil.Process()
        self._thread = threading.Thread(target=self._run, name="otel-agents-query-watch", daemon=True)

    def __enter__(self) -> Self:
        self._deadline = time.monotonic() + self.limits.time
        self._before = self._process.memory_info().rss
        self._cached = self._cache()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self._look.close()

    @contextmanager
    def over(self, process: int, kill: Callable[[], object]) -> Iterator[None]:
        """Watch another process as well, and end it with the query.

        Args:
            process: its number.
            kill: what ends it.
        """
        interrupt = self._stop

        def stop() -> None:
            interrupt()
            with suppress(ValueError):  # it has ended, and was put away
                kill()

        self._stop = stop
        with suppress(psutil.Error):  # it has ended already
            self._child = psutil.Process(process)
        try:
            yield
        finally:
            self._child, self._stop = None, interrupt

    def ended(self, error: BaseException | None = None) -> QueryError | None:
        """The error to raise for a query that was ended, or that ran out of memory; None for any other."""
        if self.reason == "time":
            return QueryError(
                f"the query took longer than {self.limits.time:g} s",
                kind="timeout",
                hint="narrow it, by start_time for example",
            )
        if self.reason == "left":
            return QueryError("nobody waited for the answer", kind="failed")
        if self.reason == "memory" or isinstance(error, duckdb.OutOfMemoryException | MemoryError):
            return too_hungry()
        return None

    def _run(self) -> None:
        while not self._done.wait(LOOK_S):
            self.reason = self.reason or self._over()
            if self.reason is not None:
                self._stop()

    def _over(self) -> Reason | None:
        if time.monotonic() > self._deadline:
            return "time"
        if self._left is not None and self._left.is_set():
            return "left"
        if self._taken() > self.limits.memory:
            return "memory"
        return None

    def _taken(self) -> int:
        if self._child is not None:
            with suppress(psutil.Error):  # it has just ended
                return int(self._child.memory_info().rss) - CHILD_BYTES
        grown = int(self._process.memory_info().rss) - self._before
        return grown if grown <= self.limits.memory else grown - (self._cache() - self._cached)

    def _cache(self) -> int:
        ((size,),) = self._look.execute(_CACHE).fetchall()
        return int(size)


def too_hungry() -> QueryError:
    """What to raise for a query that needs more memory than one may have."""
    return QueryError("the query needs too much memory", kind="failed", hint=HUNGRY)
