"""The state's database: made when first asked, private, kept through versions, and clear when something is wrong."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, insert, select, text

from otel_agents.collector.state import database
from otel_agents.collector.state.database import Database, StateError
from otel_agents.collector.state.tables import METADATA, SESSIONS

NOW = text("SELECT 1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / database.FILE


def test_nothing_is_made_before_it_is_asked(path):
    opened = Database(path)

    assert not opened.exists
    assert not path.parent.exists()


def test_its_files_are_for_this_user_alone(path):
    opened = Database(path)
    with opened.write() as connection:
        connection.execute(NOW)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}


def test_what_is_written_is_there_after_it_is_opened_again(path):
    row = {"hash": "h", "key_id": None, "created": _time(1), "expires": _time(2)}
    first = Database(path)
    with first.write() as connection:
        connection.execute(insert(SESSIONS), row)
    first.close()

    with Database(path).read() as connection:
        assert [dict(found) for found in connection.execute(select(SESSIONS)).mappings()] == [row]


def test_what_fails_halfway_is_not_written(path):
    opened = Database(path)
    with pytest.raises(ZeroDivisionError), opened.write() as connection:
        connection.execute(insert(SESSIONS), {"hash": "h", "created": _time(1), "expires": _time(2)})
        raise ZeroDivisionError

    with opened.read() as connection:
        assert connection.execute(select(SESSIONS)).all() == []


def test_several_begin_it_at_once(path):
    def begin(_number: int) -> int:
        with Database(path).write() as connection:
            return connection.execute(text("SELECT 1")).scalar_one()

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(begin, range(6))) == [1] * 6


def test_a_new_one_has_the_tables_that_the_migrations_make(tmp_path):
    with create_engine(f"sqlite:///{tmp_path / 'old.sqlite3'}").begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_one_of_an_older_version_is_migrated(path):
    path.parent.mkdir()
    with create_engine(f"sqlite:///{path}").begin() as connection:
        database._migrate(connection, "0001")
        connection.execute(insert(SESSIONS), {"hash": "h", "created": _time(1), "expires": _time(2)})

    with Database(path).read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == database.newest_version()
        assert len(connection.execute(select(SESSIONS)).all()) == 1


def test_one_of_a_newer_version_is_left_alone(path):
    with Database(path).write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StateError, match="was written by a newer otel-agents"), Database(path).read():
        pass


def test_a_damaged_one_says_what_to_do_and_is_not_touched(path):
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 500)

    with pytest.raises(StateError, match="is damaged: put back a copy of it, or move it away"), Database(path).read():
        pass
    assert path.read_bytes() == b"not a database at all" * 500


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
def test_on_a_full_disk_what_was_there_can_be_read_and_what_is_new_is_refused(path):
    opened = Database(path)
    with opened.write() as connection:
        connection.execute(insert(SESSIONS), {"hash": "h", "created": _time(1), "expires": _time(2)})
    with pytest.raises(StateError, match="its disk is full: make room"), opened.write() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))  # SQLite's own way to say that there is no room
        rows = [{"hash": str(n) * 40, "created": _time(1), "expires": _time(2)} for n in range(2000)]
        connection.execute(insert(SESSIONS), rows)

    with opened.read() as connection:
        assert connection.execute(select(SESSIONS.c.hash)).scalars().all() == ["h"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StateError, match=r"cannot open .*file"), Database(tmp_path / "file" / "state").read():
        pass


def test_neither_alembic_nor_the_orm_is_loaded_for_a_new_one_or_one_of_today(path):
    program = f"""
import sys
from pathlib import Path
from otel_agents.collector.state.database import Database

opened = Database(Path({str(path)!r}))
print("sqlalchemy" in sys.modules)
with opened.read():
    print([name for name in ("sqlalchemy", "sqlalchemy.orm", "alembic") if name in sys.modules])
"""
    for _ in range(2):
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert (ran.stdout, ran.stderr) == ("False\n['sqlalchemy']\n", "")


def _time(day: int) -> datetime:
    return datetime(2026, 1, day)  # noqa: DTZ001 - as it is stored: UTC, without a zone
