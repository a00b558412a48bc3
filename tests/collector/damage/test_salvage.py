"""What is read of a damaged file: all that is not hurt, as it was, and nothing else."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest

from otel_agents.collector.store.salvage import Reader, main
from tests.collector.damage import ways

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Rows = dict[str, list[dict[str, Any]]]

STAND_INS = ({}, "{}", None, 0)


def read(path: Path) -> tuple[Rows, Counter[str]]:
    """The rows by table, and how many are lost."""
    rows: Rows = {}
    lost: Counter[str] = Counter()
    for step, body in Reader(path, path.parent).steps():
        rows.setdefault(step.table, []).extend(pa.ipc.open_stream(body).read_all().to_pylist() if body else [])
        lost[step.table] += step.lost
    return rows, +lost


@pytest.fixture(scope="module")
def everything(whole: Path) -> Rows:
    return read(whole)[0]


def test_a_file_that_is_whole(everything: Rows):
    assert {table: len(rows) for table, rows in everything.items()} == {
        "evaluation_data": 100,
        "log_data": 100,
        "point_data": 100,
        "span_data": 6144,
    }


@pytest.mark.parametrize("damage", [ways.no_name, ways.main_header, ways.second_header, ways.a_bit_of_the_directory])
def test_a_file_that_does_not_open_is_read_in_full_where_no_row_is_hurt(
    data: Path, everything: Rows, damage: Callable[[Path], None]
):
    path = data / "spans.duckdb"
    damage(path)
    before = path.read_bytes()
    with pytest.raises(duckdb.Error):
        duckdb.connect(str(path), read_only=True, config={"autoinstall_known_extensions": False})
    assert read(path) == (everything, Counter())
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", [ways.empty, ways.a_text, ways.a_sqlite_database, ways.the_directory])
def test_a_file_of_which_nothing_can_be_read(data: Path, damage: Callable[[Path], None], capfd):
    damage(data / "spans.duckdb")
    assert main([str(data / "spans.duckdb")]) == 1
    assert capfd.readouterr().out == ""
    assert [path.name for path in data.iterdir()] == ["spans.duckdb"]


def test_wherever_blocks_are_hurt_each_row_is_as_it_was_or_lacks_a_value_or_is_lost(
    whole: Path, everything: Rows, tmp_path
):
    rng = random.Random()
    blocks = (whole.stat().st_size - ways.HEADERS) // ways.BLOCK
    for attempt in range(3):
        path = tmp_path / f"{attempt}.duckdb"
        shutil.copy(whole, path)
        for _ in range(4):  # not of the directory, the first
            ways.flip(path, ways.HEADERS + rng.randrange(ways.BLOCK, blocks * ways.BLOCK))
        rows, lost = read(path)
        for table, expected in everything.items():
            assert len(rows[table]) + lost[table] == len(expected)
            originals = iter(expected)
            for row in rows[table]:
                assert any(all(row.get(k) in (v, *STAND_INS) for k, v in original.items()) for original in originals)
