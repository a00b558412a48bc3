"""Whether spikes are watched for, and what is usual: it outlives configurations, and is kept for the next run."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from otel_agents.sdk import faults

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from otel_agents.alerts.anomalies import Anomalies
    from otel_agents.alerts.manager import AlertManager, Look
    from otel_agents.model import Finding
    from otel_agents.sdk.watching.state import StateFile

_MINUTE_NS = 60_000_000_000
_EVERY = 10  # minutes
_SILENT_S = 1_800.0  # after which a process that keeps it is thought to be gone
_OLD = 8 * 1_440  # minutes: a week, and a day

_watch: Watch | None = None


class Watch:
    """Looks for spikes, and keeps what is usual in the program's file.

    Of several processes one does: the first that has something to do, since what is usual of one is not what is of all.

    Args:
        anomalies: what looks.
    """

    def __init__(self, anomalies: Anomalies) -> None:
        self._anomalies = anomalies
        self._file: StateFile | None = None
        self.after_fork()

    def after_fork(self) -> None:
        """Leave to the parent what it keeps."""
        self._keeps = False
        self._tried = False
        self._next = 0  # the minute it is kept in

    def keep_in(self, file: StateFile | None) -> None:
        """Set where it is kept; None: nowhere."""
        if file is not self._file:
            self.close()
            self._file = file
            self.after_fork()

    def findings(self, look: Look) -> Iterable[Finding]:
        """Return the spikes there are."""
        minute = look.now_ns // _MINUTE_NS
        if self._file is not None and minute >= self._next and look.aggregates.program(sums_only=True).requests:
            try:
                self._keep(self._file, minute)
            except Exception as error:  # noqa: BLE001  spikes are found all the same
                faults.report("keeping what is usual", error)
        return self._anomalies.findings(look)

    def _keep(self, file: StateFile, minute: int) -> None:
        self._next = minute + _EVERY
        if self._keeps:
            self._save(file, minute)
        first, self._tried = not self._tried, True
        self._keeps = bool(file.write(_take_over))
        if self._keeps and first:  # who has learned by itself goes on with that
            rows = file.read(lambda connection: connection.execute("SELECT * FROM usual").fetchall())
            self._anomalies.remember({series: (until, figures) for series, until, figures in rows or ()})

    def _save(self, file: StateFile, minute: int) -> None:
        rows = list(self._anomalies.learned())

        def save(connection: sqlite3.Connection) -> None:
            connection.executemany("REPLACE INTO usual VALUES (?, ?, ?)", rows)
            connection.execute("DELETE FROM usual WHERE minute < ?", (minute - _OLD,))

        file.write(save)

    def close(self) -> None:
        """Keep what was learned until now, and let another process do so."""
        if self._file is not None and self._keeps:
            self._save(self._file, self._next - _EVERY)
            self._file.write(lambda connection: connection.execute("DELETE FROM holder"))
        self.after_fork()


def _take_over(connection: sqlite3.Connection) -> bool:
    """Say whether this process is the one that keeps what is usual, from now on or as before."""
    import psutil

    held = connection.execute("SELECT process, time FROM holder").fetchone()
    if held is not None and held[0] != os.getpid() and time.time() - held[1] < _SILENT_S and psutil.pid_exists(held[0]):
        return False
    connection.execute("REPLACE INTO holder VALUES (1, ?, ?)", (os.getpid(), time.time()))
    return True


def watch(manager: AlertManager, *, on: bool, file: StateFile | None) -> None:
    """Have the alerts look for spikes, or not; ``file`` is where what is usual is kept."""
    global _watch
    if _watch is not None:
        manager.remove_source(_watch.findings)
    if on:
        from otel_agents.alerts.anomalies import Anomalies  # for those who watch

        _watch = _watch or Watch(Anomalies())
        _watch.keep_in(file)
        manager.add_source(_watch.findings)


def close() -> None:
    """Keep what was learned until now."""
    if _watch is not None:
        _watch.close()


def after_fork_in_child() -> None:
    """Leave to the parent what it keeps."""
    if _watch is not None:
        _watch.after_fork()


def set_aside() -> Callable[[], None]:
    """Begin with nothing learned; give what brings back what was."""
    global _watch
    aside, _watch = _watch, None

    def bring_back() -> None:
        global _watch
        _watch = aside

    return bring_back
