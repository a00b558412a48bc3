"""The programs that report open spans: which of them live, and what becomes of the spans of one that died.

A program reports every few seconds. One on the same machine is looked for among its processes, once a second, so that
what was killed is known at once; any other counts as dead when it has been silent for a while, until it speaks again.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

from otel_agents import processes

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agents.collector.handoff import Report
    from otel_agents.collector.store.duckdb import DuckDBStore
    from otel_agents.collector.store.store import Commit

LOOK_S: Final = 1.0
SILENCE_S: Final = 30.0  # six reports

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Heard:
    at: float  # by the monotonic clock
    seen: datetime
    open: frozenset[bytes]


class Programs:
    """Hears reports, and looks after those who sent them in a thread of its own; see ``handoff.Reports``.

    Args:
        store: has the spans.
        publish: is told of those that are marked.
        silence_s: after so many seconds without a report, a program whose process cannot be seen counts as dead.
    """

    def __init__(self, store: DuckDBStore, publish: Callable[[Commit], None], silence_s: float = SILENCE_S) -> None:
        self._store = store
        self._publish = publish
        self._silence_s = silence_s
        self._lock = threading.Lock()
        self._heard: dict[str, _Heard] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="programs", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._closing.set()
        self._thread.join()

    # --- What they report -------------------------------------------------------------------------------------------

    def unknown(self, report: Report, told: frozenset[bytes]) -> int:
        """See ``handoff.Reports``."""
        with self._lock:
            heard = self._heard.get(report.program)
        return len(report.open - told - report.given_up - (heard.open if heard else frozenset()))

    def is_news(self, report: Report) -> bool:
        """See ``handoff.Reports``."""
        with self._lock:
            heard = self._heard.get(report.program)
        known = heard.open if heard else frozenset[bytes]()
        if report.leaving or report.given_up or self._store.are_open(known - report.open):
            return True
        return self._store.are_abandoned(report.program)

    def note(self, report: Report) -> None:
        """See ``handoff.Reports``."""
        with self._lock:
            if report.leaving or not report.open:
                self._heard.pop(report.program, None)
            else:
                now = datetime.now(UTC).replace(tzinfo=None)
                self._heard[report.program] = _Heard(monotonic(), now, report.open - report.given_up)

    # --- Whether they live ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closing.wait(LOOK_S):
            try:
                self.look()
            except Exception:  # noqa: BLE001 - whatever it is, later it may work
                _log.exception("Whether programs live could not be looked up; it is tried again")

    def look(self) -> None:
        """Mark the open spans of programs that died, and forget those of which nothing is open any more."""
        programs = self._store.open_programs()
        with self._lock:
            for program, heard in list(self._heard.items()):
                if program not in programs and monotonic() - heard.at > self._silence_s:
                    del self._heard[program]
        for program, stored in programs.items():
            with self._lock:
                # After a restart everyone has the same time to speak up again.
                heard = self._heard.setdefault(program, _Heard(monotonic(), stored, frozenset()))
            lives = _lives(program)
            if lives or (lives is None and monotonic() - heard.at < self._silence_s):
                continue
            with self._lock:
                self._heard.pop(program, None)
            self._publish(self._store.abandon(program, heard.seen))


def _lives(program: str) -> bool | None:
    said = json.loads(program)
    return processes.lives(said["process"]) if isinstance(said.get("process"), dict) else None
