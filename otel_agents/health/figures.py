"""The figures of an agent, a tool, a model, a tenant or the whole program, over a window of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_agents.health.tally import Tally


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted in a window. Tokens and cost are those of the model calls made; times are within 1.5 %."""

    requests: int
    failures: int
    success_rate: float  # percent; 100 when there was no request
    error_rates: Mapping[str, float]  # percent of the requests that failed, by type of error
    mean_s: float  # seconds of a request, and so are those below
    p50_s: float
    p95_s: float
    p99_s: float
    first_chunk_s: float | None  # mean seconds to the first chunk of a stream; None when there was none
    input_tokens: int  # cached ones included
    output_tokens: int  # reasoning included
    cached_tokens: int
    reasoning_tokens: int
    total_tokens: int  # also those reported without saying which
    cost_usd: float | None  # None when no call had a known cost
    unpriced_calls: int
    retries: int  # calls made again right after they failed
    running: int  # open now


def figures(tally: Tally, running: int = 0) -> Figures:
    """Return the figures of a tally."""
    of_requests = 100 / tally.requests if tally.requests else 0.0
    return Figures(
        requests=tally.requests,
        failures=tally.failures,
        success_rate=tally.success_rate,
        error_rates={name: number * of_requests for name, number in (tally.error_types or {}).items()},
        mean_s=tally.mean_s,
        p50_s=tally.quantile_s(0.5),
        p95_s=tally.quantile_s(0.95),
        p99_s=tally.quantile_s(0.99),
        first_chunk_s=tally.first_chunk_s,
        input_tokens=tally.input_tokens,
        output_tokens=tally.output_tokens,
        cached_tokens=tally.cached_tokens,
        reasoning_tokens=tally.reasoning_tokens,
        total_tokens=tally.tokens,
        cost_usd=tally.cost,
        unpriced_calls=tally.unpriced_calls,
        retries=tally.retries,
        running=running,
    )
