"""Is the program well? Its figures of the last five minutes against thresholds, with the reasons in plain English.

The thresholds and what they mean are those of the monitoring guide (error_rate, response_time, failure_count), and
``cost``. A threshold is crossed above its value, not at it; one that is not given is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from otel_agents.health.windows import FIVE_MINUTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from otel_agents.health.aggregates import Aggregates
    from otel_agents.health.tally import Tally
    from otel_agents.model import Status

Rule = Literal["error_rate", "response_time", "failure_count", "cost"]
Subject = Literal["program", "agent", "tool", "model"]

DEFAULT_THRESHOLDS: Mapping[str, float] = {
    "error_rate": 10.0,  # percent of requests that failed, for the program and each agent, tool and model
    "response_time": 5.0,  # mean seconds of a request, for the program and each agent
    "failure_count": 10,  # failures of the program: its errors or its failed requests, whichever are more
}

MIN_REQUESTS = 3  # fewer are no rate and no mean
MIN_FAILURES = 2  # one failure is an error to look at, not a rate
UNHEALTHY_ERROR_RATE = 50.0  # percent of the program's requests

_WHEN = "in the last 5 minutes"


@dataclass(frozen=True, slots=True)
class Finding:
    """A threshold that is crossed."""

    rule: Rule
    kind: Subject
    subject: str  # the name; "" for the program
    value: float
    threshold: float
    message: str


def judge(aggregates: Aggregates, thresholds: Mapping[str, float], now_ns: int) -> tuple[Status, list[Finding]]:
    """Return the program's status and what is wrong, the program as a whole first.

    Unhealthy is when more than half of its requests fail; degraded, when any threshold is crossed.
    """
    program = aggregates.program(FIVE_MINUTES, now_ns)
    findings = list(_findings(aggregates, thresholds, program, now_ns))
    limit = thresholds.get("error_rate")
    if limit is not None and _fails(program, max(limit, UNHEALTHY_ERROR_RATE)):
        return "unhealthy", findings
    return ("degraded" if findings else "healthy"), findings


def _findings(
    aggregates: Aggregates, thresholds: Mapping[str, float], program: Tally, now_ns: int
) -> Iterator[Finding]:
    agents = {name: tally for name, tally in aggregates.over("agent", FIVE_MINUTES, now_ns).items() if tally.requests}
    rated: list[tuple[Subject, str, Tally]] = [("agent", name, tally) for name, tally in agents.items()]
    if [tally.requests for tally in agents.values()] != [program.requests]:  # a lone agent's are said once, by name
        rated.insert(0, ("program", "", program))
    called: list[tuple[Subject, str, Tally]] = [
        (kind, name, tally)
        for kind in ("tool", "model")
        for name, tally in aggregates.over(kind, FIVE_MINUTES, now_ns).items()
    ]
    if (limit := thresholds.get("error_rate")) is not None:
        yield from (_error_rate(*one, limit) for one in rated + called if _fails(one[2], limit))
    if (limit := thresholds.get("response_time")) is not None:
        yield from (_response_time(*one, limit) for one in rated if _is_slow(one[2], limit))
    if (limit := thresholds.get("failure_count")) is not None:
        yield from _failure_count(aggregates, program, now_ns, limit)
    if (limit := thresholds.get("cost")) is not None:
        yield from _cost(aggregates.program(), limit)


def _fails(tally: Tally, limit: float) -> bool:
    return tally.requests >= MIN_REQUESTS and tally.failures >= MIN_FAILURES and tally.error_rate > limit


def _is_slow(tally: Tally, limit: float) -> bool:
    return tally.requests >= MIN_REQUESTS and tally.mean_s > limit


def _error_rate(kind: Subject, name: str, tally: Tally, limit: float) -> Finding:
    what = "requests" if kind in ("program", "agent") else "calls"
    text = f"{tally.error_rate:.1f} % of {tally.requests:,} {what} failed {_WHEN} (limit {limit:g} %)"
    return Finding("error_rate", kind, name, tally.error_rate, limit, _about(kind, name) + text)


def _response_time(kind: Subject, name: str, tally: Tally, limit: float) -> Finding:
    text = f"{tally.requests:,} requests took {tally.mean_s:.1f} s on average {_WHEN} (limit {limit:g} s)"
    return Finding("response_time", kind, name, tally.mean_s, limit, _about(kind, name) + text)


def _failure_count(aggregates: Aggregates, program: Tally, now_ns: int, limit: float) -> Iterator[Finding]:
    errors = aggregates.error_count(FIVE_MINUTES, now_ns)
    count, what = (errors, "errors") if errors >= program.failures else (program.failures, "failed requests")
    if count > limit:
        text = f"{count:,} {what} {_WHEN} (limit {limit:g})"
        yield Finding("failure_count", "program", "", count, limit, text)


def _cost(total: Tally, limit: float) -> Iterator[Finding]:
    if total.cost is not None and total.cost > limit:
        text = f"${total.cost:,.2f} spent since the start (limit ${limit:,.2f})"
        if total.unpriced_calls:
            calls = "call" if total.unpriced_calls == 1 else "calls"
            text += f", and {total.unpriced_calls:,} {calls} of unknown cost"
        yield Finding("cost", "program", "", total.cost, limit, text)


def _about(kind: Subject, name: str) -> str:
    return {"program": "", "agent": f"{name}: ", "tool": f"Tool {name}: ", "model": f"Model {name}: "}[kind]
