"""Spikes in what each agent and model and the whole program do a minute, as alerts that say what is usual."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from otel_agents.alerts.measures import shown
from otel_agents.analytics.anomaly import Series
from otel_agents.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from otel_agents.alerts.measures import Readings
    from otel_agents.analytics import anomaly
    from otel_agents.health.aggregates import Kind
    from otel_agents.health.tally import Tally

MOST_NAMES = 20  # agents, and models, that are watched: the first ones
_MINUTE_NS = 60_000_000_000
_KINDS: tuple[Kind, ...] = ("agent", "model")


class _Measure(NamedTuple):
    words: str
    unit: str
    per_minute: str
    kind: anomaly.Kind


_MEASURES = {
    "volume_spike": _Measure("requests", "", "/min", "count"),
    "failure_spike": _Measure("failures", "", "/min", "count"),
    "time_spike": _Measure("mean time", "s", "", "mean"),
    "cost_spike": _Measure("cost", "$", "/min", "sum"),
}


class _Sums(NamedTuple):
    """What was counted of a name since the start."""

    requests: int
    failures: int
    seconds: float
    cost: float

    @classmethod
    def of(cls, tally: Tally) -> _Sums:
        return cls(tally.requests, tally.failures, tally.seconds, tally.cost or 0.0)


class _Watched:
    """One name: its sums at the last minute, and its series."""

    __slots__ = ("series", "sums")

    def __init__(self, sums: _Sums) -> None:
        self.sums = sums
        self.series = {name: Series(measure.kind) for name, measure in _MEASURES.items()}


class Anomalies:
    """Looks once a minute at what was counted in it; between two minutes it answers what it found."""

    def __init__(self) -> None:
        self._minute = -1
        self._watched: dict[tuple[str, str], _Watched] = {}
        self._found: list[Finding] = []
        self._learned: dict[str, tuple[int, bytes]] = {}

    def learned(self) -> Iterator[tuple[str, int, bytes]]:
        """Give what is usual of each series, for :meth:`remember`: its name, until which minute, and the figures."""
        for (kind, name), watched in self._watched.items():
            for rule, series in watched.series.items():
                yield f"{rule} {kind} {name}", self._minute, series.pack()

    def remember(self, learned: Mapping[str, tuple[int, bytes]]) -> None:
        """Go on with what an earlier run learned, with each name as soon as it is seen."""
        self._learned = dict(learned)
        for (kind, name), watched in self._watched.items():
            self._remind(kind, name, watched)

    def _remind(self, kind: str, name: str, watched: _Watched) -> None:
        for rule, series in watched.series.items():
            minute, figures = self._learned.pop(f"{rule} {kind} {name}", (0, b""))
            series.unpack(figures, minutes_ago=self._minute - minute)

    def findings(self, readings: Readings) -> Iterator[Finding]:
        """Return the spikes there are."""
        minute = readings.now_ns // _MINUTE_NS
        if minute != self._minute:
            missed = minute != self._minute + 1
            self._minute = minute
            self._found = list(self._look(readings, minute, missed=missed))
        yield from self._found

    def _look(self, readings: Readings, minute: int, *, missed: bool) -> Iterator[Finding]:
        aggregates, now_ns = readings.aggregates, readings.now_ns
        yield from self._name("program", "", aggregates.program(None, now_ns, sums_only=True), minute, missed=missed)
        for kind in _KINDS:
            tallies: Mapping[str, Tally] = aggregates.over(kind, None, now_ns, sums_only=True)
            for name, _ in zip(tallies, range(MOST_NAMES), strict=False):
                yield from self._name(kind, name, tallies[name], minute, missed=missed)

    def _name(self, kind: str, name: str, tally: Tally, minute: int, *, missed: bool) -> Iterator[Finding]:
        sums = _Sums.of(tally)
        watched = self._watched.get((kind, name))
        if watched is None:
            self._watched[kind, name] = watched = _Watched(sums)
            self._remind(kind, name, watched)
            return
        before, watched.sums = watched.sums, sums
        if missed or sums.requests < before.requests:  # the program slept, or its figures began anew
            for series in watched.series.values():
                series.gap()
            return
        requests, failures, seconds, cost = (now - then for now, then in zip(sums, before, strict=True))
        amounts = {
            "volume_spike": requests,
            "failure_spike": failures,
            "time_spike": seconds,
            "cost_spike": max(0.0, cost),
        }
        for rule, series in watched.series.items():
            verdict = series.add(amounts[rule], int(requests), minute)
            if verdict is not None:
                yield _finding(rule, kind, name, verdict)


def _finding(rule: str, kind: str, name: str, verdict: anomaly.Verdict) -> Finding:
    words, unit, per_minute, _ = _MEASURES[rule]
    whose = f"{words} of {name}" if name else words
    when = "at this hour" if verdict.by_the_hour else "in the last two hours"
    value, low, high = (shown(_rounded(each), unit) for each in (verdict.value, verdict.low, verdict.high))
    usual = f"{low} to {high}{per_minute}"
    return Finding(
        rule=rule,
        kind=kind,
        subject=name,
        value=verdict.value,
        threshold=verdict.high,
        message=f"{whose[0].upper()}{whose[1:]}: {value}{per_minute} in the last 5 minutes; usual {when}: {usual}",
        severity="low",
        evidence={"usual_low": verdict.low, "usual_high": verdict.high, "score": round(verdict.score, 1)},
    )


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
