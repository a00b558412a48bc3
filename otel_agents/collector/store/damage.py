"""Tells a damaged database file from other trouble, and sets it aside under a name that says so.

A file is set aside as ``spans.damaged-TIME.duckdb``, its log beside it. What became of it is kept in
``spans.damaged-TIME.json``, until somebody removes the files.
"""

from __future__ import annotations

import json
import re
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

MAGIC: Final = b"DUCK"
MAGIC_AT: Final = 8
# How DuckDB begins its words where the file is to blame. They are looked for at the beginning alone, and in errors of
# these types: what comes later may be quoted from a user's SQL.
_SIGNS: Final = re.compile(
    r"(?:[A-Za-z]+ Error: )?(?:Corrupt database file|Could not read enough bytes|Failure while replaying WAL"
    r"|No more data remaining in MetadataReader|Failed to load metadata pointer"
    r"|The file \".*\" exists, but it is not a valid DuckDB database)",
    re.IGNORECASE,
)
_TYPES: Final = (duckdb.Error, duckdb.IOException, duckdb.SerializationException, duckdb.InternalException)
_LOG: Final = re.compile(r"Failure while replaying WAL file")
_LOG_POSITION: Final = re.compile(r"entry at byte position (\d+)")

WAITING: Final = "waiting"
READING: Final = "being read"
DONE: Final = "read"


@dataclass
class Damage:
    """What is known of a file that was set aside.

    Attributes:
        file: its path.
        why: what is wrong with it, in DuckDB's words.
        found: when, as ISO 8601 in UTC.
        state: waiting, being read, or read as far as possible.
        taken: how many rows of it are in the database now, by table.
        lost: how many rows cannot be read, by table; of what is not known at all nothing is counted.
        incomplete: of those taken, how many lack the value of a column, by table.
        unreadable: tables of which nothing can be read.
    """

    file: str
    why: str
    found: str
    state: str = WAITING
    taken: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    incomplete: dict[str, int] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write it down, whole or not at all."""
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self), indent=1) + "\n")
        partial.replace(path)


def why(error: BaseException) -> str | None:
    """What is wrong with the file, where an error of DuckDB says that it is damaged."""
    text = str(error)
    return text.partition("\n")[0] if type(error) in _TYPES and _SIGNS.match(text) else None


def is_of_log(reason: str) -> bool:
    """Whether it is the write-ahead log that is damaged, and the file may be whole."""
    return _LOG.search(reason) is not None


def foreign(path: Path) -> str | None:
    """Say why a file that exists is no database of DuckDB's, which would try to fetch what can read it from afar."""
    with path.open("rb") as file:
        head = file.read(MAGIC_AT + len(MAGIC))
    if not head:
        return "it is empty"
    return None if head[MAGIC_AT:] == MAGIC else "it is not a DuckDB database"


def set_aside(path: Path, reason: str) -> Path:
    """Rename a database file and its log, and write down that it was; return where the report is."""
    aside = _free_name(path)
    Damage(str(aside), reason, _now()).save(aside.with_suffix(".json"))
    log = _log_of(path)
    if log.exists():
        log.rename(_log_of(aside))
    if path.exists():
        path.rename(aside)
    return aside.with_suffix(".json")


def cut_log(path: Path, reason: str) -> Path:
    """Keep a copy of a damaged log, and cut it before the first entry that cannot be read; return where the report is.

    What a cut leaves of a transaction that was not finished, DuckDB leaves out.
    """
    log, aside = _log_of(path), _free_name(path).with_suffix(".log")
    found = _LOG_POSITION.search(reason)
    readable = int(found[1]) if found and int(found[1]) < log.stat().st_size else 0
    shutil.copyfile(log, aside)
    with log.open("r+b") as file:
        file.truncate(readable)
    kept = f"{reason}; of its {aside.stat().st_size:,} bytes the first {readable:,} were read"
    Damage(str(aside), kept, _now(), DONE).save(aside.with_suffix(".json"))
    return aside.with_suffix(".json")


def known(path: Path) -> dict[Path, Damage]:
    """All that was set aside beside a database file, by the paths of the reports."""
    found = {}
    for report in sorted(path.parent.glob(f"{path.stem}.damaged-*.json")):
        with suppress(OSError, ValueError, TypeError):
            found[report] = Damage(**json.loads(report.read_text()))
    return found


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _free_name(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    names = (
        path.with_name(f"{path.stem}.damaged-{stamp}{extra}{path.suffix}")
        for extra in ("", *map("-{}".format, range(2, 1000)))
    )
    return next(name for name in names if not name.with_suffix(".json").exists() and not name.exists())
