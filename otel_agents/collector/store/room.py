"""Watches that the disk has room: a checkpoint that finds none makes the database unusable until it is reopened."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from otel_agents.collector.handoff import OverloadedError

if TYPE_CHECKING:
    from pathlib import Path

RESERVE_BYTES: Final = 64 * 1024 * 1024  # beside what moving the log into the file may take
FULL_RETRY_S: Final = 10.0


class Room:
    """The disk a database is on.

    Args:
        path: the database file.
    """

    def __init__(self, path: Path) -> None:
        self._folder = path.parent
        self._log = path.with_name(path.name + ".wal")

    def log_bytes(self) -> int:
        """How long the write-ahead log is."""
        try:
            return self._log.stat().st_size
        except FileNotFoundError:
            return 0

    def check(self) -> None:
        """See that there is room for a checkpoint.

        Raises:
            OverloadedError: there is not.
        """
        if shutil.disk_usage(self._folder).free < RESERVE_BYTES + self.log_bytes():
            raise OverloadedError("the collector's disk is full", retry_after_s=FULL_RETRY_S)
