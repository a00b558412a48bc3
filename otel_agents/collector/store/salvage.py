"""Reads what can be read of a damaged database, around what cannot; a program of its own, as DuckDB may crash over it.

``python -m otel_agents.collector.store.salvage FILE [TABLE ROW]`` writes to standard output, for each step, a line of
JSON (``Step``) and an Arrow stream of as many bytes as the line says. TABLE and ROW are where to go on. The file is
left as it is: where DuckDB does not open it, a copy is mended and read.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa

from otel_agents.collector.store.damage import MAGIC, MAGIC_AT
from otel_agents.collector.store.taking_over import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP: Final = 8192  # rows read at a time
LEAST: Final = 1024  # rows read at a time where some cannot be: row groups begin at multiples of it
_HEADER: Final = 4096  # bytes of the main header, and of each of the two that take turns
_LAST: Final = "open_data"  # which of the spans have no end yet, and are to be there before
_MENDS: Final = 64
_CHECKSUM: Final = re.compile(r"computed checksum (\d+) does not match stored checksum \d+ in block at location (\d+)")
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": 1,
    "memory_limit": "512MB",
    "autoinstall_known_extensions": False,
}
# What stands for a value that cannot be read, where there must be one. Without an id, name or time a row is no use.
_STAND_INS: Final = {"JSON": "{}", "USMALLINT": 0, "UINTEGER": 0}


@dataclass(frozen=True, slots=True)
class Step:
    """What one step found.

    Attributes:
        table: whose rows they are.
        next: the row to go on from.
        size: bytes of the Arrow stream that follows; 0 for none.
        lost: rows that cannot be read.
        incomplete: rows of the stream that lack a value.
        failed: why nothing of the table can be read; None where it can.
    """

    table: str
    next: int = 0
    size: int = 0
    lost: int = 0
    incomplete: int = 0
    failed: str | None = None


class Reader:
    """Reads the tables of one file.

    Args:
        path: the file.
        folder: for a mended copy.

    Raises:
        duckdb.Error: it cannot be opened, mended either.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        try:
            self._open()
        except duckdb.Error:
            self._path = _mended(path, folder)
            self._open()

    def _open(self) -> None:
        self._connection = duckdb.connect(str(self._path), read_only=True, config=_CONFIG)
        self._connection.execute("SET TimeZone = 'UTC'")
        self._tables = [
            name for (name,) in self._connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        ]

    def steps(self, table: str = "", row: int = 0) -> Iterator[tuple[Step, bytes]]:
        """Read everything, or what comes from a row of a table on."""
        tables = sorted(set(self._tables) - OWN, key=lambda name: (name == _LAST, name))
        for name in tables[tables.index(table) if table else 0 :]:
            yield from self._table(name, row if name == table else 0)

    def _table(self, table: str, row: int) -> Iterator[tuple[Step, bytes]]:
        try:
            ((last,),) = self._ask(f'SELECT max(rowid) FROM "{table}"')  # noqa: S608 - names of tables, as below
            columns = self._ask(f"SELECT name, type, \"notnull\" FROM pragma_table_info('{table}')")  # noqa: S608
        except duckdb.Error as error:
            yield Step(table, failed=str(error)), b""
            return
        for first in range(row, (-1 if last is None else last) + 1, STEP):
            rows, lost, incomplete = self._rows(table, columns, first, first + STEP)
            body = _stream(rows) if rows is not None and rows.num_rows else b""
            yield Step(table, first + STEP, len(body), lost, incomplete), body

    def _rows(
        self, table: str, columns: list[tuple[str, str, bool]], first: int, end: int
    ) -> tuple[pa.Table | None, int, int]:
        """Read some rows: the rows, how many are lost, and how many lack a value."""
        with suppress(duckdb.Error):
            return self._read("*", table, first, end), 0, 0
        if end - first > LEAST:
            middle = (first + end) // 2
            halves = [self._rows(table, columns, first, middle), self._rows(table, columns, middle, end)]
            tables = [rows for rows, _, _ in halves if rows is not None]
            return (
                pa.concat_tables(tables, promote_options="default") if tables else None,
                halves[0][1] + halves[1][1],
                halves[0][2] + halves[1][2],
            )
        read: dict[str, pa.ChunkedArray] = {}
        missing: list[tuple[str, str, bool]] = []
        for column in columns:
            try:
                read[column[0]] = self._read(f'"{column[0]}"', table, first, end)[column[0]]
            except duckdb.Error:
                missing.append(column)
        number = len(next(iter(read.values()), ()))
        if not read or any(required and kind not in _STAND_INS for _, kind, required in missing):
            return None, number or self._count(table, first, end), 0
        for name, kind, required in missing:
            if required:
                read[name] = pa.array([_STAND_INS[kind]] * number)
        return pa.table({name: read[name] for name, _, _ in columns if name in read}), 0, number

    def _count(self, table: str, first: int, end: int) -> int:
        with suppress(duckdb.Error):
            query = f'SELECT count(*) FROM "{table}" WHERE rowid >= {first} AND rowid < {end}'  # noqa: S608
            return int(self._ask(query)[0][0])
        return end - first

    def _read(self, what: str, table: str, first: int, end: int) -> pa.Table:
        query = f'SELECT {what} FROM "{table}" WHERE rowid >= {first} AND rowid < {end}'  # noqa: S608
        try:
            return self._connection.sql(query).to_arrow_table()
        except duckdb.FatalException:
            self._connection.close()
            self._open()
            raise

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()


