"""Keeps the audit log: entries are taken at once and written behind, so nobody waits for them."""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import replace
from itertools import groupby
from time import sleep
from typing import TYPE_CHECKING, Final

from otel_agents.collector.access.keyring import utc_now
from otel_agents.collector.state.database import StateError
from otel_agents.redaction.redactor import Redactor

if TYPE_CHECKING:
    from otel_agents.collector.access.principal import Principal
    from otel_agents.collector.meters import Meters
    from otel_agents.collector.state.audit import Entry
    from otel_agents.collector.state.database import Database
    from otel_agents.collector.state.keys import Key

MAX_SUBJECT: Final = 2_000  # characters
_WAITING: Final = 10_000  # entries
_PAUSE_S: Final = 0.2  # what comes meanwhile is written together

_log = logging.getLogger(__name__)


class AuditLog:
    """Takes entries from any thread.

    Args:
        database: the state.
        meters: what finds no room, or cannot be written, is counted there.
        on: whether anything is kept but what is done to keys.
    """

    def __init__(self, database: Database, meters: Meters, *, on: bool) -> None:
        self._database = database
        self._meters = meters
        self._on = on
        self._redactor: Redactor | None = None
        self._waiting: queue.Queue[Entry | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._started = threading.Lock()

    def note(
        self,
        who: Principal,
        action: str,
        subject: str,
        outcome: str = "done",
        detail: str = "",
        *,
        always: bool = False,
    ) -> None:
        """Keep an entry.

        Args:
            who: did it.
            action: one or two words: ``sql``, ``key created``.
            subject: to what; secrets in it are taken out, and it is cut to ``MAX_SUBJECT``.
            outcome: ``done``, ``refused`` or ``failed``.
            detail: what else is worth knowing.
            always: even where the log is off.
        """
        if not (self._on or always):
            return
        from otel_agents.collector.state.audit import Entry

        self._redactor = self._redactor or Redactor()
        text = self._redactor.text(subject[: MAX_SUBJECT + 1])
        text = text if len(text) <= MAX_SUBJECT else text[:MAX_SUBJECT] + "…"
        entry = Entry(utc_now(), who.id, who.name, who.tenant, action, text, outcome, detail[:MAX_SUBJECT])
        try:
            self._waiting.put_nowait(entry)
        except queue.Full:
            self._meters.add("audit_entries_dropped_total", 1, reason="overload")
            return
        if not self._thread.is_alive():
            with self._started:
                if self._thread.ident is None:
                    self._thread.start()

    def note_key(self, who: Principal, action: str, key: Key) -> None:
        """Keep what is done to a key, even where the log is off."""
        detail = " ".join(sorted(key.scopes)) + (f", tenant {key.tenant}" if key.tenant else "")
        self.note(who, action, f"{key.name} ({key.id})", detail=detail, always=True)

    def read(
        self, *, limit: int, before: int | None = None, action: str | None = None, who: str | None = None
    ) -> list[tuple[int, Entry]]:
        """Read entries with their numbers, the newest first, those just taken included; see ``state.audit.read``.

        Raises:
            StateError: they cannot be read.
        """
        if self._thread.is_alive():
            self._waiting.join()
        if not self._database.exists:
            return []
        from otel_agents.collector.state import audit

        with self._database.read() as connection:
            return audit.read(connection, limit=limit, before=before, action=action, who=who)

    def close(self) -> None:
        """Write what was taken."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _run(self) -> None:
        while True:
            taken = [self._waiting.get()]
            if taken[0] is not None:
                sleep(_PAUSE_S)
            while not self._waiting.empty():
                taken.append(self._waiting.get_nowait())
            entries = [entry for entry in taken if entry is not None]
            if entries:
                self._write(entries)
            for _ in taken:
                self._waiting.task_done()
            if len(entries) < len(taken):
                return

    def _write(self, entries: list[Entry]) -> None:
        from otel_agents.collector.state import audit

        try:
            with self._database.write() as connection:
                audit.add(connection, _together(entries))
        except StateError as error:
            self._meters.add("audit_entries_dropped_total", len(entries), reason="state")
            _log.error("%s entries of the audit log could not be written: %s", len(entries), error)


def _together(entries: list[Entry]) -> list[Entry]:
    """Make one entry of those that differ in nothing but the time: a program that is refused tries again and again."""
    made = []
    for first, group in groupby(entries, key=lambda entry: replace(entry, time=entries[0].time)):
        same = list(group)
        times = f"{len(same)} times" if len(same) > 1 else ""
        made.append(replace(first, time=same[0].time, detail=", ".join(filter(None, (first.detail, times)))))
    return made
