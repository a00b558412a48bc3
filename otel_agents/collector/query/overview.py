"""The overview: what happened in a window of time, in figures, with the window before for comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_agents.collector.query.figures import TOKENS, Figures, added
from otel_agents.collector.query.rolled import Rolled, fitting
from otel_agents.collector.query.statements import ask
from otel_agents.collector.query.values import to_json
from otel_agents.collector.query.window import window
from otel_agents.health.rules import Counted, Counts, judge

if TYPE_CHECKING:
    from datetime import datetime

    from otel_agents.collector.query.statements import Row
    from otel_agents.collector.query.window import Window
    from otel_agents.collector.store.store import Store


def overview(store: Store, minutes: int, now: datetime, *, at_once: bool = False) -> dict[str, Any]:
    """Sum up the last ``minutes`` before ``now`` (UTC, without a zone), in the shape of ``GET /api/v1/overview``.

    A span belongs to the window its start is in, a trace to the one its first span starts in. Tokens and cost are those
    of model spans alone. Requests are the operations of agents, or the traces' roots where no agent ran. Sums are
    exact, medians and percentiles at most 1.5 % off. ``at_once``: without the spans that were just stored, which the
    roll-ups will have in a moment.
    """
    asked = fitting(window(minutes, now))
    with store.read() as cursor:
        rolled = Rolled(cursor, asked, at_once=at_once)
        (sums, periods), times, failures = rolled.sums(), rolled.times(), rolled.failures()
        running = ask(cursor, "running")
    figures = Figures((row for row in sums if not row["earlier"]), times)
    spans, calls, traces = figures.of(), figures.of("call"), figures.of("trace")
    agents = _agents(figures)
    whole = _requests(figures.of("request") if any(agent["requests"] for agent in agents) else figures.roots())
    tools = [_tool(figures, row) for row in figures.by("tool", "name")]
    tools.sort(key=lambda row: (-row["calls"], row["tool"]))
    models = sorted(
        (_model(figures, row) for row in figures.by("call", "name", "provider")),
        key=lambda row: (row["cost"] is None, -(row["cost"] or 0), -row["calls"], row["model"]),
    )
    totals = {
        "traces": traces["number"],
        "spans": spans["number"],
        "errors": spans["failed"],
        "error_rate": 100 * whole["errors"] / whole["requests"] if whole["requests"] else 0.0,
        "model_calls": calls["number"],
        "tool_calls": figures.of("tool")["number"],
        **{name: calls[name] for name in (*TOKENS, "cost")},
        "unpriced_calls": calls["unpriced"],
        **figures.quantiles("trace", traces),
    }
    answer = {
        "window": {"start": asked.start, "end": asked.end, "minutes": minutes, "bucket_seconds": asked.bucket_s},
        "health": _health(whole, agents, tools, models, spans),
        "running": len(running),
        "totals": totals,
        "previous": _previous(Figures((row for row in sums if row["earlier"]), ())),
        "agents": agents,
        "tools": tools,
        "models": models,
        "series": _series(asked, figures, periods),
        "errors": failures,
    }
    return to_json(answer)  # type: ignore[no-any-return]  # a dict stays one


def _previous(figures: Figures) -> Row:
    calls = figures.of("call")
    return {
        "traces": figures.of("trace")["number"],
        "errors": figures.of()["failed"],
        **{name: calls[name] for name in ("input_tokens", "output_tokens", "cost")},
    }


def _model(figures: Figures, row: Row) -> Row:
    same = ("provider", "avg_ms", "ttft_ms", *TOKENS, "cost")
    return {
        "model": row["name"],
        "calls": row["number"],
        "errors": row["failed"],
        "p95_ms": figures.quantiles("call", row)["p95_ms"],
        **{name: row[name] for name in same},
    }


def _tool(figures: Figures, row: Row) -> Row:
    calls, errors = row["number"], row["failed"]
    return {
        "tool": row["name"],
        "calls": calls,
        "errors": errors,
        "success_rate": _success_rate(calls, errors),
        "avg_ms": row["avg_ms"],
        "p95_ms": figures.quantiles("tool", row)["p95_ms"],
    }


def _requests(row: Row) -> Row:
    return {"requests": row["number"], "errors": row["failed"], "avg_ms": row["avg_ms"]}


def _agents(figures: Figures) -> list[Row]:
    """Join what agents were asked with what the model calls below them used, the busiest first."""
    asked = {row["name"]: row for row in figures.by("request", "name")}
    used = {row["agent"]: row for row in figures.by("call", "agent") if row["agent"] is not None}
    agents = []
    for name in asked.keys() | used.keys():
        requests, calls = asked.get(name) or added(()), used.get(name) or added(())
        agents.append(
            {
                "agent": name,
                **_requests(requests),
                "p95_ms": figures.quantiles("request", requests)["p95_ms"],
                "success_rate": _success_rate(requests["number"], requests["failed"]),
                **{key: calls[key] for key in ("input_tokens", "output_tokens", "cost")},
            }
        )
    return sorted(agents, key=lambda agent: (-agent["requests"], agent["agent"]))


def _health(whole: Row, agents: list[Row], tools: list[Row], models: list[Row], spans: Row) -> Row:
    if not spans["number"]:
        return {"status": "idle", "reasons": []}
    parts = [
        *(_counted("agent", row["agent"], row["requests"], row) for row in agents),
        *(_counted("tool", row["tool"], row["calls"], row) for row in tools),
        *(_counted("model", row["model"], row["calls"], row) for row in models),
    ]
    in_all = _counted("program", "", whole["requests"], whole)
    status, findings = judge(Counts(in_all, parts, spans["failed_recently"], when=""))
    return {"status": status, "reasons": [found.message for found in findings]}


def _counted(kind: str, name: str, requests: int, row: Row) -> Counted:
    return Counted(kind, name, requests, row["errors"], (row["avg_ms"] or 0) / 1000)


def _series(asked: Window, figures: Figures, periods: list[Row]) -> Row:
    numbers = asked.buckets
    at: dict[int, list[Row]] = {number: [] for number in numbers}
    for row in periods:
        if row["period"] in at:
            at[row["period"]].append(row)
    calls = [added(row for row in rows if row["kind"] == "call") for rows in at.values()]
    traces = [added(row for row in rows if row["kind"] == "trace") for rows in at.values()]
    times = [figures.quantiles("trace", row, period=number) for number, row in zip(numbers, traces, strict=True)]
    return {
        "time": [number * asked.bucket_s for number in numbers],
        "traces": [row["number"] for row in traces],
        "errors": [added(rows)["failed"] for rows in at.values()],
        "input_tokens": [row["input_tokens"] for row in calls],
        "output_tokens": [row["output_tokens"] for row in calls],
        "cost": [row["cost"] or 0 for row in calls],
        "p95_ms": [row["p95_ms"] for row in times],
    }


def _success_rate(requests: int, errors: int) -> float:
    return 100 * (requests - errors) / requests if requests else 100.0
