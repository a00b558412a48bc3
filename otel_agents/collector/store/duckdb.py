"""Keeps spans, metrics and logs in a DuckDB file: one writer, any number of readers, all in this process."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.handoff import SPANS, LogBatch, OpenBatch, OverloadedError, PointBatch, SpanBatch
from otel_agents.collector.store import evaluations, owners, removal
from otel_agents.collector.store.checkpoint import Checkpointer
from otel_agents.collector.store.insert import insert_sql
from otel_agents.collector.store.layout import lay_out
from otel_agents.collector.store.open_changes import identities
from otel_agents.collector.store.open_spans import OpenSpans
from otel_agents.collector.store.opening import open_database
from otel_agents.collector.store.records import lay_out_logs, lay_out_points, log_statements, point_statements
from otel_agents.collector.store.rollups import Rollups, take_away
from otel_agents.collector.store.room import FULL_RETRY_S, Room
from otel_agents.collector.store.store import Commit, merged
from otel_agents.collector.store.tenants import TenantConnections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from otel_agents.collector.handoff import Batch
    from otel_agents.collector.store.open_changes import Change
    from otel_agents.collector.store.removal import Removed

_KEY = "TRY_CAST('0x' || right(lower(hex(trace_id)), 16) AS UBIGINT)"
_RANGES = """
INSERT INTO trace_ranges BY NAME
SELECT
    lower(hex(trace_id)) AS trace_id,
    {key} AS key,
    make_timestamp((min(start_ns) // 1000)::BIGINT) AS first,
    make_timestamp((max(start_ns) // 1000)::BIGINT) AS last,
    {tenant} AS tenant,
    batch
FROM incoming {where}
GROUP BY ALL
RETURNING trace_id, tenant
"""
_LAST_BATCH = "SELECT greatest((SELECT max(batch) FROM trace_ranges), (SELECT batch FROM rollup_state))"
_SPANS_OF_TENANTS = "SELECT {tenant} AS tenant, count(*) FROM incoming GROUP BY tenant"
_KNOWN = "known"  # of a snapshot that takes another's place: its trace's range has its start


def _span_statements(incoming: pa.Table) -> list[str]:
    present = frozenset(incoming.column_names)
    where = f"WHERE NOT {_KNOWN}" if _KNOWN in present else ""
    ranges = _RANGES.format(key=_KEY, tenant=owners.tenant(present), where=where)
    return [insert_sql(present), ranges, *evaluations.of_spans(incoming)]


_STATEMENTS: Final = {
    "incoming": _span_statements,
    "incoming_points": point_statements,
    "incoming_logs": log_statements,
}


@contextmanager
def _overload() -> Iterator[None]:
    """Tell what passes by itself from what does not."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise OverloadedError("the collector is out of memory") from error
    except duckdb.Error as error:
        if os.strerror(errno.ENOSPC) not in str(error):
            raise
        raise OverloadedError("the collector's disk is full", retry_after_s=FULL_RETRY_S) from error


class DuckDBStore:
    """A store in one file; nobody else can open the file while it is open.

    Args:
        path: the database file; made when missing, and its folder too.
        memory_bytes: what DuckDB may use before it writes intermediate results to disk.

    Attributes:
        on_stored: is given the spans of each write, once they are committed; it must not wait or fail.

    Raises:
        CollectorError: the folder cannot be written, the file is not ours, is newer than this version or is locked.
    """

    on_stored: Callable[[pa.Table], None] | None = None

    def __init__(self, path: Path, *, memory_bytes: int = 1 << 30) -> None:
        self._writer = open_database(path, memory_bytes=memory_bytes)
        self._lock = threading.Lock()
        self._open = OpenSpans(self._writer)
        self._room = Room(path)
        self._checkpointer = Checkpointer(self._room, self._writer.cursor())
        self._tenants = TenantConnections(self._writer.cursor)
        self._rollups = Rollups(self._writer.cursor())
        ((self._batch,),) = self._writer.execute(_LAST_BATCH).fetchall()

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

    def write(self, batches: Sequence[Batch], number: int | None = None) -> Commit:
        """Store all of the batches that is not there yet, or none; it survives a crash once this returns.

        Args:
            batches: of any signal.
            number: that of the last of them in the journal, stored with them; None where they are in none.

        Raises:
            OverloadedError: the disk is full, or the memory DuckDB may use.
        """
        with self._lock, _overload():
            self._room.check()
            incoming, change = self._lay_out(batches)
            for name, rows in incoming.items():
                self._writer.register(name, rows)
            try:
                self._writer.begin()
                try:
                    if change is not None:
                        self._open.write(change)
                    commit = self._insert(incoming)
                    if number is not None:
                        self._writer.execute("UPDATE journal SET number = ?", [number])
                except BaseException:
                    self._writer.rollback()
                    raise
                self._writer.commit()
            finally:
                for name in incoming:
                    self._writer.unregister(name)
            self._rollups.wake()
            if self.on_stored is not None and "incoming" in incoming:
                self.on_stored(incoming["incoming"])
            if change is None:
                return commit
            self._open.committed(change)
        return merged(commit, change.commit)

    def _lay_out(self, batches: Sequence[Batch]) -> tuple[dict[str, pa.Table], Change | None]:
        """The tables to be inserted, by the names the statements have for them; and what becomes of open spans."""
        incoming: dict[str, pa.Table] = {}
        change = None
        spans = [batch for batch in batches if isinstance(batch, SpanBatch)]
        reports = [batch for batch in batches if isinstance(batch, OpenBatch)]
        if spans or reports:
            sent = owners.with_owners(pa.Table.from_batches([batch.rows for batch in spans], SPANS), spans)
            new, change = self._open.arrange(sent, reports)
            if new.num_rows:
                self._batch += 1
                batch = pa.repeat(pa.scalar(self._batch, pa.uint32()), new.num_rows)
                incoming["incoming"] = lay_out(new, self._writer).append_column("batch", batch)
            if change is not None and change.again:
                known = pc.is_in(identities(new), value_set=pa.array(change.again, pa.binary()))
                incoming["incoming"] = incoming["incoming"].append_column(_KNOWN, known)
        if points := [batch for batch in batches if isinstance(batch, PointBatch)]:
            incoming["incoming_points"] = lay_out_points(points, self._writer)
        if logs := [batch for batch in batches if isinstance(batch, LogBatch)]:
            incoming["incoming_logs"] = lay_out_logs(logs, self._writer)
        return incoming, change

    def _insert(self, incoming: dict[str, pa.Table]) -> Commit:
        """Insert them; some statements return the traces of the spans and evaluations, each with its tenant."""
        traces: dict[tuple[str, str | None], None] = {}
        for name, rows in incoming.items():
            for statement in _STATEMENTS[name](rows):
                returned = self._writer.execute(statement).fetchall()
                traces.update((row, None) for row in returned if len(row) == 2 and row[0] is not None)
        spans = incoming.get("incoming")
        named = {tenant for _, tenant in traces if tenant is not None}
        counts: dict[str | None, int] = {}
        if named and spans is not None:
            counts = self._count_by_tenant(frozenset(spans.column_names))
        return Commit(
            0 if spans is None else spans.num_rows,
            tuple(dict.fromkeys(trace for trace, _ in traces)),
            {
                tenant: Commit(counts.get(tenant, 0), tuple(trace for trace, of in traces if of == tenant))
                for tenant in named
            },
        )

    def _count_by_tenant(self, present: frozenset[str]) -> dict[str | None, int]:
        statement = _SPANS_OF_TENANTS.format(tenant=owners.tenant(present))
        return dict(self._writer.execute(statement).fetchall())

    def open_spans(self, state: str) -> int:
        """Say how many spans without an end are in a state: open, or abandoned."""
        return self._open.count(state)

    def open_programs(self) -> dict[str, datetime]:
        """Give the programs that have spans open, and when they last reported news of one (UTC, without a zone)."""
        return self._open.programs()

    def abandon(self, program: str, seen: datetime) -> Commit:
        """Mark the spans of a program that ended without a word, after it was last ``seen`` (UTC, without a zone).

        Raises:
            OverloadedError: the disk is full, or the memory DuckDB may use.
        """
        with self._lock, _overload():
            self._room.check()
            change = self._open.lost(program, seen)
            self._writer.begin()
            try:
                self._open.write(change)
            except BaseException:
                self._writer.rollback()
                raise
            self._writer.commit()
            self._open.committed(change)
        return change.commit

    def remove(self, before: datetime) -> Removed:
        """Remove some of what is older than a time (UTC, without a zone), whole traces, the oldest first.

        Raises:
            OverloadedError: the disk is full, or the memory DuckDB may use.
        """
        with self._lock, _overload(), self._rollups.changing():
            self._writer.begin()
            try:
                removed = removal.remove(self._writer, before, partial(take_away, self._writer))
            except BaseException:
                self._writer.rollback()
                raise
            self._writer.commit()
            if removed.traces:
                self._open.load()
        return removed

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
    def read(self, tenant: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor for a short time; it sees one consistent state, of a tenant or of all, and cannot write.

        The cursor is inside a read-only transaction, which refuses every change of the database. A statement that ends
        the transaction first would escape it, so SQL of users must be checked to be one SELECT before it gets here.
        Files, networks, extensions and other databases are out of reach of every connection, and settings are locked.
        """
        cursor = self._writer.cursor() if tenant is None else self._tenants.take(tenant)
        try:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield cursor
        finally:
            if tenant is None:
                cursor.close()
            else:
                self._tenants.give_back(tenant, cursor)

    def close(self) -> None:
        """Finish what is being written, move the log into the file and give the file free."""
        self._rollups.close()
        self._checkpointer.close()
        self._tenants.close()
        with self._lock:
            self._writer.close()
