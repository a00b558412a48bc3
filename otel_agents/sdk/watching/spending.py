"""What budgets have spent, noted in the program's state file: shared by its processes, and known to the next run."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

from otel_agents.alerts.budgets import Noted

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from otel_agents.alerts.budgets import Budget, Entry
    from otel_agents.sdk.watching.state import StateFile

_FORGET_NS = 62 * 86_400 * 10**9  # after which nobody asks any more, also of the last month
_ADD = """
INSERT INTO spent (budget, account, period, used, unpriced, last) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (budget, account, period) DO UPDATE SET
    used = used + excluded.used, unpriced = unpriced + excluded.unpriced, last = max(last, excluded.last)
"""
_READ = "SELECT used, unpriced, last FROM spent WHERE budget = ? AND account = ? AND period = ?"
_READ_ALL = "SELECT account, used, unpriced, last FROM spent WHERE budget = ? AND period = ?"
_TELL = "UPDATE spent SET told = ? WHERE budget = ? AND account = ? AND period = ? AND (told IS NULL OR told <> ?)"

Key = tuple[str, str, int]


class Spending:
    """The book of :class:`otel_agents.alerts.budgets.Ledger`. What cannot be noted now is noted with the next call.

    Args:
        file: where.
    """

    def __init__(self, file: StateFile) -> None:
        self.file = file
        self.after_fork()

    def after_fork(self) -> None:
        """Leave to the parent what it could not note yet."""
        self._lock = threading.RLock()
        self._pending: dict[Key, tuple[float, int, int]] = {}
        self._tidied = False
        self._seen: dict[str, tuple[int, int]] = {}  # by budget, the file's state and the period it was read for

    def add(self, entry: Entry, used: float, unpriced_calls: int, now_ns: int) -> Noted | None:
        """Add to an entry, and return it as it is then; None when it cannot be known now, and is added later."""
        key = _key(entry)
        with self._lock:
            before = self._pending.get(key, (0.0, 0, 0))
            self._pending[key] = (before[0] + used, before[1] + unpriced_calls, max(before[2], now_ns))
            return self._note(key)

    def read(self, entry: Entry) -> Noted | None:
        """Return an entry; None when there is none, or it cannot be known now."""
        key = _key(entry)
        with self._lock:
            if key in self._pending:
                return self._note(key)
        return self.file.read(lambda connection: _read(connection, key))

    def read_all(self, budget: Budget, period: int) -> Mapping[tuple[str, ...], Noted]:
        """Return the entries of a budget in a period, by account, if others have changed any; otherwise nothing."""
        name = _name(budget)
        with self._lock:
            if not self.note_all():
                return {}
            if not self._tidied:
                self._tidied = True
                self._tidy()
            version = self.file.read(lambda connection: int(connection.execute("PRAGMA data_version").fetchone()[0]))
            if version is None or self._seen.get(name) == (version, period):
                return {}
            rows = self.file.read(lambda connection: connection.execute(_READ_ALL, (name, period)).fetchall())
            if rows is None:
                return {}
            self._seen[name] = (version, period)
        return {tuple(json.loads(account)): Noted(*noted) for account, *noted in rows}

    def tell(self, entry: Entry) -> bool:
        """Say whether this process is the one that tells that this limit is reached."""
        limit = entry.budget.limit
        told = self.file.write(lambda connection: connection.execute(_TELL, (limit, *_key(entry), limit)).rowcount)
        return told != 0  # where it is not known, twice is better than never

    def forget(self, budget: Budget) -> None:
        """Drop what was noted of a budget."""
        name = _name(budget)
        with self._lock:
            for key in [key for key in self._pending if key[0] == name]:
                del self._pending[key]
        self.file.write(lambda connection: connection.execute("DELETE FROM spent WHERE budget = ?", (name,)))

    def note_all(self) -> bool:
        """Note what could not be noted before; say whether nothing is left."""
        with self._lock:
            return all(self._note(key) is not None for key in list(self._pending))

    def close(self) -> None:
        """Note what is left, and close the file until it is needed again."""
        with self._lock:
            self.note_all()
            self._seen.clear()  # what the file's state is called is the connection's
        self.file.close()

    def _tidy(self) -> None:
        """Forget what nobody has spent of for two months."""
        old = (time.time_ns() - _FORGET_NS,)
        self.file.write(lambda connection: connection.execute("DELETE FROM spent WHERE last < ?", old))

    def _note(self, key: Key) -> Noted | None:
        more = self._pending[key]

        def add(connection: sqlite3.Connection) -> Noted:
            connection.execute(_ADD, (*key, *more))
            return _read(connection, key) or Noted(*more)

        noted = self.file.write(add)
        if noted is not None:
            del self._pending[key]
        return noted


def _read(connection: sqlite3.Connection, key: Key) -> Noted | None:
    row = connection.execute(_READ, key).fetchone()
    return None if row is None else Noted(*row)


def _key(entry: Entry) -> Key:
    return _name(entry.budget), json.dumps(entry.account, ensure_ascii=False), entry.period


def _name(budget: Budget) -> str:
    """Name a budget by what it counts: one that counts something else begins at nothing."""
    return json.dumps([budget.name, budget.unit, budget.per, sorted(budget.only.items())], ensure_ascii=False)
