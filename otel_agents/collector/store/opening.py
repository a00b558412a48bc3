"""Opens the database file: settings, schema, and one clear line when it cannot be opened."""

from __future__ import annotations

import os
import re
from importlib.resources import files
from typing import TYPE_CHECKING

import duckdb

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
}

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


def open_database(path: Path, *, memory_bytes: int) -> duckdb.DuckDBPyConnection:
    """Open the file, made when missing, with today's schema.

    Raises:
        CollectorError: see ``DuckDBStore``.
    """
    _writable(path.parent)
    try:
        connection = duckdb.connect(str(path))
    except duckdb.Error as error:
        raise CollectorError(_why(path, error)) from None
    try:
        path.chmod(0o600)
        _migrate(connection, path)
        connection.execute((_SCHEMA / "views.sql").read_text())
        connection.execute(f"SET GLOBAL memory_limit = '{memory_bytes // 1024}KiB'")
        for name, value in _SETTINGS.items():
            connection.execute(f"SET GLOBAL {name} = {value}")
        lock(connection)
    except BaseException:
        connection.close()
        raise
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


def _why(path: Path, error: duckdb.Error) -> str:
    text = str(error)
    if "lock" in text:
        owner = re.search(r"\(PID (\d+)\)", text)
        who = f"process {owner[1]}" if owner else "another process"
        return f"{path} is in use by {who}, another collector most likely; stop it or choose another folder with --data"
    return f"cannot open {path}: {text.splitlines()[0]}"
