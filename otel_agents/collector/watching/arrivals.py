"""Which spans were stored since the last look."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS: Final = ["trace_id", "span_id", "start_ns", "end_ns"]
LONGEST_NS: Final = 7 * 86_400 * 10**9  # what took longer began at no time, as its sender does not tell it
MOST: Final = 2_000_000  # spans, of 32 bytes each; beyond it, those that came first are not looked at


class Arrivals:
    """Holds their ids, between the thread that stores and the one that looks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables: deque[pa.Table] = deque()
        self._spans = 0
        self.missed = 0

    def put(self, stored: pa.Table) -> None:
        """Take what was stored; never waits."""
        ids = stored.select(COLUMNS)
        with self._lock:
            self._tables.append(ids)
            self._spans += ids.num_rows
            while self._spans > MOST and len(self._tables) > 1:
                first = self._tables.popleft().num_rows
                self._spans -= first
                self.missed += first

    def take(self, most: int, since_ns: int) -> Iterator[pa.Table]:
        """Give what came until now and ended since a time, so many at a time at most."""
        with self._lock:
            tables, self._spans = list(self._tables), 0
            self._tables.clear()
        if tables:
            together = pa.concat_tables(tables)
            # With the type the times have: one may be beyond what is signed.
            since, oldest = (pa.scalar(max(0, ns), pa.uint64()) for ns in (since_ns, since_ns - LONGEST_NS))
            in_time = pc.greater_equal(together["end_ns"], since)
            together = together.filter(pc.and_(in_time, pc.greater_equal(together["start_ns"], oldest)))
            for at in range(0, together.num_rows, most):
                yield together.slice(at, most)
