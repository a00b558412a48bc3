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
from otel_agents.cli.statements import statement
from otel_agents.errors import ConfigurationError
from otel_agents.health.aggregates import Aggregates
from otel_agents.health.counts import counts
from otel_agents.health.rules import judge
from otel_agents.health.windows import HOUR
from otel_agents.records import SpanRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from otel_agents.alerts.manager import Look
    from otel_agents.cli.source import Row, Source
    from otel_agents.health.aggregates import Kind
    from otel_agents.health.rules import Key
    from otel_agents.model import Alert, Finding

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
        self._aggregates = Aggregates()
        self._found: frozenset[Key] = frozenset()
        self._now_ns = self._started_ns = 0
        self._manager = AlertManager(self._thresholds, lambda: cast("Look", self._look()), _Nobody())
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
        self._started_ns = max(start_ns, (oldest["oldest_us"] or 0) * 1000)
        records = self._records(start, end)
        self.spans = len(records)
        ends = [record.end_ns for record in records]
        fed = 0
        active: list[Alert] = []
        for now_ns in [*range(max(start_ns, self._started_ns) + _STEP_NS, end_ns, _STEP_NS), end_ns]:
            upto = bisect_right(ends, now_ns)
            for record in records[fed:upto]:
                self._aggregates.add(record)
            fed, self._now_ns = upto, now_ns
            active = self._manager.check()
        least = SEVERITIES.index(cast("Any", severity))
        return [alert for alert in active if SEVERITIES.index(alert.severity) >= least]

    def _add_rule(self, given: str) -> None:
        head, equals, expression = given.partition("=")
        name, _, severity = head.strip().rpartition("/") if "/" in head else (head.strip(), "", None)
        self._manager.add_rule(name, expression.strip() if equals else None, severity=severity)
        for each in self._manager.rules[name].parsed.conditions:
            if each.name in _NOT_IN_SPANS:
                raise ConfigurationError(f"rule {name!r}: {each.name} is not in spans: set it in the program")
            if each.measure.windowed and each.window_s is None:
                raise ConfigurationError(f"rule {name!r}: name a window, as {each.name}(1h): spans have no start")

    def _records(self, start: datetime, end: datetime) -> list[SpanRecord]:
        records: list[SpanRecord] = []
        after_us, after = 0, ""
        while True:
            rows = self._source.ask(statement("ended", start=start, end=end, after_us=after_us, after=after))
            if not rows:
                return records
            records += map(_record, rows)
            after_us, after = rows[-1]["end_us"], rows[-1]["span_id"]

    def _look(self) -> _Look:
        _, findings = judge(counts(self._aggregates, self._now_ns), self._thresholds, self._found)
        self._found = frozenset((each.rule, each.kind, each.subject) for each in findings)
        return _Look(self._aggregates, self._now_ns, self._started_ns, findings)


class _Look:
    """What rules are evaluated on: the figures as of one moment."""

    def __init__(self, aggregates: Aggregates, now_ns: int, started_ns: int, findings: list[Finding]) -> None:
        self.aggregates = aggregates
        self.now_ns = now_ns
        self.started_ns = started_ns
        self.findings = findings

    def gauge(self, _name: str) -> float | None:
        """Return nothing: the machine the spans come from may be another."""
        return None

    def running(self, _kind: Kind | None, _name: str) -> int:
        """Return 0: what is open has not arrived."""
        return 0

    def budgets(self) -> Mapping[str, float]:
        """Return none: they are the program's."""
        return {}


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


def write(alerts: list[Alert], watcher: Watcher, kind: str | None, out: IO[str]) -> None:
    """Write alerts as lines, as JSON or as a Markdown list."""
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
        out.write(f"No alert: {watcher.rules} rules, {watcher.spans:,} spans of the last hour\n")


def _reach_s(rule: Rule) -> float:
    """Return how many seconds back a rule has to see."""
    silences = [each.limit for each in rule.parsed.conditions if each.name == "silence"]
    return HOUR + rule.parsed.hold_s + max(silences, default=0.0)


def _ns(when: datetime) -> int:
    return (when - _EPOCH) // timedelta(microseconds=1) * 1000


def _record(row: Row) -> SpanRecord:
    parent = row["parent_span_id"]
    repeated = row["repeated"]  # another span tells of the same call
    return SpanRecord(
        name=row["name"],
        type="other" if repeated else row["type"],
        start_ns=row["start_us"] * 1000,
        end_ns=row["end_us"] * 1000,
        failed=row["failed"],
        error_type=row["error_type"],
        error_message=row["error_message"],
        agent=row["agent"],
        tool=row["tool"] if row["type"] == "tool" else None,
        model=row["model"],
        tenant=row["tenant"],
        first_chunk_s=None if row["ttft_ms"] is None else row["ttft_ms"] / 1000,
        input_tokens=row["input_tokens"] or 0,
        output_tokens=row["output_tokens"] or 0,
        cached_tokens=row["cache_read_tokens"] or 0,
        reasoning_tokens=row["reasoning_tokens"] or 0,
        cost_usd=row["cost"],
        counts_as_request=not row["nested"],
        trace_id=int(row["trace_id"], 16),
        span_id=int(row["span_id"], 16),
        parent_id=None if parent is None else int(parent, 16),
    )