def _mended(path: Path, folder: Path) -> Path:
    """Copy a file that does not open, with its headers put right and the checksums of damaged blocks as they are now.

    A checksum is of 256 KiB, of which a damage often concerns little, or nothing that is in use: the blocks that say
    where everything is are written in place. What is wrong for all that, shows when it is read.

    Raises:
        duckdb.Error: it cannot be mended.
    """
    copy = folder / "mended.duckdb"
    error = ""
    for headers in (_as_they_are, _new_main_header, _one_for_both):
        shutil.copyfile(path, copy)
        log = path.with_name(path.name + ".wal")
        if log.exists():
            shutil.copyfile(log, copy.with_name(copy.name + ".wal"))
        if copy.stat().st_size < 3 * _HEADER:
            break
        headers(copy)
        for _ in range(_MENDS):
            error = _fault(copy)
            if not error:
                return copy
            if "WAL" in error:  # it is of a later state than these headers tell of
                copy.with_name(copy.name + ".wal").unlink(missing_ok=True)
            elif checksum := _CHECKSUM.search(error):
                _write(copy, int(checksum[2]), int(checksum[1]).to_bytes(8, "little"))
            else:
                break
    raise duckdb.IOException(error or "the file is too short")


def _fault(path: Path) -> str:
    """What DuckDB says when it opens a file and looks for its tables; nothing when all is well."""
    try:
        with duckdb.connect(str(path), read_only=True, config=_CONFIG) as connection:
            connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
    except duckdb.Error as error:
        return str(error)
    return ""


def _as_they_are(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(MAGIC_AT)
        if file.read(len(MAGIC)) != MAGIC:
            _new_main_header(path)


def _new_main_header(path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        fresh = Path(folder) / "fresh.duckdb"
        duckdb.connect(str(fresh)).close()
        _write(path, 0, fresh.read_bytes()[:_HEADER])


def _one_for_both(path: Path) -> None:
    """Let the header that is whole stand for both; it may tell of the state before the last."""
    _new_main_header(path)
    checksum = _CHECKSUM.search(_fault(path))
    if checksum and int(checksum[2]) in (_HEADER, 2 * _HEADER):
        damaged = int(checksum[2])
        with path.open("rb") as file:
            file.seek(3 * _HEADER - damaged)
            other = file.read(_HEADER)
        _write(path, damaged, other)


def _write(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def _stream(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())


def main(arguments: list[str]) -> int:
    """Read a file; 1 where nothing can be read."""
    with suppress(OSError, AttributeError):
        os.nice(5)  # what comes in goes before
    path = Path(arguments[0])
    table, row = (arguments[1], int(arguments[2])) if arguments[1:] else ("", 0)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".mended-") as folder:
        try:
            reader = Reader(path, Path(folder))
        except (duckdb.Error, OSError) as error:
            sys.stderr.write(str(error).partition("\n")[0] + "\n")
            return 1
        for step, body in reader.steps(table, row):
            sys.stdout.buffer.write(json.dumps(asdict(step)).encode() + b"\n" + body)
            sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
