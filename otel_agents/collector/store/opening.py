"""Opens the database file: settings, schema, one clear line when it cannot be opened; sets a damaged one aside."""

from __future__ import annotations

import logging
import os
import re
from importlib.resources import files
from typing import TYPE_CHECKING

import duckdb

from otel_agents.collector.store import damage
from otel_agents.errors import CollectorError

if TYPE_CHECKING:
    from pathlib import Path

# Each file brings the schema from the version before to its own, which is its number.
_SCHEMA = files("otel_agents.collector.store") / "schema"
VERSIONS = {
    1: "001_spans.sql",
    2: "002_metrics_and_logs.sql",
    3: "003_all_of_a_span.sql",
    4: "004_tenants.sql",
    5: "005_open_spans.sql",
    6: "006_rollups.sql",
    7: "007_attributes_in_groups.sql",
}

_ATTEMPTS = 4  # a log that is cut may show another damage

_log = logging.getLogger(__name__)

_SETTINGS = {
    # A commit that finds the log longer than this waits for a checkpoint; one in the background keeps it far shorter.
    "checkpoint_threshold": "'512MB'",
    # Every commit goes to the log, however large: else it would wait for a checkpoint of its own.
    "auto_checkpoint_skip_wal_threshold": str(1 << 40),
    # The newest so many spans are found by their times first and their long columns read then: 50 times as fast.
    "late_materialization_max_rows": "20000",
    "max_temp_directory_size": "'4GB'",
}
# Nothing outside the database can be reached by SQL, and nobody can change these again: the lock comes last. What stays
# open is how much memory a connection's sorts and joins may take, which the collector sets for users' queries; they
# cannot, as SET is no SELECT.
_LOCK = {
    "TimeZone": "'UTC'",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "enable_external_access": "false",
    "allowed_configs": "['operator_memory_limit']",
    "lock_configuration": "true",
}


class DamagedError(CollectorError):
    """The file cannot be opened because it is damaged; ``why`` has what is wrong with it."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is damaged: {why}")
        self.why = why


def open_or_set_aside(path: Path, *, memory_bytes: int) -> duckdb.DuckDBPyConnection:
    """Open the file as :func:`open_database` does; in the place of a damaged one, a new one.

    A log that is damaged is cut before the damage. See ``damage`` for what is kept, under which names.

    Raises:
        CollectorError: see ``DuckDBStore``.
    """
    for _ in range(_ATTEMPTS):
        try:
            return open_database(path, memory_bytes=memory_bytes)
        except DamagedError as error:
            in_log = damage.is_of_log(error.why)
            report = damage.cut_log(path, error.why) if in_log else damage.set_aside(path, error.why)
            what = f"The log of {path} is damaged" if in_log else str(error)
            _log.error("%s; it is kept as %s", what, damage.known(path)[report].file)
    return open_database(path, memory_bytes=memory_bytes)


def open_database(path: Path, *, memory_bytes: int) -> duckdb.DuckDBPyConnection:
    """Open the file, made when missing, with today's schema.

    Raises:
        DamagedError: it is damaged.
        CollectorError: see ``DuckDBStore``.
    """
    _writable(path.parent)
    if path.exists() and (why := damage.foreign(path)):
        raise DamagedError(path, why)
    try:
        connection = duckdb.connect(str(path))
    except duckdb.Error as error:
        raise _trouble(path, error) from None
    try:
        return _prepared(connection, path, memory_bytes)
    except BaseException as error:
        connection.close()
        if isinstance(error, duckdb.Error):
            raise _trouble(path, error) from None
        raise


def _prepared(connection: duckdb.DuckDBPyConnection, path: Path, memory_bytes: int) -> duckdb.DuckDBPyConnection:
    path.chmod(0o600)
    _migrate(connection, path)
    connection.execute((_SCHEMA / "views.sql").read_text())
    connection.execute(f"SET GLOBAL memory_limit = '{memory_bytes // 1024}KiB'")
    for name, value in _SETTINGS.items():
        connection.execute(f"SET GLOBAL {name} = {value}")
    lock(connection)
    return connection


def lock(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the functions of users' queries that DuckDB has not, and shut off all that is outside, for good."""
    connection.execute((_SCHEMA / "functions.sql").read_text())
    for name, value in _LOCK.items():
        connection.execute(f"SET GLOBAL {name} = {value}")


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CollectorError(f"cannot make the data folder {folder}: {error.strerror}") from None
    probe = folder / f".writable-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CollectorError(
            f"cannot write to the data folder {folder}: {error.strerror}; choose another with --data"
        ) from None


def _migrate(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if tables and "schema_version" not in tables:
        raise CollectorError(f"{path} is a database of another program; choose another folder with --data")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL, since TIMESTAMPTZ NOT NULL)"
    )
    (found,) = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchall()[0]
    if found > max(VERSIONS):
        raise CollectorError(
            f"{path} was written by a newer otel-agents (schema {found}, this one knows {max(VERSIONS)});"
            " upgrade otel-agents or choose another folder with --data"
        )
    for version, file in VERSIONS.items():
        if version > found:
            connection.begin()
            connection.execute((_SCHEMA / file).read_text())
            connection.execute("INSERT INTO schema_version VALUES (?, now())", [version])
            connection.commit()


def _trouble(path: Path, error: duckdb.Error) -> CollectorError:
    text = str(error)
    first = text.partition("\n")[0]
    if damage.why(error) or isinstance(error, (duckdb.SerializationException, duckdb.InternalException)):
        return DamagedError(path, first)
    if "lock" in text:
        owner = re.search(r"\(PID (\d+)\)", text)
        who = f"process {owner[1]}" if owner else "another process"
        return CollectorError(
            f"{path} is in use by {who}, another collector most likely; stop it or choose another folder with --data"
        )
    return CollectorError(f"cannot open {path}: {first}")
