"""What a program asks about alerts: ``alert_manager``."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from otel_agents.alerts.measures import Readings
    from otel_agents.alerts.rules import Rule
    from otel_agents.alerts.silences import Silence, Silences
    from otel_agents.alerts.states import States
    from otel_agents.alerts.thresholds import Thresholds
    from otel_agents.model import Alert, Finding

    class Look(Readings, Protocol):
        """What the program is like at one moment: its figures, and the thresholds that are crossed."""

        findings: list[Finding]

    class Delivery(Protocol):
        """Calls listeners; nobody waits for it."""

        def put(self, function: Callable[..., Any], *given: Any) -> None:
            """Have ``function(*given)`` called soon."""

        def remember_loop(self, function: Callable[..., Any]) -> None:
            """Note the event loop that runs here, for coroutines of ``function``."""

        def report(self, where: str, error: Exception) -> None:
            """Note a fault of ours, or of a source."""

    Source = Callable[[Look], Iterable[Finding]]
    Listener = Callable[[Alert], Any]
    Watcher = Callable[[list[Alert], float], None]

_SEVERITIES = ("low", "medium", "high", "critical")


class AlertManager:
    """Holds thresholds and rules, says which are broken, and tells whoever listens when that changes.

    Args:
        thresholds: what is looked at; :func:`otel_agents.health` judges by the same ones.
        look: returns the program as it is now.
        delivery: calls those who listen.
    """

    _kept_states: States | None  # these are made when they are first needed: most programs have none,
    _kept_silences: Silences | None  # and every program imports this module
    _rules: dict[str, Rule] | None

    def __init__(self, thresholds: Thresholds, look: Callable[[], Look], delivery: Delivery) -> None:
        self._thresholds = thresholds
        self._look = look
        self._delivery = delivery
        self._start_looking: Callable[[], None] | None = None
        self._lock = threading.RLock()
        self._start()

    def after_fork(self) -> None:
        """Begin with no alert, and a lock of its own; the rules and who listens stay."""
        self._lock = threading.RLock()
        self._kept_states = None

    def _start(self) -> None:
        self._sources: list[Source] = []
        self._kept_states = None
        self._kept_silences = None
        self._listeners: list[tuple[Listener, int]] = []
        self._watchers: list[Watcher] = []
        self._rules = None

    @property
    def _states(self) -> States:
        if self._kept_states is None:
            from otel_agents.alerts.states import States

            self._kept_states = States()
        return self._kept_states

    @property
    def _silences(self) -> Silences:
        if self._kept_silences is None:
            from otel_agents.alerts.silences import Silences

            self._kept_silences = Silences()
        return self._kept_silences

    def bind(self, start: Callable[[], None] | None) -> None:
        """Set what has somebody look now and then; it is called once there is a rule or somebody listens."""
        self._start_looking = start
        if start is not None and (self._listeners or self._rules):
            start()

    # --- What is looked at ------------------------------------------------------------------------------------------

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds by name.

        ``error_rate`` (percent of requests in five minutes), ``response_time`` (mean seconds, in five minutes),
        ``failure_count`` (in five minutes), ``cost`` (US dollars since the program started). An alert fires above its
        threshold, and one whose threshold is left out does not fire. One is set by ``thresholds["cost"] = 10``, all of
        them are replaced by ``alert_manager.thresholds = {...}``; both check names and values.

        Raises:
            ConfigurationError: a name is unknown or a value wrong, when set.
        """
        return self._thresholds

    @thresholds.setter
    def thresholds(self, values: Mapping[str, float]) -> None:
        self._thresholds.replace(values)

    def add_rule(self, name: str, expression: str | None = None, *, severity: str | None = None) -> None:
        """Add a rule, or put it in the place of the one with its name.

        Args:
            name: the alert's name.
            expression: such as ``"p95(5m, agent=ChatAgent) > 5s for 2m"``, ``"error_rate(15m) > 5% by tool"``,
                ``"cost(1h) > $2 by tenant"`` or ``"silence(agent=Poller) > 10m"``; see
                :mod:`otel_agents.alerts.parser`. Without it, the ready-made rule of that name: ``success_rate``,
                ``slow``, ``very_slow``, ``cpu``, ``memory``, ``disk``, ``usage``, ``burn_rate``, ``error_spike``.
            severity: low, medium, high or critical; without it, medium or what a ready-made rule says.

        Raises:
            ConfigurationError: the expression, the name or the severity is wrong; the message says why.
        """
        from otel_agents.alerts.rules import make  # with the first rule

        rule = make(name, expression, severity)
        with self._lock:
            self._all_rules()[name] = rule
        self._be_looked_at()

    def remove_rule(self, name: str) -> None:
        """Take a rule away; its alerts are resolved at the next check.

        Raises:
            KeyError: there is none of that name.
        """
        with self._lock:
            del self._all_rules()[name]

    @property
    def rules(self) -> dict[str, Rule]:
        """The rules by name, a copy."""
        with self._lock:
            return dict(self._all_rules())

    def _all_rules(self) -> dict[str, Rule]:
        if self._rules is None:
            from otel_agents.alerts.rules import ON_FROM_THE_START, make

            self._rules = {name: make(name, None, None) for name in ON_FROM_THE_START}
        return self._rules

    def add_source(self, source: Source) -> None:
        """Have ``source`` asked for further findings at each check: budgets, loops, anomalies."""
        self._sources.append(source)

    def remove_source(self, source: Source) -> None:
        """Ask it no more."""
        if source in self._sources:
            self._sources.remove(source)

    # --- What is found ----------------------------------------------------------------------------------------------

    def check(self) -> list[Alert]:
        """Look now, and tell those who listen what changed; return what is pending or firing, the most severe first."""
        with self._lock:  # while it looks, too: what was seen later is not overtaken by what was seen before
            look = self._look()
            now = look.now_ns / 1e9
            self._silences.forget(now)
            news = self._states.update(self._findings(look), now, self._silences)
            for alert in news:
                level = _SEVERITIES.index(alert.severity)
                for listener, least in self._listeners:
                    if level >= least:
                        self._delivery.put(listener, alert)
            active = self._states.now()
            for watcher in self._watchers:
                watcher(active, now)
            return active

    def _findings(self, look: Look) -> list[Finding]:
        found = list(look.findings)
        sources: list[Source] = [
            *(partial(rule.findings, broken=self._states.is_firing) for rule in self._all_rules().values()),
            *self._sources,
        ]
        for source in sources:
            try:
                found += source(look)
            except Exception as error:  # noqa: BLE001  one that fails does not hide what the others find
                self._delivery.report("looking for alerts", error)
        return found

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners or self._watchers)

    def check_alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that fire now, the most severe first; those that are silenced are left out.

        Each is a dict with ``name``, ``severity`` (``"low"``, ``"medium"``, ``"high"`` or ``"critical"``), ``state``
        (``"firing"``), ``message``, ``kind`` (``program``, ``agent``, ``tool``, ``model``, ``tenant``, ``budget`` or
        ``run``), ``subject`` (its name; ``""`` for the program), ``value``, ``threshold``, ``since``, the time (seconds
        since the epoch) of the check that first saw it, ``acknowledged_by`` and ``evidence``.
        """
        return [alert.as_dict() for alert in self.check() if alert.state == "firing" and not alert.silenced]

    @property
    def alerts(self) -> list[Alert]:
        """Every alert that is pending or firing now, silenced ones too, the most severe first."""
        return self.check()

    @property
    def active(self) -> list[Alert]:
        """The same as of the last check, without another."""
        with self._lock:
            return self._states.now()

    @property
    def history(self) -> list[Alert]:
        """The newest thousand changes, oldest first: each alert that began to fire, and each that was resolved."""
        with self._lock:
            return list(self._states.history)

    # --- Who is told ------------------------------------------------------------------------------------------------

    def on_alert(self, listener: Listener | None = None, *, severity: str = "low") -> Any:
        """Call ``listener(alert)`` when an alert begins to fire, becomes more severe or is resolved; a decorator, too.

        It is called from a thread of its own; a coroutine function runs in the event loop it was given in, or in one
        for itself where there was none. What it raises is logged once and goes no further.

        Args:
            listener: takes an :class:`~otel_agents.model.Alert`; its ``state`` says which of the two it is.
            severity: it is told of alerts at least this bad.

        Raises:
            ConfigurationError: ``severity`` is none.
        """
        if severity not in _SEVERITIES:
            from otel_agents.errors import ConfigurationError

            raise ConfigurationError(f"severity: expected one of {', '.join(_SEVERITIES)}, got {severity!r}")
        if listener is None:
            return lambda given: self.on_alert(given, severity=severity)
        self._delivery.remember_loop(listener)
        with self._lock:
            self._listeners.append((listener, _SEVERITIES.index(severity)))
        self._be_looked_at()
        return listener

    def _be_looked_at(self) -> None:
        if self._start_looking is not None:
            self._start_looking()

    def forget(self, listener: Listener) -> None:
        """Tell ``listener`` nothing more."""
        with self._lock:
            self._listeners = [one for one in self._listeners if one[0] != listener]

    def watch(self, watcher: Watcher) -> None:
        """Call ``watcher(active, now)`` in every look, with what is pending or firing; it must not wait or fail."""
        with self._lock:
            self._watchers.append(watcher)
        self._be_looked_at()

    def unwatch(self, watcher: Watcher) -> None:
        """Call it no more."""
        with self._lock:
            self._watchers = [one for one in self._watchers if one != watcher]

    def acknowledge(self, name: str, subject: str | None = None, *, by: str = "somebody") -> int:
        """Say that somebody looks after the firing alerts of a name, until they are resolved.

        Args:
            name: the alerts' name.
            subject: only of the alert about this agent, tool, …; without it, of all of the name.
            by: who.

        Returns:
            How many alerts that was.
        """
        with self._lock:
            return self._states.acknowledge(name, subject, by)

    def silence(
        self, name: str | None = None, subject: str | None = None, *, minutes: float, by: str = "somebody"
    ) -> None:
        """Keep alerts quiet for a time: nobody is told, and :meth:`check_alerts` leaves them out.

        One that still fires when the time is over is told of then.

        Args:
            name: those of this name; without it, all.
            subject: those about this agent, tool, …; without it, all.
            minutes: for how long; 0 ends a silence that was asked for in the same words.
            by: who wants it.
        """
        from otel_agents.alerts.silences import Silence

        now = self._look().now_ns / 1e9
        with self._lock:
            self._silences.end(name, subject)
            if minutes > 0:
                self._silences.append(Silence(name, subject, now + minutes * 60, by))

    @property
    def silences(self) -> list[Silence]:
        """The silences there are."""
        with self._lock:
            return list(self._silences)

    def packed(self) -> dict[str, Any]:
        """Return alerts, history and silences as plain values, for :meth:`unpack`."""
        with self._lock:
            return {**self._states.packed(), "silences": [one._asdict() for one in self._silences]}

    def unpack(self, packed: dict[str, Any]) -> None:
        """Go on with what :meth:`packed` gave in an earlier run.

        Raises:
            KeyError, TypeError: it did not.
        """
        from otel_agents.alerts.silences import Silence

        with self._lock:
            silences = [Silence(**one) for one in packed["silences"]]
            self._states.unpack(packed)
            self._silences[:] = silences

    def set_aside(self) -> Callable[[], None]:
        """Begin with no alert, rule, silence or listener; give what brings back those there were, and thresholds."""
        names = ("_kept_states", "_kept_silences", "_listeners", "_rules", "_sources", "_watchers", "_start_looking")
        aside, thresholds = {name: getattr(self, name) for name in names}, dict(self._thresholds)
        self._start()

        def bring_back() -> None:
            self._thresholds.replace(thresholds)
            for name, value in aside.items():
                setattr(self, name, value)

        return bring_back
