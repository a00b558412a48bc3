"""The process one query runs in: a database in memory, filled with what the query needs, and a limit of the system's.

It is given nothing but that, keeps no file, and ends with its answer.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import duckdb
import psutil
import pyarrow as pa

from otel_agents.collector.query.answer import Answer, answer
from otel_agents.collector.query.hints import explain
from otel_agents.collector.query.watch import too_hungry
from otel_agents.collector.store.opening import lock
from otel_agents.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

_NICE = 5  # whoever stores or reads in the collector goes first
_JSON = pa.json_(pa.string())  # DuckDB takes it as JSON and does not parse it again


def serve(connection: Connection, memory: int) -> None:
    """Take a query and its tables from a connection, and send back an ``Answer`` or a refusal as JSON.

    Args:
        connection: gives the query's text, its tree, the most rows of the answer and the columns to suggest; then
            tables; then None.
        memory: the most bytes to take, beside what the imports take.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the collector, which ends this
    with suppress(OSError, AttributeError):
        os.nice(_NICE)
    _limit(memory)
    try:
        answered = dataclasses.asdict(_answer(connection, memory))
        connection.send_bytes(json.dumps(answered).encode())
    except QueryError as error:
        _refuse(connection, error)
    except (duckdb.OutOfMemoryException, MemoryError):
        _refuse(connection, too_hungry())


def _refuse(connection: Connection, error: QueryError) -> None:
    refusal = {"error": str(error), "kind": error.kind, "hint": error.hint}
    connection.send_bytes(json.dumps(refusal).encode())


def _answer(connection: Connection, memory: int) -> Answer:
    pa.set_memory_pool(pa.system_memory_pool())
    database = duckdb.connect(":memory:")
    database.execute(f"SET GLOBAL memory_limit = '{memory // 2048}KiB'")
    database.execute("SET GLOBAL temp_directory = ''")
    sql, statement, limit, known = connection.recv()
    while (table := connection.recv()) is not None:
        _fill(database, connection, *table)
    lock(database)
    cursor = database.cursor()
    cursor.execute("BEGIN TRANSACTION READ ONLY")
    try:
        return answer(cursor, sql, statement, limit, stored=False)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise explain(error, sql, statement, known) from None


def _fill(
    database: duckdb.DuckDBPyConnection, connection: Connection, name: str, columns: list[tuple[str, str]]
) -> None:
    schema = pa.ipc.read_schema(pa.py_buffer(connection.recv_bytes()))
    is_json = [kind == "JSON" for _, kind in columns]
    given = pa.schema([field.with_type(_JSON) if json else field for field, json in zip(schema, is_json, strict=True)])

    def batches() -> Iterator[pa.RecordBatch]:
        while sent := connection.recv_bytes():
            batch = pa.ipc.read_record_batch(pa.py_buffer(sent), schema)
            arrays = [
                pa.ExtensionArray.from_storage(_JSON, array) if json else array
                for array, json in zip(batch.columns, is_json, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=given)

    declared = ", ".join(f'"{column}" {kind}' for column, kind in columns)
    database.execute(f'CREATE TABLE "{name}" ({declared})')
    database.register("given", pa.RecordBatchReader.from_batches(given, batches()))
    database.execute(f'INSERT INTO "{name}" SELECT * FROM given')  # noqa: S608 - a table of check.TABLES
    database.unregister("given")


def _limit(memory: int) -> None:
    """Have the system refuse what goes over the limit; where it cannot, the collector measures and kills."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        data = getattr(psutil.Process().memory_info(), "data", 0)
        resource.setrlimit(resource.RLIMIT_DATA, (data + memory + _OVERHEAD, data + memory + _OVERHEAD))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_OVERHEAD = 128 << 20  # stacks of threads, and the tables' parts on their way
