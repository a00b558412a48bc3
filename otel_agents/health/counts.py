"""What health is judged by, from the figures of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agents.health.rules import Counted, Counts
from otel_agents.health.windows import FIVE_MINUTES

if TYPE_CHECKING:
    from otel_agents.health.aggregates import Aggregates
    from otel_agents.health.tally import Tally


def counts(aggregates: Aggregates, now_ns: int) -> Counts:
    """Return the counts of the last five minutes, and the cost since the start."""
    program = aggregates.program(FIVE_MINUTES, now_ns, sums_only=True)
    total = aggregates.program(sums_only=True)
    errors = aggregates.error_count(FIVE_MINUTES, now_ns)
    more_errors = errors >= program.failures
    return Counts(
        whole=_counted("program", "", program),
        parts=[
            _counted(kind, name, tally)
            for kind in ("agent", "tool", "model")
            for name, tally in aggregates.over(kind, FIVE_MINUTES, now_ns, sums_only=True).items()
        ],
        failures=errors if more_errors else program.failures,
        failed="errors" if more_errors else "failed requests",
        cost=total.cost,
        unpriced_calls=total.unpriced_calls,
    )


def _counted(kind: str, name: str, tally: Tally) -> Counted:
    return Counted(kind, name, tally.requests, tally.failures, tally.mean_s)
