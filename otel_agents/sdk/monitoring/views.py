"""The figures as the monitoring guide names them: what ``metrics_collector`` hands out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from otel_agents.health.aggregates import Aggregates, Kind
    from otel_agents.model import ErrorEntry

_NEWEST_ERRORS = 5  # of each name


@dataclass(frozen=True, slots=True)
class AgentMetrics:
    """One agent since the program started. Tokens and cost are those of the model calls made under it."""

    total_requests: int
    successful_requests: int
    failure_count: int
    success_rate: float  # percent; 100 when there was no request
    average_response_time: float  # seconds
    p50_response_time: float  # seconds, within 1.5 %
    p95_response_time: float
    p99_response_time: float
    time_to_first_token: float | None  # mean seconds, of streams; None when there was none
    total_tokens: int
    input_tokens: int  # cached ones included
    output_tokens: int  # reasoning included
    cached_tokens: int
    reasoning_tokens: int
    total_cost: float  # US dollars, of the calls whose cost is known
    unpriced_calls: int  # those whose cost is not
    retries: int  # calls made again right after they failed
    running: int  # requests that are open now
    error_types: dict[str, int]  # failed requests by type of error
    last_seen: float  # seconds since the epoch
    recent_errors: list[dict[str, Any]]


def agents(aggregates: Aggregates, running: Mapping[Kind, Counter[str]]) -> dict[str, AgentMetrics]:
    """Return the figures of every agent."""
    seen, failed = aggregates.last_seen("agent"), _errors_by_name(aggregates, "agent")
    return {
        name: AgentMetrics(
            total_requests=tally.requests,
            successful_requests=tally.successes,
            failure_count=tally.failures,
            success_rate=tally.success_rate,
            average_response_time=tally.mean_s,
            p50_response_time=tally.quantile_s(0.5),
            p95_response_time=tally.p95_s,
            p99_response_time=tally.quantile_s(0.99),
            time_to_first_token=tally.first_chunk_s,
            total_tokens=tally.tokens,
            input_tokens=tally.input_tokens,
            output_tokens=tally.output_tokens,
            cached_tokens=tally.cached_tokens,
            reasoning_tokens=tally.reasoning_tokens,
            total_cost=tally.cost or 0.0,
            unpriced_calls=tally.unpriced_calls,
            retries=tally.retries,
            running=running["agent"][name],
            error_types=dict(tally.error_types or {}),
            last_seen=seen.get(name, 0) / 1e9,
            recent_errors=failed[name][-_NEWEST_ERRORS:],
        )
        for name, tally in aggregates.over("agent").items()
    }


def tools(aggregates: Aggregates, running: Mapping[Kind, Counter[str]]) -> dict[str, dict[str, Any]]:
    """Return the figures of every tool.

    ``usage_count``, ``success_count``, ``failure_count``, ``success_rate`` (percent), ``average_execution_time``,
    ``p50_execution_time``, ``p95_execution_time`` and ``p99_execution_time`` (seconds), ``retries``, ``running`` (calls
    that are open now), ``error_types`` (failures by type), ``last_used`` (seconds since the epoch), and
    ``recent_errors`` as in the error log.
    """
    seen, failed = aggregates.last_seen("tool"), _errors_by_name(aggregates, "tool")
    return {
        name: {
            "usage_count": tally.requests,
            "success_count": tally.successes,
            "failure_count": tally.failures,
            "success_rate": tally.success_rate,
            "average_execution_time": tally.mean_s,
            "p50_execution_time": tally.quantile_s(0.5),
            "p95_execution_time": tally.p95_s,
            "p99_execution_time": tally.quantile_s(0.99),
            "retries": tally.retries,
            "running": running["tool"][name],
            "error_types": dict(tally.error_types or {}),
            "last_used": seen.get(name, 0) / 1e9,
            "recent_errors": failed[name][-_NEWEST_ERRORS:],
        }
        for name, tally in aggregates.over("tool").items()
    }


def models(aggregates: Aggregates, running: Mapping[Kind, Counter[str]]) -> dict[str, dict[str, Any]]:
    """Return the figures of every model.

    ``requests``, ``failures``, ``success_rate`` (percent), ``latency`` (mean), ``p50_latency``, ``p95_latency`` and
    ``p99_latency`` (seconds), ``time_to_first_token`` (mean seconds, None without streams), ``tokens``,
    ``input_tokens``, ``output_tokens``, ``cached_tokens``, ``reasoning_tokens``, ``cost`` (US dollars; None when no
    call had a known cost), ``unpriced_calls``, ``retries``, ``running`` (calls that are open now), ``error_types``
    (failures by type), ``last_used`` (seconds since the epoch), and ``recent_errors`` as in the error log.
    """
    seen, failed = aggregates.last_seen("model"), _errors_by_name(aggregates, "model")
    return {
        name: {
            "requests": tally.requests,
            "failures": tally.failures,
            "success_rate": tally.success_rate,
            "latency": tally.mean_s,
            "p50_latency": tally.quantile_s(0.5),
            "p95_latency": tally.p95_s,
            "p99_latency": tally.quantile_s(0.99),
            "time_to_first_token": tally.first_chunk_s,
            "tokens": tally.tokens,
            "input_tokens": tally.input_tokens,
            "output_tokens": tally.output_tokens,
            "cached_tokens": tally.cached_tokens,
            "reasoning_tokens": tally.reasoning_tokens,
            "cost": tally.cost,
            "unpriced_calls": tally.unpriced_calls,
            "retries": tally.retries,
            "running": running["model"][name],
            "error_types": dict(tally.error_types or {}),
            "last_used": seen.get(name, 0) / 1e9,
            "recent_errors": failed[name][-_NEWEST_ERRORS:],
        }
        for name, tally in aggregates.over("model").items()
    }


def error(entry: ErrorEntry) -> dict[str, Any]:
    """Return an error as a dict.

    ``timestamp`` (seconds since the epoch), ``component``, ``error_type``, ``error_message`` and ``context``.
    """
    return {
        "timestamp": entry.time,
        "component": entry.component,
        "error_type": entry.error_type,
        "error_message": entry.message,
        "context": dict(entry.context),
    }


def _errors_by_name(aggregates: Aggregates, kind: Kind) -> defaultdict[str, list[dict[str, Any]]]:
    """Group the kept errors: an agent's are also those of the tools and models it used."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in aggregates.errors():
        names = {entry.component} if entry.context.get("type") in (kind, None) else set()
        agent = entry.context.get("agent")
        if kind == "agent" and isinstance(agent, str):
            names.add(agent)
        for name in names:
            found[name].append(error(entry))
    return found
