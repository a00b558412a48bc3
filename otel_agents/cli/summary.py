"""What a report says: queries, agents, response times, entities, complexity and cost of the last hours."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from otel_agents.cli.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agents.cli.source import Source

Row = dict[str, Any]

SLOW_MS: Final = 5_000  # and the next two: the guide's
VERY_SLOW_MS: Final = 30_000
HIGH_COMPLEXITY: Final = 0.7


def summary(source: Source, hours: int) -> Row:
    """Return the report's figures. Times are milliseconds, cost is US dollars and None where nothing is known."""
    figures = source.overview(hours * 60)
    start, end = (_time(figures["window"][name]) for name in ("start", "end"))
    (queries,) = source.ask(statement("queries", start=start, end=end, slow=SLOW_MS, very_slow=VERY_SLOW_MS))
    (complexity,) = source.ask(statement("complexity", start=start, end=end, high=HIGH_COMPLEXITY))
    worked = source.ask(statement("queries_of_agents", start=start, end=end))
    totals, total = figures["totals"], queries["total"]
    agents = {one["agent"]: one for one in figures["agents"]}
    return {
        "period": {"hours": hours, "start": figures["window"]["start"], "end": figures["window"]["end"]},
        "source": source.name,
        "queries": {
            "total": total,
            "successful": total - queries["failed"],
            "failed": queries["failed"],
            "success_rate": 100 * (total - queries["failed"]) / total if total else 100.0,
        },
        "agents": [
            {
                "agent": one["agent"],
                "queries": one["queries"],
                "share": 100 * one["queries"] / total if total else 0.0,
                "requests": agents.get(one["agent"], {}).get("requests", 0),
                "success_rate": agents.get(one["agent"], {}).get("success_rate"),
            }
            for one in worked
        ],
        "response_times": {
            name: queries[name] for name in ("average_ms", "min_ms", "max_ms", "p50_ms", "p95_ms", "slow", "very_slow")
        },
        "entities": source.ask(statement("entities", start=start, end=end)),
        "complexity": complexity,
        "cost": {
            **{
                name: totals[name]
                for name in ("cost", "unpriced_calls", "model_calls", "input_tokens", "output_tokens")
            },
            "per_query": totals["cost"] / total if total and totals["cost"] is not None else None,
            "models": [
                {name: one[name] for name in ("model", "calls", "input_tokens", "output_tokens", "cost")}
                for one in figures["models"]
            ],
            "agents": [
                {name: one[name] for name in ("agent", "input_tokens", "output_tokens", "cost")}
                for one in figures["agents"]
            ],
        },
    }


def each_query(source: Source, hours: int) -> Iterator[Row]:
    """Give a row for each query, in the order they began."""
    window = source.overview(hours * 60)["window"]
    start, end, after = _time(window["start"]), _time(window["end"]), ""
    while rows := source.ask(statement("each_query", start=start, end=end, after=after)):
        yield from rows
        after = rows[-1]["timestamp"] + rows[-1]["query_id"]


def detailed(source: Source, hours: int) -> Row:
    """Return everything by category: agents, tools, models, users and tenants, hours and errors."""
    figures = source.overview(hours * 60)
    start, end = (_time(figures["window"][name]) for name in ("start", "end"))
    return {
        "window": figures["window"],
        "totals": figures["totals"],
        **{name: figures[name] for name in ("agents", "tools", "models", "errors")},
        "spending": source.ask(statement("spending", start=start, end=end)),
        "hours": source.ask(statement("hours", start=start, end=end)),
    }


def _time(iso: str) -> datetime:
    return datetime.fromisoformat(iso).replace(tzinfo=None)
