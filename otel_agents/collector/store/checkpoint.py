"""Moves the write-ahead log into the database file in the background, so that commits need not wait for it."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

import duckdb

from otel_agents.collector.handoff import OverloadedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from otel_agents.collector.store.room import Room

LOG_BYTES: Final = 96 * 1024 * 1024  # a log this long is moved, writes or not
QUIET_S: Final = 5  # a shorter one when nothing was written for so long: a start need not replay it then
_LOOK_S: Final = 1.0

_log = logging.getLogger(__name__)


class Checkpointer:
    """Watches the length of a database's log.

    Args:
        room: tells how long the log is, and whether there is room to move it.
        connection: a connection of its own.
        failed: is told of DuckDB's errors, and says whether the database cannot be used any more.
        still: keeps others from writing, and is told when to wait no longer for those who do.
    """

    def __init__(
        self,
        room: Room,
        connection: duckdb.DuckDBPyConnection,
        failed: Callable[[duckdb.Error], bool],
        still: Callable[[threading.Event], AbstractContextManager[None]],
    ) -> None:
        self._room = room
        self._failed = failed
        self._still = still
        self._connection = connection
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching; a checkpoint that runs is finished."""
        self._closing.set()
        self._thread.join()
        self._connection.close()

    def checkpoint(self) -> None:
        """Move the log now, and give the blocks of what was removed free.

        Raises:
            OverloadedError: there is no room on the disk, or it is being closed.
            duckdb.Error: something stands in the way just now.
        """
        self._room.check()
        with self._lock:
            try:
                try:
                    self._connection.execute("CHECKPOINT")
                except duckdb.TransactionException:  # somebody writes; under load somebody always does
                    with self._still(self._closing):
                        self._connection.execute("CHECKPOINT")
            except duckdb.Error as error:
                self._failed(error)
                raise

    def _run(self) -> None:
        before, quiet = 0, 0
        while not self._closing.wait(_LOOK_S):
            length = self._room.log_bytes()
            quiet = quiet + 1 if length == before else 0
            before = length
            if length >= LOG_BYTES or (length and quiet >= QUIET_S):
                try:
                    self.checkpoint()
                except (duckdb.Error, OverloadedError) as error:  # later, then
                    _log.debug("Checkpoint put off: %s", error)
