"""Keeps spans, metrics and logs in a DuckDB file: one writer, any number of readers, all in this process.

A file that turns out to be damaged is set aside and a new one begun; one that DuckDB gave up is opened anew.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import duckdb

from otel_agents.collector.handoff import OverloadedError
from otel_agents.collector.store import damage, removal
from otel_agents.collector.store.checkpoint import Checkpointer
from otel_agents.collector.store.incoming import Incoming
from otel_agents.collector.store.open_spans import OpenSpans
from otel_agents.collector.store.opening import open_or_set_aside
from otel_agents.collector.store.readers import Readers
from otel_agents.collector.store.rollups import Rollups, take_away
from otel_agents.collector.store.room import FULL_RETRY_S, Room
from otel_agents.collector.store.store import Commit, merged
from otel_agents.collector.store.taking_over import take_over
from otel_agents.collector.store.tenants import TenantConnections
from otel_agents.errors import CollectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from otel_agents.collector.handoff import Batch
    from otel_agents.collector.store.readers import Lent
    from otel_agents.collector.store.removal import Removed

_REOPEN_PAUSE_S: Final = 2.0  # between attempts to open the file again
_NOTES: Final = 4096  # rows that were deleted one by one take longer to go through than to make the table anew
_LOOK_S: Final = 0.1  # between two looks whether to wait for those who write

_log = logging.getLogger(__name__)


class DuckDBStore:
    """A store in one file; nobody else can open the file while it is open.

    Args:
        path: the database file; made when missing, and its folder too.
        memory_bytes: what DuckDB may use before it writes intermediate results to disk.
        set_aside: is set when the file was set aside while it was in use.

    Attributes:
        on_stored: is given the spans of each write, once they are committed; it must not wait or fail.

    Raises:
        CollectorError: the folder cannot be written, the file is not ours, is newer than this version or is locked.
    """

    on_stored: Callable[[pa.Table], None] | None = None

    def __init__(self, path: Path, *, memory_bytes: int = 1 << 30, set_aside: threading.Event | None = None) -> None:
        self._path = path
        self._memory_bytes = memory_bytes
        self._set_aside = set_aside or threading.Event()
        self._lock = threading.Lock()
        self._room = Room(path)
        self._readers = Readers()
        self._number: int | None = None  # of the last write
        self._noted = 0
        self._changes = 0  # commits that changed what can be read
        self._closing = threading.Event()
        self._reopening: threading.Thread | None = None
        self._open_file()

    def _open_file(self) -> None:
        self._writer = open_or_set_aside(self._path, memory_bytes=self._memory_bytes)
        self._open = OpenSpans(self._writer)
        self._checkpointer = Checkpointer(self._room, self._writer.cursor(), self._gives_up, self._still)
        self._tenants = TenantConnections(self._writer.cursor)
        self._rollups = Rollups(self._writer.cursor(), self._gives_up)
        self._incoming = Incoming(self._writer, self._open)

    def check_room(self) -> None:
        """See that there is room on the disk.

        Raises:
            OverloadedError: there is not.
        """
        self._room.check()

    def check(self) -> None:
        """See that it can store and answer now.

        Raises:
            OverloadedError: there is no room on the disk.
            duckdb.Error: it does not answer.
        """
        self.check_room()
        with self.read() as cursor:
            cursor.execute("SELECT number FROM journal")

    def stored(self) -> int:
        """Give the number that came with the last write."""
        ((number,),) = self._writer.execute("SELECT number FROM journal").fetchall()
        return int(number)

    def write(self, batches: Iterable[Batch], number: int | None = None) -> Commit:
        """Store all of the batches that is not there yet, or none; it survives a crash once this returns.

        Args:
            batches: of any signal; they are let go of before the rows are inserted.
            number: that of the last of them in the journal, stored with them; None where they are in none.

        Raises:
            OverloadedError: the disk is full, or the memory DuckDB may use.
        """
        with self._lock, self._told():
            self._room.check()
            incoming, change = self._incoming.lay_out(batches)
            for name, rows in incoming.items():
                self._writer.register(name, rows)
            try:
                self._writer.begin()
                try:
                    if change is not None:
                        self._open.write(change)
                    commit = self._incoming.insert(incoming)
                    if number is not None:
                        self._note(number)
                except BaseException:
                    self._writer.rollback()
                    raise
                self._committed()
                self._number = number
            finally:
                for name in incoming:
                    self._writer.unregister(name)
            self._rollups.wake(commit.spans)
            if self.on_stored is not None and "incoming" in incoming:
                self.on_stored(incoming["incoming"])
            if change is None:
                return commit
            self._open.committed(change)
        return merged(commit, change.commit)

    def _note(self, number: int) -> None:
        """Keep the number of the last batch that is stored."""
        # Not by an UPDATE: there could be no checkpoint until all who read at that moment had ended.
        self._noted += 1
        if self._noted % _NOTES == 0:
            self._writer.execute("CREATE OR REPLACE TABLE journal (number UBIGINT NOT NULL)")
        else:
            self._writer.execute("DELETE FROM journal")
        self._writer.execute("INSERT INTO journal VALUES (?)", [number])

    def _committed(self) -> None:
        self._writer.commit()
        self._changes += 1

    def state(self, tenant: str | None = None) -> Hashable:
        """Name the state of what a tenant, or who sees all, can read: while it is the same, so are answers."""
        return self._changes, tenant

    def are_many_coming(self) -> bool:
        """Whether many spans were just stored that are being added to the roll-ups, or will be in a moment."""
        return self._rollups.are_many_coming

    def interrupt(self) -> None:
        """Make the write that runs fail; any thread may."""
        self._writer.interrupt()

    def open_spans(self, state: str) -> int:
        """Say how many spans without an end are in a state: open, or abandoned."""
        return self._open.count(state)

    def open_programs(self) -> dict[str, datetime]:
        """Give the programs that have spans open, and when they last reported news of one (UTC, without a zone)."""
        return self._open.programs()

    def are_open(self, ids: frozenset[bytes]) -> bool:
        """Say whether any span of some ids, trace and span in one, has no end yet."""
        return self._open.has(ids)

    def are_abandoned(self, program: str) -> bool:
        """Say whether spans of a program are marked as those of one that died."""
        return self._open.abandoned(program)

    def abandon(self, program: str, seen: datetime) -> Commit:
        """Mark the spans of a program that ended without a word, after it was last ``seen`` (UTC, without a zone).

        Raises:
            OverloadedError: the disk is full, or the memory DuckDB may use.
        """
        with self._lock, self._told():
            self._room.check()
            change = self._open.lost(program, seen)
            self._writer.begin()
            try:
                self._open.write(change)
            except BaseException:
                self._writer.rollback()
                raise
            self._committed()
            self._open.committed(change)
        return change.commit

    def remove(self, before: datetime) -> Removed:
        """Remove some of what is older than a time (UTC, without a zone), whole traces, the oldest first.

        Raises:
            OverloadedError: the disk is full, or the memory DuckDB may use.
        """
        with self._lock, self._told(), self._rollups.changing():
            self._writer.begin()
            try:
                removed = removal.remove(self._writer, before, partial(take_away, self._writer))
            except BaseException:
                self._writer.rollback()
                raise
            self._committed()
            if removed.traces:
                self._open.load()
        return removed

    def take_over(self, table: str, rows: pa.Table) -> bool:
        """Store rows of another file's table that are not there yet; False where such rows are not kept.

        Raises:
            OverloadedError: as ``write``.
        """
        with self._lock, self._told():
            self._room.check()
            self._writer.begin()
            try:
                taken = take_over(self._writer, table, rows, self._incoming.next_batch())
            except BaseException:
                self._writer.rollback()
                raise
            self._committed()
            self._open.load()
            self._rollups.wake()
        return taken

    def oldest(self, share: float) -> datetime | None:
        """Say before which time (UTC, without a zone) a share of all records lies; None where there are none."""
        with self.read() as cursor:
            return removal.oldest(cursor, share)

    def size(self) -> int:
        """Bytes of the file that are in use, and of the log; removing makes it less with the next checkpoint."""
        with self.read() as cursor:
            return removal.used_bytes(cursor) + self._room.log_bytes()

    def live_share(self) -> float:
        """Say what share of the spans that take room is still there, as of the last checkpoint."""
        with self.read() as cursor:
            return removal.live_share(cursor)

    def roll_up(self) -> None:
        """Bring the roll-ups up to date now, and not in a moment."""
        while self._rollups.step():
            pass

    def checkpoint(self) -> None:
        """Move the log into the file now; see ``Checkpointer``."""
        self._checkpointer.checkpoint()

    @contextmanager
    def _still(self, enough: threading.Event) -> Iterator[None]:
        """Keep everybody from writing.

        Raises:
            OverloadedError: an event was set before those who write had ended.
        """
        while not self._lock.acquire(timeout=_LOOK_S):
            if enough.is_set():
                raise OverloadedError("the database is being closed")
        try:
            with self._rollups.changing():
                yield
        finally:
            self._lock.release()

    @contextmanager
    def read(self, tenant: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor for a short time; it sees one consistent state, of a tenant or of all, and cannot write.

        The cursor is inside a read-only transaction, which refuses every change of the database. A statement that ends
        the transaction first would escape it, so SQL of users must be checked to be one SELECT before it gets here.
        Files, networks, extensions and other databases are out of reach of every connection, and settings are locked.

        Raises:
            OverloadedError: the file is being opened anew, or turns out to be damaged.
        """
        with self._readers.lend(lambda: self._lent(tenant)) as cursor:
            try:
                cursor.execute("BEGIN TRANSACTION READ ONLY")
                yield cursor
            except BaseException as error:
                seen: BaseException | None = error
                while seen is not None:
                    if self._gives_up(seen):
                        raise OverloadedError("the database is being opened anew") from error
                    seen = seen.__context__
                if self._readers.is_shut:  # it was interrupted
                    raise OverloadedError("the database is being opened anew") from error
                raise

    def _lent(self, tenant: str | None) -> Lent:
        """Make a cursor, and what it is given back by, of the connection there is now."""
        if tenant is None:
            cursor = self._writer.cursor()
            return cursor, cursor.close
        cursor = self._tenants.take(tenant)
        return cursor, partial(self._tenants.give_back, tenant, cursor)

    def close(self) -> None:
        """Finish what is being written, move the log into the file and give the file free."""
        self._closing.set()
        if self._reopening is not None:
            self._reopening.join()
        self._rollups.close()
        self._readers.shut()  # what is asked still has nobody to answer to
        self._checkpointer.close()
        self._tenants.close()
        with self._lock:
            self._writer.close()

    # --- When the file cannot be used any more ----------------------------------------------------------------------

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what passes by itself from what does not."""
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise OverloadedError("the collector is out of memory") from error
        except duckdb.Error as error:
            if self._gives_up(error):
                raise OverloadedError("the database is being opened anew") from error
            if os.strerror(errno.ENOSPC) not in str(error):
                raise
            raise OverloadedError("the collector's disk is full", retry_after_s=FULL_RETRY_S) from error

    def _gives_up(self, error: BaseException) -> bool:
        """Begin to open the file anew where an error says that it is of no use as it is; tell whether that is so."""
        why = damage.why(error)
        if why is None and not isinstance(error, duckdb.FatalException):
            return False
        with self._readers.changing:
            if self._reopening is None and not self._closing.is_set():
                self._reopening = threading.Thread(target=self._reopen, args=(why, str(error)), name="reopen")
                self._reopening.start()
        return True

    def _reopen(self, damaged: str | None, said: str) -> None:
        """Open the file anew: another in its place where it is damaged."""
        if damaged is None:
            _log.error("The database cannot be used any more and is opened anew: %s", said.partition("\n")[0])
        with self._lock:
            self._readers.shut()
            self._rollups.close()
            self._checkpointer.close()
            self._tenants.close()
            self._writer.close()
            while True:
                try:
                    if damaged is not None:
                        report = damage.set_aside(self._path, damaged)
                        _log.error(
                            "%s is damaged: %s; it is kept as %s", self._path, damaged, report.with_suffix(".duckdb")
                        )
                        damaged = None
                    self._open_file()
                    break
                except (CollectorError, duckdb.Error, OSError) as error:
                    _log.error("The database cannot be opened; it is tried again: %s", error)
                    if self._closing.wait(_REOPEN_PAUSE_S):
                        return
            if self._number is not None:
                self._note(self._number)
        self._changes += 1
        self._reopening = None
        self._readers.open()
        self._set_aside.set()
