"""The overview: what happened in a window of time, in figures, with the window before for comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_agents.collector.query.statements import Row, ask
from otel_agents.collector.query.values import to_json
from otel_agents.collector.query.window import Window, window
from otel_agents.health.rules import Counted, Counts, judge

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from duckdb import DuckDBPyConnection

    from otel_agents.collector.store.store import Store

_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")
# Model calls without those around them that are the same call; only asked for when there are such.
_COUNTED = "AND hash(trace_id, span_id) NOT IN (SELECT unnest($enclosing::UBIGINT[]))"


def overview(store: Store, minutes: int, now: datetime) -> dict[str, Any]:
    """Sum up the last ``minutes`` before ``now`` (UTC, without a zone), in the shape of ``GET /api/v1/overview``.

    A span belongs to the window its start is in, a trace to the one its first span starts in. Tokens and cost are those
    of model spans alone. Requests are the operations of agents, or the traces' roots where no agent ran.
    """
    asked = window(minutes, now)
    with store.read() as cursor:
        questions = _Questions(cursor, asked)
        calls = questions.calls("calls_by_agent")
        models = questions.calls("calls_by_model")
        requests = questions.ask("requests_of_agents")
        whole = _whole(requests) if requests else questions.ask("requests_of_roots")[0]
        tools = questions.ask("tools")
        spans = questions.ask("spans_by_time")
        traces = questions.ask("traces_by_time")
        errors = questions.ask("errors")
        previous = _previous(_Questions(cursor, asked.before))
    in_all = next(row for row in traces if row["bucket"] is None)
    agents = _agents(requests, calls)
    totals = {
        "traces": in_all["traces"],
        "spans": _sum(spans, "spans"),
        "errors": _sum(spans, "errors"),
        "error_rate": 100 * whole["errors"] / whole["requests"] if whole["requests"] else 0.0,
        "model_calls": _sum(calls, "calls"),
        "tool_calls": _sum(tools, "calls"),
        **{name: _sum(calls, name) for name in _TOKENS},
        "cost": _cost(calls),
        "unpriced_calls": _sum(calls, "unpriced_calls"),
        "p50_ms": in_all["p50_ms"],
        "p95_ms": in_all["p95_ms"],
    }
    answer = {
        "window": {"start": asked.start, "end": asked.end, "minutes": minutes, "bucket_seconds": asked.bucket_s},
        "health": _health(whole, agents, tools, models, spans),
        "totals": totals,
        "previous": previous,
        "agents": agents,
        "tools": [{**row, "success_rate": _success_rate(row["calls"], row["errors"])} for row in tools],
        "models": models,
        "series": _series(asked, spans, calls, traces),
        "errors": errors,
    }
    return to_json(answer)  # type: ignore[no-any-return]  # a dict stays one


class _Questions:
    """Asks statements about one window."""

    def __init__(self, cursor: DuckDBPyConnection, asked: Window) -> None:
        self._cursor = cursor
        self._values: dict[str, Any] = {"start": asked.start, "end": asked.end, "bucket": asked.bucket_s}
        self._enclosing = [next(iter(row.values())) for row in self.ask("enclosing_calls")]

    def ask(self, name: str) -> list[Row]:
        return ask(self._cursor, name, **self._values)

    def calls(self, name: str) -> list[Row]:
        where = _COUNTED if self._enclosing else ""
        return ask(self._cursor, name, where=where, enclosing=self._enclosing, **self._values)


def _previous(questions: _Questions) -> Row:
    return {
        **questions.ask("traces_in_all")[0],
        **questions.ask("errors_in_all")[0],
        **questions.calls("calls_in_all")[0],
    }


def _whole(requests: list[Row]) -> Row:
    """Sum up the requests of all agents."""
    count = _sum(requests, "requests")
    timed = sum((row["avg_ms"] or 0) * row["requests"] for row in requests)
    return {"requests": count, "errors": _sum(requests, "errors"), "avg_ms": timed / count}


def _agents(requests: list[Row], calls: list[Row]) -> list[Row]:
    """Join what agents were asked with what the model calls below them used, the busiest first."""
    agents: dict[str, Row] = {row["agent"]: dict(row) for row in requests}
    below: dict[str, list[Row]] = {}
    for row in calls:
        if row["agent"] is not None:
            below.setdefault(row["agent"], []).append(row)
    for name in below:
        agents.setdefault(name, {"agent": name, "requests": 0, "errors": 0, "avg_ms": None, "p95_ms": None})
    for name, agent in agents.items():
        used = below.get(name, [])
        agent["success_rate"] = _success_rate(agent["requests"], agent["errors"])
        agent["input_tokens"] = _sum(used, "input_tokens")
        agent["output_tokens"] = _sum(used, "output_tokens")
        agent["cost"] = _cost(used)
    return sorted(agents.values(), key=lambda agent: (-agent["requests"], agent["agent"]))


def _health(whole: Row, agents: list[Row], tools: list[Row], models: list[Row], spans: list[Row]) -> Row:
    if not spans:
        return {"status": "idle", "reasons": []}
    parts = [
        *(_counted("agent", row["agent"], row["requests"], row) for row in agents),
        *(_counted("tool", row["tool"], row["calls"], row) for row in tools),
        *(_counted("model", row["model"], row["calls"], row) for row in models),
    ]
    in_all = _counted("program", "", whole["requests"], whole)
    status, findings = judge(Counts(in_all, parts, _sum(spans, "recent_errors"), when=""))
    return {"status": status, "reasons": [found.message for found in findings]}


def _counted(kind: str, name: str, requests: int, row: Row) -> Counted:
    return Counted(kind, name, requests, row["errors"], (row["avg_ms"] or 0) / 1000)


def _series(asked: Window, spans: list[Row], calls: list[Row], traces: list[Row]) -> Row:
    numbers = asked.buckets
    spans_at = {row["bucket"]: row for row in spans}
    traces_at = {row["bucket"]: row for row in traces}
    calls_at: dict[int, list[Row]] = {}
    for row in calls:
        calls_at.setdefault(row["bucket"], []).append(row)
    return {
        "time": [number * asked.bucket_s for number in numbers],
        "traces": [traces_at.get(number, {}).get("traces", 0) for number in numbers],
        "errors": [spans_at.get(number, {}).get("errors", 0) for number in numbers],
        "input_tokens": [_sum(calls_at.get(number, ()), "input_tokens") for number in numbers],
        "output_tokens": [_sum(calls_at.get(number, ()), "output_tokens") for number in numbers],
        "cost": [_cost(calls_at.get(number, ())) or 0 for number in numbers],
        "p95_ms": [traces_at.get(number, {}).get("p95_ms") for number in numbers],
    }


def _sum(rows: Iterable[Row], name: str) -> int:
    return sum(row[name] for row in rows)


def _cost(rows: Iterable[Row]) -> float | None:
    """Sum up what is known; None when nothing is."""
    known = [row["cost"] for row in rows if row["cost"] is not None]
    return sum(known) if known else None


def _success_rate(requests: int, errors: int) -> float:
    return 100 * (requests - errors) / requests if requests else 100.0
