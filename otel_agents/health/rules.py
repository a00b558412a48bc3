"""Is it well? Figures against thresholds, with the reasons in plain English. The program and the collector both ask.

The thresholds and what they mean are those of the monitoring guide (error_rate, response_time, failure_count), and
``cost``. A threshold is crossed above its value, not at it; one that is not given is not looked at. What is crossed
stays so until the figure is a tenth below it, so that nothing flaps at a threshold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from otel_agents.health.thresholds import DEFAULT_THRESHOLDS
from otel_agents.model import Finding

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from otel_agents.model import Severity, Status

SEVERITIES: Mapping[str, Severity] = {
    "error_rate": "high",
    "failure_count": "high",
    "response_time": "medium",
    "cost": "medium",
}

MIN_REQUESTS = 3  # fewer are no rate and no mean
MIN_FAILURES = 2  # one failure is an error to look at, not a rate
UNHEALTHY_ERROR_RATE = 50.0  # percent of all requests
HYSTERESIS = 0.9  # what is crossed is over below this share of its threshold
UNHEALTHY = ("unhealthy", "program", "")

_WHEN = " in the last 5 minutes"
_ABOUT: Mapping[str, str] = {"agent": "{}: ", "tool": "Tool {}: ", "model": "Model {}: ", "tenant": "Tenant {}: "}

Key = tuple[str, str, str]  # rule, kind and name of what it is about


class Counted(NamedTuple):
    """What was counted of the whole (kind program, no name), or of one agent, tool or model."""

    kind: str
    name: str
    requests: int
    failures: int
    mean_s: float

    @property
    def error_rate(self) -> float:
        """Percent of requests that failed; 0 when there was none."""
        return 100 * self.failures / self.requests if self.requests else 0.0


class Counts(NamedTuple):
    """All that is judged.

    Attributes:
        whole: all requests.
        parts: those of each agent, tool and model.
        failures: how many failures there were in the last five minutes.
        failed: what those are, in a word.
        cost: US dollars since the start; None when nobody knows, or when it is not judged.
        unpriced_calls: calls since the start whose cost is not known.
        when: the time of the requests, in words.
    """

    whole: Counted
    parts: Sequence[Counted]
    failures: int
    failed: str = "errors"
    cost: float | None = None
    unpriced_calls: int = 0
    when: str = _WHEN


def judge(
    counts: Counts, thresholds: Mapping[str, float] = DEFAULT_THRESHOLDS, before: Container[Key] = ()
) -> tuple[Status, list[Finding]]:
    """Return the status and what is wrong, the whole first.

    Unhealthy is when more than half of all requests fail; degraded, when any threshold is crossed.

    Args:
        counts: what is judged.
        thresholds: by what.
        before: keys of what was found the last time, and ``UNHEALTHY`` when it was that.
    """
    findings = list(_findings(counts, thresholds, before))
    limit = thresholds.get("error_rate")
    if limit is not None and _fails(counts.whole, max(limit, UNHEALTHY_ERROR_RATE), UNHEALTHY in before):
        return "unhealthy", findings
    return ("degraded" if findings else "healthy"), findings


def over(limit: float, *, already: bool) -> float:
    """Return what a figure must be above: the limit, or less where it was above already."""
    return limit * HYSTERESIS if already else limit


def about(kind: str, name: str) -> str:
    """Return the beginning of a message about something."""
    return _ABOUT[kind].format(name) if kind in _ABOUT else ""


def _findings(counts: Counts, thresholds: Mapping[str, float], before: Container[Key]) -> Iterator[Finding]:
    whole, parts = counts.whole, counts.parts
    agents = [part for part in parts if part.kind == "agent" and part.requests]
    # What is said of a lone agent need not be said of the whole again.
    rated = parts if len(agents) == 1 and agents[0].requests == whole.requests else [whole, *parts]
    if (limit := thresholds.get("error_rate")) is not None:
        for one in rated:
            if _fails(one, limit, ("error_rate", one.kind, one.name) in before):
                what = "calls" if one.kind in ("tool", "model") else "requests"
                text = f"{one.error_rate:.1f} % of {one.requests:,} {what} failed{counts.when} (limit {limit:g} %)"
                yield _finding("error_rate", one, one.error_rate, limit, text)
    if (limit := thresholds.get("response_time")) is not None:
        for one in rated:
            if _is_slow(one, limit, ("response_time", one.kind, one.name) in before):
                text = f"{one.requests:,} requests took {one.mean_s:.1f} s on average{counts.when} (limit {limit:g} s)"
                yield _finding("response_time", one, one.mean_s, limit, text)
    if (limit := thresholds.get("failure_count")) is not None:
        already = ("failure_count", "program", "") in before
        if counts.failures > over(limit, already=already):
            text = f"{counts.failures:,} {counts.failed}{_WHEN} (limit {limit:g})"
            yield _finding("failure_count", whole, counts.failures, limit, text)
    if (limit := thresholds.get("cost")) is not None and counts.cost is not None and counts.cost > limit:
        text = f"${counts.cost:,.2f} spent since the start (limit ${limit:,.2f}){and_unpriced(counts.unpriced_calls)}"
        yield _finding("cost", whole, counts.cost, limit, text)


def and_unpriced(calls: int) -> str:
    """Return what is to be said of calls of unknown cost beside a sum."""
    return f", and {calls:,} {'call' if calls == 1 else 'calls'} of unknown cost" if calls else ""


def _fails(one: Counted, limit: float, already: bool) -> bool:
    if not already and (one.requests < MIN_REQUESTS or one.failures < MIN_FAILURES):
        return False
    return one.error_rate > over(limit, already=already)


def _is_slow(one: Counted, limit: float, already: bool) -> bool:
    if one.kind not in ("program", "agent") or (one.requests < MIN_REQUESTS and not already):
        return False
    return one.mean_s > over(limit, already=already)


def _finding(rule: str, one: Counted, value: float, threshold: float, text: str) -> Finding:
    message = about(one.kind, one.name) + text
    return Finding(rule, one.kind, one.name, value, threshold, message, SEVERITIES[rule])
