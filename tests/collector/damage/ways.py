"""Ways in which a database file goes bad, and where in it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import duckdb

BLOCK = 262_144
HEADERS = 3 * 4096


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def flip(path: Path, at: int) -> None:
    """Change one bit."""
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 4]))


def block_of(path: Path, column: str, group: int = 0, table: str = "span_data") -> int:
    """The byte at which the block of a column's values in a row group begins."""
    with duckdb.connect(str(path), read_only=True) as connection:
        ((block,),) = connection.execute(
            f"SELECT max(block_id) FROM pragma_storage_info('{table}') WHERE column_name = ? AND row_group_id = ?"
            " AND segment_type <> 'VALIDITY'",
            [column, group],
        ).fetchall()
    return HEADERS + BLOCK * block


def empty(path: Path) -> None:
    os.truncate(path, 0)


def a_text(path: Path) -> None:
    path.write_text("this is no database\n" * 5000)


def a_sqlite_database(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()


def no_name(path: Path) -> None:
    overwrite(path, 8, b"XXXX")


def main_header(path: Path) -> None:
    overwrite(path, 0, bytes(4096))


def second_header(path: Path) -> None:
    flip(path, 8192 + 100)


def a_bit_of_the_directory(path: Path) -> None:
    flip(path, HEADERS + BLOCK - 5000)


def the_directory(path: Path) -> None:
    overwrite(path, HEADERS, bytes(BLOCK))
