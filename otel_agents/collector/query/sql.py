"""Runs a user's SQL, which is untrusted, on a store: checked, read-only, and bounded in time, memory and size.

A query whose memory DuckDB keeps account of runs in the collector (``tame.py``), any other in a process of its own
(``apart.py``).
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from otel_agents.collector.query import apart
from otel_agents.collector.query.answer import Answer, answer, begin_again
from otel_agents.collector.query.check import check
from otel_agents.collector.query.hints import columns_of, explain
from otel_agents.collector.query.syntax import Node, parse
from otel_agents.collector.query.tame import is_tame
from otel_agents.collector.query.watch import Limits, Watch
from otel_agents.errors import QueryError

if TYPE_CHECKING:
    import threading

    from duckdb import DuckDBPyConnection

    from otel_agents.collector.store.store import Store

QUERY_MEMORY = 512 << 20
_LOCKED = "SELECT current_setting('enable_external_access'), current_setting('lock_configuration')"


@dataclass(frozen=True, slots=True)
class QueryResult(Answer):
    """An answer, and how long it took."""

    elapsed_ms: float


def run_user_sql(
    store: Store,
    sql: str,
    limit: int = 10_000,
    timeout_s: float = 10,
    *,
    memory: int = QUERY_MEMORY,
    left: threading.Event | None = None,
) -> QueryResult:
    """Run one SELECT over the tables of ``check.TABLES``.

    What runs is the user's own text, checked as the syntax tree of the parser that parses it again to run it. A text
    written from a changed tree is checked in the same way before it runs.

    Args:
        store: what to read.
        sql: DuckDB's SQL, untrusted.
        limit: the most rows to return.
        timeout_s: the most seconds to take.
        memory: the most bytes to take.
        left: set by the caller when nobody waits for the answer any more.

    Raises:
        QueryError: it was refused, failed or took too long; the message says why and where.
    """
    started = time.perf_counter()
    limits = Limits(time=timeout_s, memory=memory)
    with store.read() as cursor, Watch(cursor, limits, left) as watch:
        if cursor.execute(_LOCKED).fetchone() != (False, True):
            raise QueryError("the store is not locked against a user's SQL", kind="failed")
        statement: Node = {}
        try:
            cursor.execute(f"SET operator_memory_limit = '{memory // 2048}KiB'")  # sorts and joins go to disk there
            statement = parse(cursor, sql)
            check(statement, sql)
            if is_tame(statement):
                got = answer(cursor, sql, statement, limit, stored=True)
            else:
                got = apart.answer(cursor, sql, statement, limit, watch)
        except (duckdb.Error, MemoryError) as error:
            raise watch.ended(error) or _explained(error, sql, statement, cursor) from None
    elapsed_ms = round((time.perf_counter() - started) * 1000, 3)
    return QueryResult(got.columns, got.types, got.rows, got.truncated, elapsed_ms)


def _explained(error: Exception, sql: str, statement: Node, cursor: DuckDBPyConnection) -> QueryError:
    known: set[str] = set()
    with contextlib.suppress(duckdb.Error):
        begin_again(cursor)
        known = columns_of(statement, cursor)
    return explain(error, sql, statement, known)
