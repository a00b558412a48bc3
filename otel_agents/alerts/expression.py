"""A rule's expression, as it was read: conditions that must all hold, evaluated at each check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from otel_agents.alerts.measures import Asked, Measure, names, shown
from otel_agents.health.rules import HYSTERESIS, about
from otel_agents.health.windows import HOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from otel_agents.alerts.measures import Readings

COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
}


class Match(NamedTuple):
    """What a rule holds for."""

    kind: str
    name: str
    value: float
    threshold: float
    message: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One measure compared with a number."""

    name: str
    measure: Measure
    window_s: float | None
    kind: str | None
    subject: str
    options: dict[str, float]
    comparison: str
    limit: float

    def value(self, readings: Readings, kind: str | None, subject: str, *, already: bool) -> float | None:
        """Return the value when the condition holds, else None."""
        value = self.measure.read(Asked(readings, kind, subject, self.window_s, self.options, already))
        if value is None:
            return None
        limit = self._eased() if already else self.limit
        return value if COMPARE[self.comparison](value, limit) else None

    def _eased(self) -> float:
        """Return the limit of what is broken already: a tenth better, so that nothing flaps."""
        if self.comparison[0] == ">":
            return self.limit * HYSTERESIS
        if self.measure.unit == "%":
            return 100 - (100 - self.limit) * HYSTERESIS
        better = self.limit * (2 - HYSTERESIS)
        return better if self.measure.unit else float(int(better))  # there is no tenth of a request

    def said(self, value: float) -> str:
        """Return a message about the value."""
        unit = self.measure.unit
        words = f"{shown(value, unit)} {self.measure.words}"
        if self.name in ("mean", "p50", "p95", "p99", "first_token"):
            words = f"{self.measure.words} {shown(value, unit)}"
        if self.name == "slower":
            what = "request" if value == 1 else "requests"
            words = f"{shown(value, unit)} {what} took more than {shown(self.options['than'], 's')}"
        when = ""
        if self.measure.windowed:
            when = " since the start" if self.window_s is None else f" in the last {_long(self.window_s)}"
        return f"{words}{when} (limit {shown(self.limit, unit)})"


@dataclass(frozen=True, slots=True)
class Expression:
    """A rule's expression, as :func:`otel_agents.alerts.parser.parse` gives it."""

    conditions: tuple[Condition, ...]
    by: str | None
    hold_s: float

    def matches(self, readings: Readings, broken: Callable[[str, str], bool]) -> Iterator[Match]:
        """Return what the rule holds for; ``broken`` says whether it did for a kind and name the last time."""
        first = self.conditions[0]
        kind, subjects = first.kind, [first.subject]
        if self.by is not None:
            kind, subjects = self.by, list(names(readings, self.by))
        for subject in subjects:
            said_kind = kind or "program"
            already = broken(said_kind, subject)
            values = []
            for each in self.conditions:
                of = (kind, subject) if self.by is not None else (each.kind, each.subject)
                value = each.value(readings, *of, already=already)
                if value is None:
                    break
                values.append(value)
            else:
                yield Match(
                    said_kind, subject, values[0], first.limit, about(said_kind, subject) + first.said(values[0])
                )


def _long(seconds: float) -> str:
    if seconds == HOUR:
        return "hour"
    if seconds == 60:
        return "minute"
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"
