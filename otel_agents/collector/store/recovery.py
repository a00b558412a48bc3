"""Takes over what can be read of files that were set aside, in the background, while the collector works."""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import pyarrow as pa

from otel_agents.collector.handoff import OverloadedError
from otel_agents.collector.store import damage
from otel_agents.collector.store.damage import DONE, READING, Damage
from otel_agents.collector.store.salvage import STEP, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agents.collector.store.duckdb import DuckDBStore

# What users know the tables as.
NAMES: Final = {"span_data": "spans", "point_data": "metrics", "log_data": "logs", "evaluation_data": "evaluations"}
PAUSE_S: Final = 0.02  # between two steps, for the writes that wait
FULL_PAUSE_S: Final = 5.0
_CRASHES: Final = 1000  # of the program that reads; each costs the rows of a step

_log = logging.getLogger(__name__)


class Recovery:
    """A thread that reads the files set aside beside a store's; what is done once is not done again.

    Args:
        store: takes the rows.
        path: the database file the others lie beside.
        woken: set when there is another.
        counted: is told how many rows, of which table, were taken over or lost.
    """

    def __init__(
        self, store: DuckDBStore, path: Path, woken: threading.Event, counted: Callable[[str, str, int], None]
    ) -> None:
        self._store = store
        self._path = path
        self._counted = counted
        self._woken = woken
        self._closing = threading.Event()
        self._program: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="recovery", daemon=True)
        self._woken.set()
        self._thread.start()

    def damaged(self) -> list[Damage]:
        """All files that were ever set aside and are still there."""
        return [found for found in damage.known(self._path).values() if Path(found.file).exists()]

    def close(self) -> None:
        """Stop; the next run begins anew with the file that was being read."""
        self._closing.set()
        self._woken.set()
        if (program := self._program) is not None:
            program.kill()
        self._thread.join()

    def _run(self) -> None:
        while self._woken.wait() and not self._closing.is_set():
            self._woken.clear()
            for report, found in damage.known(self._path).items():
                if found.state != DONE:
                    try:
                        self._read(found, report)
                    except Exception:  # noqa: BLE001 - whatever it is, the collector goes on without it
                        _log.exception("What can be read of %s could not be taken over", found.file)
                if self._closing.is_set():
                    return

    def _read(self, found: Damage, report: Path) -> None:
        # What an earlier run took over is there already, and is counted again as it is met again.
        found.state, found.taken, found.lost, found.incomplete, found.unreadable = READING, {}, {}, {}, []
        found.save(report)
        _log.warning("What can be read of %s is being taken over", found.file)
        table, row = "", 0
        for _ in range(_CRASHES):
            last, code = self._one_program(found, report, table, row)
            if self._closing.is_set():
                return
            if code == 0 or last is None:
                break
            # It crashed over the step after the last one.
            if (table, row) == (last.table, last.next):
                _add(found.lost, last.table, STEP)
                row += STEP
            else:
                table, row = last.table, last.next
        if code and not found.taken:
            found.unreadable = ["all"]
        found.state = DONE
        found.save(report)
        _log.warning("%s", said(found))

    def _one_program(self, found: Damage, report: Path, table: str, row: int) -> tuple[Step | None, int]:
        """Run the program that reads, from a row on; return the last step it made, or where it began, and its code."""
        command = [sys.executable, "-m", "otel_agents.collector.store.salvage", found.file]
        command += [table, str(row)] if table else []
        last = Step(table, row) if table else None
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as program:  # noqa: S603 - of ours
            self._program = program
            if self._closing.is_set():
                program.kill()
            assert program.stdout is not None  # noqa: S101 - it is a pipe
            while (taken := self._step(found, program.stdout)) is not None and not self._closing.is_set():
                last = taken
                found.save(report)
                self._closing.wait(PAUSE_S)
            program.kill() if self._closing.is_set() else program.stdout.close()
        self._program = None
        return last, program.returncode

    def _step(self, found: Damage, sent: IO[bytes]) -> Step | None:
        line = sent.readline()
        if not line.endswith(b"\n"):
            return None
        step = Step(**json.loads(line))
        body = sent.read(step.size)
        if len(body) < step.size:
            return None
        if step.failed is not None:
            found.unreadable.append(NAMES.get(step.table, step.table))
        if step.size:
            rows = pa.ipc.open_stream(body).read_all()
            if self._take_over(step.table, rows):
                _add(found.taken, step.table, rows.num_rows)
                self._tell(step.table, "taken", rows.num_rows)
        _add(found.lost, step.table, step.lost)
        _add(found.incomplete, step.table, step.incomplete)
        self._tell(step.table, "lost", step.lost)
        return step

    def _take_over(self, table: str, rows: pa.Table) -> bool:
        while not self._closing.is_set():
            with contextlib.suppress(OverloadedError):
                return self._store.take_over(table, rows)
            self._closing.wait(FULL_PAUSE_S)
        return False

    def _tell(self, table: str, what: str, number: int) -> None:
        if number and table in NAMES:
            self._counted(what, NAMES[table], number)


def said(found: Damage) -> str:
    """Say what became of a file, in one line."""
    parts = [
        _numbers("taken over", found.taken),
        _numbers("lost", found.lost),
        _numbers("incomplete", found.incomplete),
    ]
    if found.unreadable:
        parts.append(f"unreadable: {', '.join(found.unreadable)}")
    return f"{found.file} was damaged ({found.why}); {'; '.join(filter(None, parts)) or 'it held nothing'}. It is kept"


def _numbers(what: str, by_table: dict[str, int]) -> str:
    return f"{what}: {', '.join(f'{number:,} {name}' for name, number in by_table.items())}" if by_table else ""


def _add(counts: dict[str, int], table: str, number: int) -> None:
    if number and table in NAMES:
        counts[NAMES[table]] = counts.get(NAMES[table], 0) + number
