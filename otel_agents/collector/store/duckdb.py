"""Keeps spans in a DuckDB file: one writer, any number of readers, all in this process."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from otel_agents.collector.handoff import OverloadedError
from otel_agents.collector.store.checkpoint import Checkpointer
from otel_agents.collector.store.duplicates import drop_repeated, drop_stored
from otel_agents.collector.store.insert import insert_sql
from otel_agents.collector.store.layout import lay_out
from otel_agents.collector.store.opening import open_database
from otel_agents.collector.store.room import FULL_RETRY_S, Room
from otel_agents.collector.store.store import Commit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from otel_agents.collector.handoff import SpanBatch

_RANGES = """
INSERT INTO trace_ranges
SELECT
    lower(hex(trace_id)),
    make_timestamp((min(start_ns) // 1000)::BIGINT),
    make_timestamp((max(start_ns) // 1000)::BIGINT)
FROM incoming
GROUP BY trace_id
RETURNING trace_id
"""


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

    Raises:
        CollectorError: the folder cannot be written, the file is not ours, is newer than this version or is locked.
    """

    def __init__(self, path: Path, *, memory_bytes: int = 1 << 30) -> None:
        self._writer = open_database(path, memory_bytes=memory_bytes)
        self._lock = threading.Lock()
        self._room = Room(path)
        self._checkpointer = Checkpointer(self._room, self._writer.cursor())

    def write(self, batches: Sequence[SpanBatch]) -> Commit:
        """Store all spans of the batches that are not there yet, or none; they survive a crash once this returns.

        Raises:
            OverloadedError: the disk is full, or the memory DuckDB may use.
        """
        with self._lock, _overload():
            self._room.check()
            spans = drop_repeated(pa.Table.from_batches([batch.rows for batch in batches]))
            spans = drop_stored(spans, self._writer)
            if not spans.num_rows:
                return Commit(0, ())
            incoming = lay_out(spans, self._writer)
            self._writer.register("incoming", incoming)
            try:
                self._writer.begin()
                try:
                    self._writer.execute(insert_sql(frozenset(incoming.column_names)))
                    traces = self._writer.execute(_RANGES).fetchall()
                except BaseException:
                    self._writer.rollback()
                    raise
                self._writer.commit()
            finally:
                self._writer.unregister("incoming")
        return Commit(spans.num_rows, tuple(trace for (trace,) in traces))

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor for a short time; it sees one consistent state and cannot write.

        The cursor is inside a read-only transaction, which refuses every change of the database. A statement that ends
        the transaction first would escape it, so SQL of users must be checked to be one SELECT before it gets here.
        Files, networks, extensions and other databases are out of reach of every connection, and settings are locked.
        """
        cursor = self._writer.cursor()
        try:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield cursor
        finally:
            cursor.close()

    def close(self) -> None:
        """Finish what is being written, move the log into the file and give the file free."""
        self._checkpointer.close()
        with self._lock:
            self._writer.close()
