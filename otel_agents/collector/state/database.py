"""Opens the state: a SQLite file, or the PostgreSQL that several collectors share; with today's tables.

SQLAlchemy takes 0.3 s and 12 MB to import and Alembic 0.2 s and 11 MB, which a collector that is started for the first
time, or needs no state, is not to pay. So SQLAlchemy is loaded with the first question, a new database gets today's
tables at once, and Alembic is loaded only where there are older ones.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from otel_agents.errors import CollectorError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

FILE: Final = "state.sqlite3"
WAIT_S: Final = 5.0  # for another process that writes
_MIGRATIONS: Final = files("otel_agents.collector.state") / "migrations"
_LOCK_NUMBER: Final = 7_113_254_018_361_022  # of PostgreSQL's advisory lock around making or changing the tables


class StateError(CollectorError):
    """The state cannot be read or written now; the message says why and what to do."""


def newest_version() -> str:
    """The version of the tables in ``tables.py``: that of the last migration."""
    return max(file.name[:4] for file in (_MIGRATIONS / "versions").iterdir() if file.name[:4].isdigit())


class Database:
    """The state's database, opened with the first question; any thread may ask.

    Args:
        where: the SQLite file, made when missing, or the URL of a PostgreSQL database.
    """

    def __init__(self, where: Path | str) -> None:
        self._where = where
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    @property
    def exists(self) -> bool:
        """Whether anything can be in it: False for a file that nobody has made."""
        return not isinstance(self._where, Path) or self._where.exists()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lend a connection inside a transaction that sees one consistent state; what it changes is undone.

        Raises:
            StateError: it cannot be read.
        """
        with self._explained():
            engine = self._opened()
            with engine.connect() as connection:
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Lend a connection inside a transaction, which is kept when the block ends without an error.

        Raises:
            StateError: it cannot be written.
        """
        with self._explained():
            engine = self._opened()
            with engine.connect().execution_options(writes=True) as connection, connection.begin():
                yield connection

    def close(self) -> None:
        """Close what is open; another question opens it again."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _opened(self) -> Engine:
        with self._lock:
            if self._engine is None:
                if isinstance(self._where, Path):
                    _make_private(self._where)
                engine = _engine(self._where)
                try:
                    _bring_up_to_date(engine, self._name)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine = engine
            return self._engine

    @property
    def _name(self) -> str:
        if isinstance(self._where, Path):
            return str(self._where)
        from sqlalchemy import make_url

        return make_url(self._where).render_as_string(hide_password=True)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateError(f"cannot open {self._where}: {error.strerror}") from None
        except ImportError as error:
            name = (error.name or "").partition(".")[0]
            extra = "postgres" if name.startswith("psycopg") else "collector"
            raise StateError(f"{name} is missing: pip install 'otel-agents[{extra}]'") from None
        except Exception as error:
            if not type(error).__module__.startswith("sqlalchemy."):
                raise
            why = _why(error, self._name)
            if why is None:
                raise
            raise StateError(why) from None


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Before SQLite makes it, which would do so as the umask says; its other files take after this one.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)


def _engine(where: Path | str) -> Engine:
    import sqlalchemy

    if not isinstance(where, Path):
        return sqlalchemy.create_engine(where, pool_pre_ping=True, pool_size=4, hide_parameters=True)
    url = sqlalchemy.URL.create("sqlite", database=str(where))
    engine = sqlalchemy.create_engine(url, connect_args={"timeout": WAIT_S}, hide_parameters=True)

    # Transactions begin as we say, and not with the first write, where another's may already be in the way
    # (SQLAlchemy's documentation, "Serializable isolation / Savepoints / Transactional DDL").
    @sqlalchemy.event.listens_for(engine, "connect")
    def connected(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]

    @sqlalchemy.event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _bring_up_to_date(engine: Engine, name: str) -> None:
    import sqlalchemy

    newest = newest_version()
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
        found = ""
        if engine.dialect.has_table(connection, "alembic_version"):
            found = connection.execute(sqlalchemy.text("SELECT version_num FROM alembic_version")).scalar_one()
        if found == newest:
            return
        if found > newest:
            raise StateError(
                f"{name} was written by a newer otel-agents (version {found}, this one knows {newest});"
                " upgrade otel-agents or choose another folder with --data"
            )
        if found:
            _migrate(connection)
            return
        from otel_agents.collector.state.tables import METADATA

        # As Alembic's documentation says under "Building an Up to Date Database from Scratch".
        METADATA.create_all(connection)
        connection.execute(
            sqlalchemy.text(
                "CREATE TABLE alembic_version ("
                "version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)"
            )
        )
        connection.execute(sqlalchemy.text("INSERT INTO alembic_version VALUES (:version)"), {"version": newest})


def _migrate(connection: Connection, to: str = "head") -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _why(error: Exception, name: str) -> str | None:
    """Say what stands in the way of reading or writing at all; None where that is not the case."""
    from sqlalchemy.exc import DatabaseError, InterfaceError

    if not isinstance(error, DatabaseError | InterfaceError):
        return None
    text = str(error.orig).strip()
    with suppress(IndexError):
        text = text.splitlines()[0]
    if "not a database" in text or "malformed" in text:
        return (
            f"{name} is damaged: put back a copy of it, or move it away to begin anew, without the keys, silences and"
            " saved queries that were in it"
        )
    if "disk is full" in text or "disk I/O error" in text or "No space left" in text:
        return f"{name} cannot be written, its disk is full: make room, then try again"
    if "locked" in text:
        return f"{name} is being written by another process for longer than {WAIT_S:g} s; try again"
    if "readonly" in text or "unable to open" in text:
        return f"cannot write {name}: look at its owner and its permissions"
    if type(error).__name__ in ("OperationalError", "InterfaceError"):
        return f"cannot reach {name}: {text}"
    return None
