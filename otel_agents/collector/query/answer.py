"""Asks a checked query on a cursor and takes its answer; what is asked is the fastest form that says the same."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from otel_agents.collector.query import narrow, nodes, rewrite
from otel_agents.collector.query.check import TABLES, check
from otel_agents.collector.query.narrow import narrowed
from otel_agents.collector.query.syntax import Node, parse, unparse
from otel_agents.collector.query.values import size, to_json
from otel_agents.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

STORED = TABLES | rewrite.VIEWS | {narrow.SPAN_DATA}  # what a query may read once it is rewritten
MAX_ANSWER_BYTES = 32 * 1024 * 1024
_CHUNK = 500  # rows taken at a time, so that a large answer is noticed while it grows


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave, in values that JSON can hold (``values.to_json``)."""

    columns: list[str]
    types: list[str]  # DuckDB's names
    rows: list[list[Any]]
    truncated: bool  # there were more rows than the limit, or they took too much room


def answer(cursor: DuckDBPyConnection, sql: str, statement: Node, limit: int, *, stored: bool) -> Answer:
    """Run a query that was checked.

    Args:
        cursor: inside a read-only transaction.
        sql: the query's text.
        statement: its tree.
        limit: the most rows to return.
        stored: whether the tables are the store's views, so that keys can be read from the columns they are kept in.

    Raises:
        duckdb.Error: it failed.
        QueryError: it was refused, or its answer cannot be shown.
    """
    if (numbered := rewrite.numbers_of_levels(statement)) is not None:
        statement, sql = numbered, unparse(cursor, numbered)
        check(parse(cursor, sql), sql)
    try:
        statement, text, columns, types = _bind(cursor, sql, statement)
        _execute(cursor, statement, text, types, stored=stored)
        rows, truncated = _fetch(cursor, limit)
    except (ValueError, ArithmeticError, RuntimeError):  # a value or a message that Python cannot hold
        raise QueryError("the answer holds a value that cannot be shown", kind="failed") from None
    return Answer(columns, types, rows, truncated)


def _bind(cursor: DuckDBPyConnection, sql: str, statement: Node) -> tuple[Node, str, list[str], list[str]]:
    """Find the answer's columns and types without running the query."""
    try:
        return statement, sql, *_columns(cursor, sql)
    except duckdb.BinderException as error:
        other = rewrite.aliases_in_group_by(statement) if "GROUP BY" in str(error) else None
        begin_again(cursor)
        if other is None:
            cursor.execute(sql)  # fails in the same way, and shows the place, which the other does not
            raise
        text = unparse(cursor, other)
        check(parse(cursor, text), text)
        with contextlib.suppress(duckdb.BinderException):
            return other, text, *_columns(cursor, text)
        begin_again(cursor)
        raise


def _columns(cursor: DuckDBPyConnection, text: str) -> tuple[list[str], list[str]]:
    relation = cursor.sql(text)
    if relation is None:
        raise QueryError("the query has no answer", kind="failed")
    return list(relation.columns), [str(kind) for kind in relation.types]


def _execute(cursor: DuckDBPyConnection, statement: Node, text: str, types: list[str], *, stored: bool) -> None:
    """Start the fastest form of the query."""
    faster = fastest(cursor, statement) if stored else None
    readable = _readable(faster or statement, types)
    if faster is None and readable is None:
        cursor.execute(text)
        return
    try:
        other = unparse(cursor, readable or faster or statement)
        check(parse(cursor, other), other, STORED)
        cursor.execute(other)
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.SerializationException, QueryError):
        begin_again(cursor)  # what was added is too much for the parser, perhaps
        cursor.execute(text)


def fastest(cursor: DuckDBPyConnection, statement: Node) -> Node | None:
    """Write the query that answers the same with the least work; None where that is the query itself.

    It may read what is in ``STORED``.
    """
    faster = rewrite.use_stored_columns(statement)
    return narrowed(cursor, faster or statement) or faster


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
    column = nodes.column(name)
    if kind == "TIMESTAMP WITH TIME ZONE":
        return nodes.cast(column, "TIMESTAMP")  # the session's time zone is UTC
    if any(word in kind for word in ("TIMESTAMP WITH TIME ZONE", "INTERVAL", "VARIANT")):
        return nodes.cast(column, "VARCHAR")
    return column


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


def begin_again(cursor: DuckDBPyConnection) -> None:
    """Leave a transaction that an error ended, for a new one."""
    cursor.execute("ROLLBACK")
    cursor.execute("BEGIN TRANSACTION READ ONLY")
