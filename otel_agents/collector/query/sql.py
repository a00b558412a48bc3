"""Runs a user's SQL, which is untrusted, on a store: checked, read-only, and bounded in time, memory and size."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from otel_agents.collector.query import rewrite
from otel_agents.collector.query.check import TABLES, check
from otel_agents.collector.query.hints import explain
from otel_agents.collector.query.syntax import Node, parse, unparse
from otel_agents.collector.query.values import size, to_json
from otel_agents.collector.query.watch import Limits, Watch
from otel_agents.errors import QueryError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from otel_agents.collector.store.store import Store

MAX_ANSWER_BYTES = 32 * 1024 * 1024
_CHUNK = 500  # rows taken at a time, so that a large answer is noticed while it grows

_LOCKED = "SELECT current_setting('enable_external_access'), current_setting('lock_configuration')"


@dataclass(frozen=True, slots=True)
class QueryResult:
    """An answer, in values that JSON can hold (``values.to_json``)."""

    columns: list[str]
    types: list[str]  # DuckDB's names
    rows: list[list[Any]]
    truncated: bool  # there were more rows than the limit, or they took too much room
    elapsed_ms: float


def run_user_sql(
    store: Store,
    sql: str,
    limit: int = 10_000,
    timeout_s: float = 10,
    *,
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
        left: set by the caller when nobody waits for the answer any more.

    Raises:
        QueryError: it was refused, failed or took too long; the message says why and where.
    """
    started = time.perf_counter()
    with store.read() as cursor, Watch(cursor, Limits(time=timeout_s), left) as watch:
        if cursor.execute(_LOCKED).fetchone() != (False, True):
            raise QueryError("the store is not locked against a user's SQL", kind="failed")
        statement: Node = {}
        try:
            statement = parse(cursor, sql)
            check(statement, sql)
            statement, text, columns, types = _bind(cursor, sql, statement)
            _execute(cursor, statement, text, types)
            rows, truncated = _fetch(cursor, limit)
        except duckdb.Error as error:
            raise _failure(error, watch, timeout_s, sql, statement, cursor) from None
        except (ValueError, ArithmeticError, RuntimeError, MemoryError):  # a value or a message that Python cannot hold
            raise QueryError("the answer holds a value that cannot be shown", kind="failed") from None
    return QueryResult(columns, types, rows, truncated, round((time.perf_counter() - started) * 1000, 3))


def _bind(cursor: DuckDBPyConnection, sql: str, statement: Node) -> tuple[Node, str, list[str], list[str]]:
    """Find the answer's columns and types without running the query."""
    try:
        return statement, sql, *_columns(cursor, sql)
    except duckdb.BinderException as error:
        other = rewrite.aliases_in_group_by(statement) if "GROUP BY" in str(error) else None
        _begin_again(cursor)
        if other is None:
            raise
        text = unparse(cursor, other)
        check(parse(cursor, text), text)
        with contextlib.suppress(duckdb.BinderException):
            return other, text, *_columns(cursor, text)
        _begin_again(cursor)
        raise


def _columns(cursor: DuckDBPyConnection, text: str) -> tuple[list[str], list[str]]:
    relation = cursor.sql(text)
    if relation is None:
        raise QueryError("the query has no answer", kind="failed")
    return list(relation.columns), [str(kind) for kind in relation.types]


def _execute(cursor: DuckDBPyConnection, statement: Node, text: str, types: list[str]) -> None:
    """Start the fastest form of the query."""
    faster = rewrite.use_stored_columns(statement)
    readable = _readable(faster or statement, types)
    if faster is None and readable is None:
        cursor.execute(text)
        return
    other = unparse(cursor, readable or faster or statement)
    check(parse(cursor, other), other, TABLES | {rewrite.VIEW})
    try:
        cursor.execute(other)
    except (duckdb.BinderException, duckdb.CatalogException):
        _begin_again(cursor)
        cursor.execute(text)


def _readable(statement: Node, types: list[str]) -> Node | None:
    """Wrap a query whose answer Python cannot hold as it is: times with a zone, intervals, variants.

    A time with a zone becomes that time in UTC, the others text. None when there is no such column.
    """
    items = [_item(f"c{index}", kind) for index, kind in enumerate(types)]
    if not any("class" in item and item["class"] != "COLUMN_REF" for item in items):
        return None
    inner = {
        "type": "SUBQUERY",
        "alias": "answer",
        "column_name_alias": [f"c{index}" for index in range(len(types))],
        "subquery": {**statement},
    }
    outer = {
        "type": "SELECT_NODE",
        "cte_map": {"map": []},
        "select_list": items,
        "from_table": inner,
        "aggregate_handling": "STANDARD_HANDLING",
    }
    return {"node": outer}


def _item(name: str, kind: str) -> Node:
    column: Node = {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": [name]}
    if kind == "TIMESTAMP WITH TIME ZONE":
        return _cast(column, "TIMESTAMP")  # the session's time zone is UTC
    if any(word in kind for word in ("TIMESTAMP WITH TIME ZONE", "INTERVAL", "VARIANT")):
        return _cast(column, "VARCHAR")
    return column


def _cast(column: Node, kind: str) -> Node:
    target = {"class": "TYPE", "type": "TYPE", "type_name": kind, "qualified_name": {"path": [kind]}}
    return {"class": "CAST", "type": "OPERATOR_CAST", "child": column, "type_expr": target}


def _fetch(cursor: DuckDBPyConnection, limit: int) -> tuple[list[list[Any]], bool]:
    rows: list[list[Any]] = []
    room = MAX_ANSWER_BYTES
    for chunk in _chunks(cursor):
        for values in chunk:
            row = [to_json(value) for value in values]
            room -= size(row)
            if len(rows) == limit or (room < 0 and rows):
                return rows, True
            if room < 0:
                raise QueryError(f"one row takes more than {MAX_ANSWER_BYTES >> 20} MiB", kind="failed")
            rows.append(row)
    return rows, False


def _chunks(cursor: DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
    while chunk := cursor.fetchmany(_CHUNK):
        yield chunk


def _begin_again(cursor: DuckDBPyConnection) -> None:
    """Leave a transaction that an error ended, for a new one."""
    cursor.execute("ROLLBACK")
    cursor.execute("BEGIN TRANSACTION READ ONLY")


def _failure(
    error: duckdb.Error, watch: Watch, timeout_s: float, sql: str, statement: Node, cursor: DuckDBPyConnection
) -> QueryError:
    if watch.reason == "time":
        return QueryError(
            f"the query took longer than {timeout_s:g} s", kind="timeout", hint="narrow it, by start_time for example"
        )
    if watch.reason == "memory" or isinstance(error, duckdb.OutOfMemoryException):
        return QueryError("the query needs too much memory", kind="failed", hint="narrow it, or group less finely")
    if watch.reason == "left":
        return QueryError("nobody waited for the answer", kind="failed")
    with contextlib.suppress(duckdb.Error):
        _begin_again(cursor)
    return explain(error, sql, statement, cursor)
