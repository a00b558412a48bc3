"""Requests that could not be delivered, kept in files until somebody reaches their destination.

A file holds one encoded request; its name says for which destination, since when, and how many spans. It is written
beside its place and renamed into it, so nobody reads half of one, and locked while it is sent, so that only one process
sends it; a lock ends with its process. Headers are never written, only a digest of where to and as whom.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from otel_agents.sdk.exporters.requests import parts

try:
    import fcntl
except ImportError:  # where there are no such locks, two processes may send a file twice, which receivers see through
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from otel_agents.sdk.exporters.ledger import Ledger

logger = logging.getLogger("otel_agents")

ENDING, UNFINISHED = ".otlp", ".part"
_ABANDONED_S = 3600  # seconds after which nobody is still writing a file
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

_written: dict[str, Ledger] = {}  # files this process has written that still are there, and whose spans they hold
_writing = threading.RLock()  # a file and what is said of it change together


def after_fork_in_child() -> None:
    """Forget whose the files are: the parent accounts for them."""
    global _writing
    _writing = threading.RLock()
    _written.clear()


@dataclass(frozen=True, slots=True)
class Held:
    """A file this process may send now; nobody else does until it is let go."""

    path: Path
    request: bytes
    spans: int
    descriptor: int


class Spool:
    """The files for one destination, in a folder that destinations share.

    Args:
        folder: where; made, for the user alone, when there is something to keep.
        most_bytes: what all files in the folder may hold; beyond it the oldest go.
        destination: where requests go and as whom; other destinations' files are left alone.
        ledger: where the spans are accounted for.
    """

    def __init__(self, folder: Path, *, most_bytes: int, destination: str, ledger: Ledger) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._destination = destination
        self._ledger = ledger
        self._warned = False
        self.broken = False  # nothing can be kept

    @cached_property
    def _key(self) -> str:
        """What names of the destination's files begin with."""
        import hashlib  # takes 6 ms, which a program's start need not pay

        return hashlib.sha256(self._destination.encode()).hexdigest()[:24]

    # --- Keeping ----------------------------------------------------------------------------------------------------

    def keep(self, request: bytes, spans: int) -> bool:
        """Write one request; False where that is not possible, which the log says once."""
        if self.broken:
            return False
        with _writing:
            try:
                self._make_folder()
                if not self._make_room(len(request)):
                    return False
                name = f"{self._key}-{time.time_ns():020d}-{os.getpid()}-{os.urandom(3).hex()}-{spans}{ENDING}"
                self._write(name, request)
            except OSError as error:
                self.broken = True
                logger.warning("Spans cannot be kept in %s: %s", self._folder, error.strerror or error)
                return False
            _written[name] = self._ledger
            self._ledger.spool(spans)
        return True

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = self._folder.stat()
        if hasattr(os, "getuid") and (about.st_uid != os.getuid() or about.st_mode & 0o022):
            raise PermissionError(1, "others may write there")

    def _write(self, name: str, request: bytes) -> None:
        unfinished = self._folder / (name + UNFINISHED)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(request)
            unfinished.rename(self._folder / name)
        except OSError:
            with suppress(OSError):
                unfinished.unlink()
            raise

    def _make_room(self, size: int) -> bool:
        """Let the oldest files go until ``size`` more bytes may be kept."""
        if size > self._most_bytes:
            return False
        files = []
        held = 0
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(OSError):  # gone meanwhile
                    about = entry.stat(follow_symlinks=False)
                    if entry.name.endswith(ENDING):
                        files.append((_since(entry.name), entry.name, about.st_size))
                        held += about.st_size
                    elif entry.name.endswith(UNFINISHED) and time.time() - about.st_mtime > _ABANDONED_S:
                        (self._folder / entry.name).unlink()
        for _, name, file_size in sorted(files):
            if held + size <= self._most_bytes:
                break
            with suppress(FileNotFoundError):
                (self._folder / name).unlink()
                self._gone(name, {"spool_full": _spans(name)})
                self._say("%s is full: the oldest spans in it go", self._folder)
            held -= file_size
        return True

    # --- Sending ----------------------------------------------------------------------------------------------------

    def files(self) -> list[Path]:
        """Give the files of this destination, the oldest first."""
        try:
            names = [path.name for path in self._folder.iterdir()]
        except OSError:
            return []
        ours = [name for name in names if name.startswith(f"{self._key}-") and name.endswith(ENDING)]
        return [self._folder / name for name in sorted(ours, key=_since)]

    def hold(self, path: Path) -> Held | None:
        """Take a file to send it; None when it is gone, somebody else's now, or not whole, which ends it."""
        try:
            descriptor = os.open(path, os.O_RDWR | _NO_FOLLOW)
        except OSError:
            return None
        try:
            if not _lock(descriptor) or os.fstat(descriptor).st_ino != path.stat().st_ino:
                os.close(descriptor)
                return None
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                request = file.read()
        except OSError:
            os.close(descriptor)
            return None
        spans = _spans(path.name)
        held = Held(path, request, spans, descriptor)
        try:
            whole = spans > 0 and len(parts(request)) == spans
        except ValueError:
            whole = False
        if not whole:
            self._say("%s is damaged and has been removed", path)
            self.end(held, {"corrupt": spans})
            return None
        return held

    def end(self, held: Held, became: Mapping[str, int]) -> None:
        """Remove a file: so many of its spans were delivered or dropped, by reason."""
        if fcntl is None:
            self.let_go(held)  # an open file cannot be removed there
        with suppress(OSError):
            held.path.unlink()
        self._gone(held.path.name, became)
        if fcntl is not None:
            self.let_go(held)

    def replace(self, held: Held, smaller: Sequence[tuple[bytes, int]]) -> list[Path]:
        """Put requests in the place of one that is too large; give their files."""
        since = _since(held.path.name).partition("-")[0]
        made = []
        with _writing:
            try:
                for request, spans in smaller:
                    name = f"{self._key}-{since}-{os.getpid()}-{os.urandom(3).hex()}-{spans}{ENDING}"
                    self._write(name, request)
                    made.append(name)
                held.path.unlink()
            except OSError:  # then the receiver is asked again another time
                for name in made:
                    with suppress(OSError):
                        (self._folder / name).unlink()
                made = []
            else:
                ledger = _written.pop(held.path.name, None)
                if ledger is not None:
                    _written.update(dict.fromkeys(made, ledger))
        self.let_go(held)
        return [self._folder / name for name in made]

    def let_go(self, held: Held) -> None:
        """Leave a file for later, or for others."""
        if fcntl is not None:
            fcntl.flock(held.descriptor, fcntl.LOCK_UN)  # a forked child may have the descriptor as well
        os.close(held.descriptor)

    def _gone(self, name: str, became: Mapping[str, int]) -> None:
        with _writing:
            ledger = _written.pop(name, None)
            for reason, spans in became.items():
                if ledger is not None:
                    ledger.unspool(spans, reason)
                else:
                    self._ledger.see_earlier(spans, reason)

    def _say(self, message: str, *about: Any) -> None:
        if not self._warned:
            self._warned = True
            logger.warning(message, *about)


def _lock(descriptor: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # the file system has no locks: sent twice is stored once
        return True
    return True


def _since(name: str) -> str:
    return name.partition("-")[2]


def _spans(name: str) -> int:
    count = name.removesuffix(ENDING).rpartition("-")[2]
    return int(count) if count.isascii() and count.isdigit() else 0
