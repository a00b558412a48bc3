"""Keeps spans in a DuckDB file: one writer, any number of readers in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import duckdb
import pyarrow as pa

from otel_agents.collector.handoff import SpanBatch
from otel_agents.collector.store.store import Commit
from otel_agents.collector.store.insert import insert_sql
from otel_agents.collector.store.layout import lay_out

_RANGES = """
INSERT INTO trace_ranges
SELECT lower(hex(trace_id)), make_timestamp((min(start_ns) // 1000)::BIGINT), make_timestamp((max(start_ns) // 1000)::BIGINT)
FROM incoming GROUP BY trace_id
"""

SCHEMA = files("otel_agents.collector.store") / "schema"


class DuckDBStore:
    """A store in one file of a folder.

    Args:
        path: the database file; made when missing.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._writer = duckdb.connect(str(path))
        self._lock = threading.Lock()
        tables = self._writer.execute("SELECT count(*) FROM duckdb_tables()").fetchone()
        if tables == (0,):
            self._writer.execute((SCHEMA / "001_spans.sql").read_text())
        self._writer.execute((SCHEMA / "002_views.sql").read_text())

    def write(self, batches: Sequence[SpanBatch]) -> Commit:
        """Store all spans of the batches that are not there yet, or none."""
        table = pa.Table.from_batches([batch.rows for batch in batches])
        with self._lock:
            laid_out = lay_out(table, self._writer)
            self._writer.register("incoming", laid_out)
            try:
                self._writer.execute("BEGIN")
                self._writer.execute(insert_sql(frozenset(laid_out.column_names)))
                self._writer.execute(_RANGES)
                self._writer.execute("COMMIT")
            finally:
                self._writer.unregister("incoming")
        return Commit(table.num_rows, ())

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor for a short time; it sees one consistent state and cannot write."""
        cursor = self._writer.cursor()
        try:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield cursor
        finally:
            cursor.close()

    def close(self) -> None:
        """Finish what is being written and give the file free."""
        with self._lock:
            self._writer.close()
