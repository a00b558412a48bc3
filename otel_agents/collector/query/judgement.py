"""Says whether the traced programs are well, by the figures of an overview: the SDK's own rules, over its window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from otel_agents.health.rules import DEFAULT_THRESHOLDS, MIN_FAILURES, MIN_REQUESTS, UNHEALTHY_ERROR_RATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Verdict = Literal["healthy", "degraded", "unhealthy", "idle"]


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of the whole (``kind`` is ""), or of one agent, tool or model."""

    kind: Literal["", "agent", "tool", "model"]
    name: str
    requests: int
    errors: int
    mean_ms: float | None

    @property
    def error_rate(self) -> float:
        """Percent of requests that failed."""
        return 100 * self.errors / self.requests if self.requests else 0.0


def judge(whole: Counted, parts: Sequence[Counted], recent_errors: int) -> tuple[Verdict, list[str]]:
    """Return the verdict and the reasons for it, the whole first.

    Args:
        whole: all requests of the window.
        parts: its agents, tools and models.
        recent_errors: spans that failed in the last five minutes of the window.
    """
    reasons = list(_reasons(whole, parts, recent_errors))
    if _fails(whole, UNHEALTHY_ERROR_RATE):
        return "unhealthy", reasons
    return ("degraded" if reasons else "healthy"), reasons


def _reasons(whole: Counted, parts: Sequence[Counted], recent_errors: int) -> Iterator[str]:
    rate, slow, count = (DEFAULT_THRESHOLDS[rule] for rule in ("error_rate", "response_time", "failure_count"))
    agents = [part for part in parts if part.kind == "agent" and part.requests]
    # What is said of a program's only agent need not be said of the program again.
    rated = parts if len(agents) == 1 and agents[0].requests == whole.requests else [whole, *parts]
    for one in rated:
        if _fails(one, rate):
            what = "calls" if one.kind in ("tool", "model") else "requests"
            yield f"{_about(one)}{one.error_rate:.1f} % of {one.requests:,} {what} failed (limit {rate:g} %)"
    for one in rated:
        mean_s = (one.mean_ms or 0) / 1000
        if one.kind in ("", "agent") and one.requests >= MIN_REQUESTS and mean_s > slow:
            yield f"{_about(one)}{one.requests:,} requests took {mean_s:.1f} s on average (limit {slow:g} s)"
    if recent_errors > count:
        yield f"{recent_errors:,} errors in the last 5 minutes (limit {count:g})"


def _fails(one: Counted, limit: float) -> bool:
    return one.requests >= MIN_REQUESTS and one.errors >= MIN_FAILURES and one.error_rate > limit


def _about(one: Counted) -> str:
    return {"": "", "agent": f"{one.name}: ", "tool": f"Tool {one.name}: ", "model": f"Model {one.name}: "}[one.kind]
