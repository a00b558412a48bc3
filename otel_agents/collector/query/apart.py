"""Runs a query in a process of its own, whose memory the operating system bounds, and which can be killed.

The store's file belongs to the collector's process alone, so what the query needs of the tables (``needs.py``) is
handed to the other process as Arrow. Processes are forked from one that has done its imports and nothing else.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from typing import TYPE_CHECKING, Any, Final

import duckdb

from otel_agents.collector.query import child
from otel_agents.collector.query.answer import STORED, Answer, begin_again, fastest
from otel_agents.collector.query.check import TABLES, check
from otel_agents.collector.query.hints import columns_of
from otel_agents.collector.query.needs import needed, without_where
from otel_agents.collector.query.rewrite import numbers_of_levels
from otel_agents.collector.query.syntax import Node, parse, unparse
from otel_agents.collector.query.watch import too_hungry
from otel_agents.errors import QueryError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import pyarrow as pa
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from otel_agents.collector.query.watch import Watch

_ROWS: Final = 16_384  # in one batch
_PROCESSES: Final[Any] = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
if sys.platform != "win32":
    _PROCESSES.set_forkserver_preload(["otel_agents.collector.query.child"])

_COLUMNS: Final = """
SELECT table_name, list(column_name ORDER BY column_index)
FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = 'main'
GROUP BY table_name
"""


def answer(cursor: DuckDBPyConnection, sql: str, statement: Node, limit: int, watch: Watch) -> Answer:
    """Run a query that was checked.

    Args:
        cursor: of the store; it reads the tables and nothing of the query.
        sql: the query's text.
        statement: its tree.
        limit: the most rows to return.
        watch: ends the process when the query is over a limit.

    Raises:
        duckdb.Error: a table could not be read.
        QueryError: the query was refused or failed.
    """
    columns = {name: list(found) for name, found in cursor.execute(_COLUMNS).fetchall() if name in TABLES}
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=child.serve, args=(theirs, watch.limits.memory), daemon=True)
    try:
        process.start()
    except OSError as error:
        raise QueryError(f"no process can be started for this query: {error}", kind="failed") from None
    finally:
        theirs.close()
    try:
        with ours, watch.over(process.pid, process.kill):
            ours.send((sql, statement, limit, columns_of(statement, cursor)))
            for name, query in needed(numbers_of_levels(statement) or statement, columns).items():
                _send(ours, name, _relation(cursor, query))
            ours.send(None)
            got = json.loads(ours.recv_bytes())  # and no pickle: what ran there is not trusted
    except (OSError, EOFError, ValueError):
        raise watch.ended() or too_hungry() from None
    finally:
        process.kill()
        process.join()
        process.close()
    if "error" in got:
        raise QueryError(got["error"], kind=got["kind"], hint=got["hint"])
    return Answer(**got)


def _relation(cursor: DuckDBPyConnection, query: Node) -> DuckDBPyRelation:
    """What to read of a table, by the fastest way."""
    for wanted in (query, without_where(query)):
        text = unparse(cursor, fastest(cursor, wanted) or wanted)
        check(parse(cursor, text), text, STORED)
        try:
            return cursor.sql(text)
        except duckdb.Error:
            begin_again(cursor)
    return cursor.sql(text)


def _send(ours: Connection, name: str, relation: DuckDBPyRelation) -> None:
    ours.send((name, [(column, str(kind)) for column, kind in zip(relation.columns, relation.types, strict=True)]))
    batches: pa.RecordBatchReader = relation.to_arrow_reader(_ROWS)
    ours.send_bytes(batches.schema.serialize())
    for batch in batches:
        ours.send_bytes(batch.serialize())
    ours.send_bytes(b"")
