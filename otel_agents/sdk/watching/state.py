"""What outlives the program: a private SQLite file for each program, which its processes share.

SQLite's log (WAL) makes a commit cost 60 µs and survives a kill at any moment. Nobody waits for the file longer than
``_WAIT_S``, and where it cannot be used the program goes on without.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    R = TypeVar("R")

logger = logging.getLogger("otel_agents")

_WAIT_S = 0.05  # for another process that writes
_REST_S = 1.0  # until it is tried again, where it did not work
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS spent (
    budget TEXT NOT NULL,   -- its name, and what it is about
    account TEXT NOT NULL,  -- a list of names, as JSON
    period INTEGER NOT NULL,
    used REAL NOT NULL,
    unpriced INTEGER NOT NULL,
    last INTEGER NOT NULL,  -- nanoseconds since the epoch
    told REAL,              -- the limit of which somebody was told that it is reached
    PRIMARY KEY (budget, account, period)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS usual (series TEXT PRIMARY KEY, minute INTEGER NOT NULL, figures BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS holder (one INTEGER PRIMARY KEY CHECK (one = 1), process INTEGER, time REAL);
"""
_left_behind: list[Any] = []  # connections of parents: to close one in a forked child could disturb the parent


def file_of(folder: Path, service: str) -> Path:
    """Give the file of a program: by the name of its service, or of its main file where it has none."""
    program = service
    if service.startswith("unknown_service"):
        main = getattr(sys.modules.get("__main__"), "__file__", None)
        program = str(Path(main).resolve()) if main else "python"
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(program).stem if program != service else service)[:40].strip("-.")
    return folder / f"{name or 'program'}-{hashlib.sha256(program.encode()).hexdigest()[:12]}.sqlite3"


class StateFile:
    """One program's file. Any thread may call anything here.

    Args:
        path: the file; it is made, and its folder, with the first thing that is kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._warned = False
        self._broken = False
        self.after_fork()

    def after_fork(self) -> None:
        """Open the file anew: nothing of SQLite's goes across a fork."""
        if self._connection is not None:
            _left_behind.append(self._connection)
            self._connection = None
        self._lock = threading.RLock()
        self._again = 0.0

    def write(self, work: Callable[[sqlite3.Connection], R]) -> R | None:
        """Do something in a transaction that is kept; None where that is not possible now."""

        def within(connection: sqlite3.Connection) -> R:
            connection.execute("BEGIN IMMEDIATE")
            try:
                answer = work(connection)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
            return answer

        return self.read(within)

    def read(self, work: Callable[[sqlite3.Connection], R]) -> R | None:
        """Ask something, which keeps nobody from writing; None where that is not possible now."""
        with self._lock:
            if self._broken or time.monotonic() < self._again:
                return None
            import sqlite3  # with the first thing that is kept

            try:
                if self._connection is None:
                    self._connection = _open(self.path)
                return work(self._connection)
            except sqlite3.OperationalError as error:  # locked, full, gone: for a moment, or for good
                self._again = time.monotonic() + _REST_S
                if "locked" not in str(error):
                    self._warn("%s", error)
            except sqlite3.DatabaseError as error:
                self._begin_anew(error)
            except OSError as error:
                self._broken = True
                self._warn("%s", error.strerror or error)
            return None

    def close(self) -> None:
        """Close the file; it is opened again where it is needed."""
        with self._lock:
            self._again = 0.0
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _begin_anew(self, error: Exception) -> None:
        """Put a file aside that is damaged."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        try:
            self.path.replace(self.path.with_suffix(".damaged"))
            self._warn("%s; it is put aside, and begins anew", error)
        except OSError:
            self._broken = True

    def _warn(self, message: str, *about: object) -> None:
        if not self._warned:
            self._warned = True
            logger.warning("What is to outlive the program cannot be kept in %s: " + message, self.path, *about)


def _open(path: Path) -> sqlite3.Connection:
    import sqlite3

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = path.parent.stat()
    if hasattr(os, "getuid") and (about.st_uid != os.getuid() or about.st_mode & 0o022):
        raise PermissionError(errno.EPERM, "others may write there")
    # Before SQLite makes it, which would do so as the umask says; its other files take after this one.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | _NO_FOLLOW, 0o600))
    connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise PermissionError(errno.EPERM, "a newer version of otel-agents made it")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if version < _VERSION:
            connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection
