"""Alerts from spans: the program's own thresholds and rules, asked of what a collector or a file has.

The last hour is gone through in steps, with the spans that had ended by then, so that an alert says since when it fires
and a rule that must hold ``for 5m`` does.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, Final, cast

from otel_agents.alerts.manager import AlertManager
from otel_agents.alerts.rules import SEVERITIES, Rule
from otel_agents.alerts.thresholds import Thresholds
from otel_agents.cli.rows import printable
from otel_agents.cli.statements import ended, statement
from otel_agents.collector.query.ended import record
from otel_agents.collector.watching.observer import Observer, refuse_unknowable
from otel_agents.errors import ConfigurationError
from otel_agents.health.windows import HOUR
from otel_agents.model import Alert

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from otel_agents.cli.source import Row, Source
    from otel_agents.records import SpanRecord

_STEP_NS: Final = 30_000_000_000
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, as the store has its times
# What spans do not tell: only the program itself knows it.
_NOT_IN_SPANS: Final = frozenset({"cpu", "memory", "disk", "running", "budget_used"})


class Watcher:
    """Looks for alerts once.

    Args:
        source: where the spans are.
        rules: ``NAME``, or ``NAME=EXPRESSION``; the name may end in ``/SEVERITY``.
        thresholds: ``NAME=NUMBER``; those not named have their defaults.

    Raises:
        ConfigurationError: a rule or a threshold is wrong.
    """

    def __init__(self, source: Source, rules: Sequence[str], thresholds: Sequence[str]) -> None:
        self._source = source
        self._thresholds = Thresholds()
        self._observer = Observer(self._thresholds)
        self._manager = AlertManager(self._thresholds, self._observer.look, _Nobody())
        for given in thresholds:
            name, _, number = given.partition("=")
            if name.strip() == "cost":
                raise ConfigurationError("threshold 'cost' is since a program's start: use --rule 'dear=cost(1h) > $2'")
            self._thresholds[name.strip()] = cast("float", number.strip())  # its check reads the text
        for given in rules:
            self._add_rule(given)
        self.spans = 0
        self.rules = len(self._thresholds) + len(self._manager.rules)

    def look(self, severity: str) -> list[Alert]:
        """Return the alerts at least this bad that fire now, or wait until they have held for long enough."""
        end = self._source.now()
        back_s = max([HOUR, *map(_reach_s, self._manager.rules.values())])
        start = end - timedelta(seconds=back_s)
        start_ns, end_ns = _ns(start), _ns(end)
        (oldest,) = self._source.ask(statement("oldest"))
        observer = self._observer
        observer.started_ns = max(start_ns, (oldest["oldest_us"] or 0) * 1000)
        records = self._records(start, end)
        self.spans = len(records)
        ends = [record.end_ns for record in records]
        fed = 0
        active: list[Alert] = []
        for now_ns in [*range(max(start_ns, observer.started_ns) + _STEP_NS, end_ns, _STEP_NS), end_ns]:
            upto = bisect_right(ends, now_ns)
            observer.add(records[fed:upto])
            fed, observer.now_ns = upto, now_ns
            active = self._manager.check()
        least = SEVERITIES.index(cast("Any", severity))
        return [alert for alert in active if SEVERITIES.index(alert.severity) >= least]

    def _add_rule(self, given: str) -> None:
        head, equals, expression = given.partition("=")
        name, _, severity = head.strip().rpartition("/") if "/" in head else (head.strip(), "", None)
        self._manager.add_rule(name, expression.strip() if equals else None, severity=severity)
        refuse_unknowable(self._manager.rules[name], _NOT_IN_SPANS)

    def _records(self, start: datetime, end: datetime) -> list[SpanRecord]:
        records: list[SpanRecord] = []
        after_us, after = 0, ""
        while True:
            rows = self._source.ask(ended(start=start, end=end, after_us=after_us, after=after))
            if not rows:
                return records
            records += (record(**row) for row in rows)
            after_us, after = rows[-1]["end_us"], rows[-1]["span_id"]


class _Nobody:
    """Who is told of alerts here: who reads what is printed."""

    def put(self, function: Callable[..., Any], *given: Any) -> None:
        """Tell nobody."""

    def remember_loop(self, function: Callable[..., Any]) -> None:
        """Have no coroutines to run."""

    def report(self, where: str, error: Exception) -> None:
        """Let a fault be seen: there is no program to protect from it."""
        error.add_note(where)
        raise error


def told_by(told: Row, severity: str) -> list[Alert]:
    """Return the alerts at least this bad that a collector tells of, without those that are silenced."""
    alerts = [Alert(**{name: each[name] for name in Alert.__slots__}) for each in told["alerts"]]
    least = SEVERITIES.index(cast("Any", severity))
    return [alert for alert in alerts if SEVERITIES.index(alert.severity) >= least and not alert.silenced]


def write(alerts: list[Alert], nothing: str, kind: str | None, out: IO[str]) -> None:
    """Write alerts as lines, as JSON or as a Markdown list; ``nothing`` is said where there are none."""
    if kind == "json":
        json.dump([asdict(alert) for alert in alerts], out, indent=2, ensure_ascii=False)
        out.write("\n")
        return
    for alert in alerts:
        since = f"{datetime.fromtimestamp(alert.since, UTC):%H:%M:%S} UTC"
        state = "since" if alert.state == "firing" else "pending since"
        mark = f"- **{alert.severity}** {alert.name}:" if kind else f"{alert.severity.upper():<8}  {alert.name}:"
        out.write(f"{mark} {printable(alert.message)}, {state} {since}\n")
    if not alerts:
        out.write(f"{nothing}\n")


def _reach_s(rule: Rule) -> float:
    """Return how many seconds back a rule has to see."""
    silences = [each.limit for each in rule.parsed.conditions if each.name == "silence"]
    return HOUR + rule.parsed.hold_s + max(silences, default=0.0)


def _ns(when: datetime) -> int:
    return (when - _EPOCH) // timedelta(microseconds=1) * 1000
