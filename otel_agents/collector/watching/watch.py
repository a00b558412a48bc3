"""The collector's own watch: looks at what was stored every few seconds, and tells of what is wrong."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, cast

from otel_agents.alerts.anomalies import Anomalies
from otel_agents.alerts.manager import AlertManager
from otel_agents.alerts.routing import Router, Times
from otel_agents.alerts.rules import make, named
from otel_agents.alerts.thresholds import Thresholds
from otel_agents.collector.query.ended import PAGE, arrived, in_a_time
from otel_agents.collector.watching.arrivals import Arrivals
from otel_agents.collector.watching.memory import Memory
from otel_agents.collector.watching.observer import Observer, refuse_unknowable
from otel_agents.health.windows import HOUR
from otel_agents.notify.notifier import Notifier

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable

    from duckdb import DuckDBPyConnection

    from otel_agents.alerts.manager import Look
    from otel_agents.collector.meters import Meters
    from otel_agents.collector.options import CollectorSettings
    from otel_agents.collector.store.store import Store
    from otel_agents.model import Alert
    from otel_agents.records import SpanRecord

NOT_HERE: Final = frozenset({"running", "budget_used"})  # only the program itself knows them
MOST_HISTORY: Final = 200_000  # spans of the last hour that are gone through at the start, the newest
_KEEP_USUAL_S: Final = 600.0
_REST: Final = 5.0  # after each page of what arrived, in what that took: a core has other things to do under load
_LAST_LOOK_S: Final = 1.0
_CLOSE_S: Final = 2.0

_log = logging.getLogger(__name__)


class Watch:
    """Looks in a thread of its own. Figures of the last hour and alerts go on where an earlier run ended.

    Args:
        store: what is watched; before anything more is written to it.
        settings: thresholds, rules and channels.
        meters: where changes of alerts are counted.
        gauge: gives ``cpu``, ``memory`` and ``disk`` of the machine in percent.
        now_ns: the time, in nanoseconds since the epoch.
    """

    def __init__(
        self,
        store: Store,
        settings: CollectorSettings,
        meters: Meters,
        gauge: Callable[[str], float | None],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.arrivals = Arrivals()
        self.thresholds = Thresholds() if settings.thresholds is None else Thresholds(settings.thresholds)
        self.notices: dict[str, Counter[str]] = {}
        self._store = store
        self._meters = meters
        self._now_ns = now_ns
        self._interval = settings.alert_interval
        self._observer = Observer(self.thresholds, gauge)
        self.alerts = AlertManager(self.thresholds, lambda: cast("Look", self._observer.look()), _AtOnce())
        self._anomalies = Anomalies() if settings.anomalies else None
        self._memory = Memory(settings.folder)
        self._notifier = self._make_notifier(settings)
        self._signature: object = None
        self._closing = threading.Event()
        self._busy = threading.Lock()
        self._set_up(settings)
        self._snapshot = ExitStack()
        self._before = self._snapshot.enter_context(store.read())
        self._before.execute("SELECT number FROM journal")  # what is stored from here on arrives
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def _make_notifier(self, settings: CollectorSettings) -> Notifier:
        times = Times(settings.alert_wait, settings.alert_group, settings.alert_repeat, settings.alert_escalate_after)
        return Notifier.make(
            settings.alert_channels,
            settings.alert_escalation,
            secret=settings.alert_secret,
            service=None,
            router=Router(times),
            counts=self.notices,
            report=_report,
        )

    def _set_up(self, settings: CollectorSettings) -> None:
        for given, expression in (settings.rules or {}).items():
            name, severity = named(given)
            refuse_unknowable(make(name, expression, severity), NOT_HERE)
            self.alerts.add_rule(name, expression, severity=severity)
        if self._anomalies is not None:
            self._anomalies.remember(self._memory.usual())
            self.alerts.add_source(self._anomalies.findings)
        if (kept := self._memory.alerts()) is not None:
            try:
                self.alerts.unpack(kept)
                self._notifier.router.unpack(kept["told"])
            except (KeyError, TypeError):
                _log.warning("What was known of alerts is of another version, and begins anew")
        self.alerts.on_alert(self._count)
        self.alerts.watch(self._notifier.look)

    def _count(self, alert: Alert) -> None:
        self._meters.count("alert_changes_total", severity=alert.severity, state=alert.state)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def _run(self) -> None:
        try:
            with self._busy:
                self._go_through_the_last_hour(self._before)
        except Exception as error:  # noqa: BLE001 - it can be watched from here on
            _report("going through the last hour", error)
        finally:
            self._snapshot.close()
        usual_at = time.monotonic() + _KEEP_USUAL_S
        while not self._closing.wait(self._interval):
            self.look()
            if time.monotonic() >= usual_at:
                usual_at = time.monotonic() + _KEEP_USUAL_S
                self._keep_usual()

    def _go_through_the_last_hour(self, cursor: DuckDBPyConnection) -> None:
        end = datetime.fromtimestamp(self._now_ns() / 1e9, UTC).replace(tzinfo=None) + timedelta(seconds=1)
        start = end - timedelta(seconds=HOUR)
        ((number, oldest),) = cursor.execute(
            "SELECT count(*) FILTER (end_time >= $1), epoch_us(min(start_time)) FROM span_data WHERE start_time >= $2",
            [start, start - timedelta(hours=1)],
        ).fetchall()
        if number > MOST_HISTORY:
            start = end - (end - start) * (MOST_HISTORY / number)
        self._observer.started_ns = self._now_ns() if oldest is None else oldest * 1000
        self._take(takewhile(lambda _: not self._closing.is_set(), in_a_time(cursor, start, end)))

    def look(self) -> None:
        """Take what arrived, and see what is wrong now."""
        began = time.perf_counter()
        try:
            # What an import brings of days long past is no news.
            for spans in self.arrivals.take(PAGE, self._now_ns() - int(HOUR * 1e9)):
                page_began = time.perf_counter()
                with self._busy:
                    with self._store.read() as cursor:
                        self._take(arrived(cursor, spans))
                    self._check()
                # Under load it takes a part of one core, and is late; at the end it is soon over.
                self._closing.wait(_REST * (time.perf_counter() - page_began))
                if self._closing.is_set() and time.perf_counter() - began > _LAST_LOOK_S:
                    break
            with self._busy:
                self._check()
        except Exception as error:  # noqa: BLE001 - whatever it is, later it may work
            _report("looking for alerts", error)
        self._meters.observe("look_seconds", time.perf_counter() - began)

    def _check(self) -> None:
        self._observer.now_ns = self._now_ns()
        self.alerts.check()
        self._keep()

    def _take(self, records: Iterable[SpanRecord]) -> None:
        now_ns = self._now_ns()
        for record in records:
            record.end_ns = min(record.end_ns, now_ns)  # one from the future would push aside all others
            self._observer.add((record,))

    # --- For those who ask ------------------------------------------------------------------------------------------

    def acknowledge(self, name: str, subject: str | None, by: str) -> int:
        """Note that somebody looks after the firing alerts of a name; return how many there are."""
        known = self.alerts.acknowledge(name, subject, by=by)
        self._keep()
        return known

    def silence(self, name: str | None, subject: str | None, minutes: float, by: str) -> None:
        """Keep alerts quiet for a time; 0 ends it."""
        with self._busy:
            self._observer.now_ns = self._now_ns()
            self.alerts.silence(name, subject, minutes=minutes, by=by)
        self.look()

    # --- What is kept -----------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        """Keep what is known of alerts, where it changed."""
        active = [(one.id, one.state, one.severity, one.acknowledged_by, one.silenced) for one in self.alerts.active]
        told = self._notifier.router.packed()
        signature = active, [(one["name"], one["last"]) for one in told], self.alerts.silences, len(self.alerts.history)
        if signature != self._signature:
            self._signature = signature
            self._memory.keep_alerts({**self.alerts.packed(), "told": told})

    def _keep_usual(self) -> None:
        if self._anomalies is not None:
            self._memory.keep_usual(self._anomalies.learned())

    def close(self) -> None:
        """Look once more, tell what is new, and keep what is known."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
            self._notifier.look_last(self.look)
            self._keep_usual()
        self._notifier.close(_CLOSE_S)


class _AtOnce:
    """Calls who listens where it happened: they only count."""

    def put(self, function: Callable[..., Any], *given: Any) -> None:
        """Call it."""
        function(*given)

    def remember_loop(self, function: Callable[..., Any]) -> None:
        """Have no coroutines to run."""

    def report(self, where: str, error: Exception) -> None:
        """Log a fault."""
        _report(where, error)


def _report(where: str, error: Exception) -> None:
    _log.warning("A fault while %s: %s", where, error, exc_info=error)
