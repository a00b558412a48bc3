"""Moves the write-ahead log into the database file in the background, so that commits need not wait for it."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

LOG_BYTES: Final = 64 * 1024 * 1024  # a log this long is moved, writes or not
QUIET_S: Final = 5  # a shorter one when nothing was written for so long: a start need not replay it then
_LOOK_S: Final = 1.0

_log = logging.getLogger(__name__)


class Checkpointer:
    """Watches the length of a database's log.

    Args:
        path: the database file.
        connection: a connection of its own.
    """

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self._log_file = path.with_name(path.name + ".wal")
        self._connection = connection
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching; a checkpoint that runs is finished."""
        self._closing.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        before, quiet = 0, 0
        while not self._closing.wait(_LOOK_S):
            length = self._log_file.stat().st_size if self._log_file.exists() else 0
            quiet = quiet + 1 if length == before else 0
            before = length
            if length >= LOG_BYTES or (length and quiet >= QUIET_S):
                try:
                    self._connection.execute("CHECKPOINT")
                except duckdb.Error as error:  # a transaction is in the way, or the disk is full: later, then
                    _log.info("Checkpoint put off: %s", error)
