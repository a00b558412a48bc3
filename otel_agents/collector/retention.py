"""Removes what is older than the user wants to keep, or more than that, while spans come in."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agents.collector.meters import Meters
    from otel_agents.collector.store.duckdb import DuckDBStore

LOOK_S: Final = 1.0  # from one look at the size to the next
AGE_LOOK_S: Final = 30.0  # from one look at the age to the next
PAUSE_S: Final = 0.05  # between two steps, for the writes that wait
# Of the size that is allowed: where removing begins, and where it ends. What comes in until the next checkpoint, and
# the checkpoint itself, which writes the new before it gives the old free, have room in the rest.
HIGH: Final = 0.8
LOW: Final = 0.7
# Room comes free by row groups, of 122,880 spans each. Where few of them fill the size that is allowed, so much of it
# is kept all the same.
LEAST: Final = 0.5
ROUND: Final = 0.05  # of all records, the least removed at a time: each ends with a checkpoint

_log = logging.getLogger(__name__)


class Retention:
    """Watches age and size in a thread of its own.

    Args:
        store: what is watched.
        meters: where what was removed is counted.
        keep_days: what is older is removed; None for nothing.
        keep_bytes: when the database is larger, the oldest is removed; None for nothing.
        now: the time, in UTC.
    """

    def __init__(
        self,
        store: DuckDBStore,
        meters: Meters,
        keep_days: float | None,
        keep_bytes: int | None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._meters = meters
        self._keep_days = keep_days
        self._keep_bytes = keep_bytes
        self._now = now
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)
        if keep_days is not None or keep_bytes is not None:
            self._thread.start()

    def close(self) -> None:
        """Stop watching; a step that runs is finished."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        looks = 0
        while True:
            try:
                if looks % round(AGE_LOOK_S / LOOK_S) == 0:
                    self.by_age()
                self.by_size()
            except Exception:  # noqa: BLE001 - whatever it is, later it may work
                _log.exception("What is old could not be removed; it is tried again")
            looks += 1
            if self._closing.wait(LOOK_S):
                return

    def by_age(self) -> None:
        """Remove what is too old."""
        if self._keep_days is not None:
            before = self._now().replace(tzinfo=None) - timedelta(days=self._keep_days)
            self._remove(before, "age")

    def by_size(self) -> None:
        """Remove the oldest until the rest has room."""
        if self._keep_bytes is None or self._store.size() <= HIGH * self._keep_bytes:
            return
        self._store.checkpoint()  # the log is longer than what becomes of it, and may tell of removals too
        share = 0.0
        while not self._closing.is_set():
            size = self._store.size()
            live = size * self._store.live_share()
            if size <= LOW * self._keep_bytes or live <= LEAST * self._keep_bytes:
                return
            share = min(1.0, max(2 * share, ROUND, 1 - LOW * self._keep_bytes / live))
            oldest = self._store.oldest(share)
            if oldest is None:
                return
            if self._remove(oldest + timedelta(microseconds=1), "size"):
                share = 0.0
                self._store.checkpoint()

    def _remove(self, before: datetime, reason: str) -> int:
        """Remove what is older, in steps; return how many records that was."""
        number = 0
        while True:
            removed = self._store.remove(before)
            number += sum(removed.records.values())
            self._meters.add("traces_removed_total", removed.traces, reason=reason)
            for signal, records in removed.records.items():
                self._meters.add("records_removed_total", records, signal=signal, reason=reason)
            if removed.all or self._closing.wait(PAUSE_S):
                break
        if number:
            _log.info("Removed %s records from before %s, because of their %s", number, before, reason)
        return number
