"""What alerts are judged by, from spans: figures as of one moment, and the thresholds that are crossed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agents.errors import ConfigurationError
from otel_agents.health.aggregates import Aggregates
from otel_agents.health.counts import counts
from otel_agents.health.rules import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from otel_agents.alerts.rules import Rule
    from otel_agents.health.aggregates import Kind
    from otel_agents.health.rules import Key
    from otel_agents.model import Finding
    from otel_agents.records import SpanRecord


class Observer:
    """Takes spans, and says what the whole is like.

    Args:
        thresholds: what it is judged by.
        gauge: gives ``cpu``, ``memory`` and ``disk`` of this machine in percent; without it, nobody knows.
    """

    def __init__(self, thresholds: Mapping[str, float], gauge: Callable[[str], float | None] | None = None) -> None:
        self.aggregates = Aggregates()
        self.started_ns = 0  # since when there are spans
        self.now_ns = 0
        self._thresholds = thresholds
        self._gauge = gauge
        self._found: frozenset[Key] = frozenset()

    def add(self, records: Iterable[SpanRecord]) -> None:
        """Count spans that ended."""
        for record in records:
            self.aggregates.add(record)

    def look(self) -> Look:
        """Return what it is like at ``now_ns``."""
        _, findings = judge(counts(self.aggregates, self.now_ns), self._thresholds, self._found)
        self._found = frozenset((each.rule, each.kind, each.subject) for each in findings)
        return Look(self.aggregates, self.now_ns, self.started_ns, findings, self._gauge)


class Look:
    """One look, as rules are evaluated on it."""

    def __init__(
        self,
        aggregates: Aggregates,
        now_ns: int,
        started_ns: int,
        findings: list[Finding],
        gauge: Callable[[str], float | None] | None,
    ) -> None:
        self.aggregates = aggregates
        self.now_ns = now_ns
        self.started_ns = started_ns
        self.findings = findings
        self._gauge = gauge

    def gauge(self, name: str) -> float | None:
        """Return what of this machine is in use, in percent; None when nobody knows."""
        return None if self._gauge is None else self._gauge(name)

    def running(self, _kind: Kind | None, _name: str) -> int:
        """Return 0: what is open has not ended."""
        return 0

    def budgets(self) -> Mapping[str, float]:
        """Return none: they are the program's."""
        return {}


def refuse_unknowable(rule: Rule, unknown: Collection[str]) -> None:
    """See that a rule asks nothing that spans do not tell.

    Args:
        rule: the rule.
        unknown: measures that only the program itself knows.

    Raises:
        ConfigurationError: it does.
    """
    for each in rule.parsed.conditions:
        if each.name in unknown:
            raise ConfigurationError(f"rule {rule.name!r}: {each.name} is not in spans: set it in the program")
        if each.measure.windowed and each.window_s is None:
            raise ConfigurationError(f"rule {rule.name!r}: name a window, as {each.name}(1h): spans have no start")
