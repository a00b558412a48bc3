"""The overview: what happened in a window of time, in figures, with the window before for comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agents.collector.query.rolled import Rolled, fitting
from otel_agents.collector.query.values import to_json
from otel_agents.collector.query.window import window
from otel_agents.health.rules import Counted, Counts, judge

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from otel_agents.collector.query.statements import Row
    from otel_agents.collector.query.window import Window
    from otel_agents.collector.store.store import Store

_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")
_OF_CALLS = (*_TOKENS, "cost")


def overview(store: Store, minutes: int, now: datetime) -> dict[str, Any]:
    """Sum up the last ``minutes`` before ``now`` (UTC, without a zone), in the shape of ``GET /api/v1/overview``.

    A span belongs to the window its start is in, a trace to the one its first span starts in. Tokens and cost are those
    of model spans alone. Requests are the operations of agents, or the traces' roots where no agent ran. Sums are
    exact, medians and percentiles at most 1.5 % off.
    """
    asked = fitting(window(minutes, now))
    with store.read() as cursor:
        rolled = Rolled(cursor, asked)
        sums, quantiles, failures = rolled.sums(), rolled.quantiles(), rolled.failures()
    figures = _Figures([row for row in sums if not row["earlier"]], quantiles)
    before = _Figures([row for row in sums if row["earlier"]], [])
    calls, tools, requests = figures.named("call"), figures.named("tool"), figures.named("request")
    by_agent = [row for row in figures.by("agent") if row["kind"] == "call"]
    spans, whole = figures.spans, _whole([_request(row) for row in requests]) if requests else figures.roots
    agents = _agents(requests, by_agent)
    models = sorted(
        map(_model, calls), key=lambda row: (row["cost"] is None, -(row["cost"] or 0), -row["calls"], row["model"])
    )
    totals = {
        "traces": figures.all_traces["number"],
        "spans": _sum(spans, "number"),
        "errors": _sum(spans, "failed"),
        "error_rate": 100 * whole["errors"] / whole["requests"] if whole["requests"] else 0.0,
        "model_calls": _sum(calls, "number"),
        "tool_calls": _sum(tools, "number"),
        **{name: _sum(calls, name) for name in _TOKENS},
        "cost": _cost(calls),
        "unpriced_calls": _sum(calls, "unpriced"),
        **figures.times(figures.all_traces),
    }
    listed = [_tool(row) for row in sorted(tools, key=lambda row: (-row["number"], row["name"]))]
    answer = {
        "window": {"start": asked.start, "end": asked.end, "minutes": minutes, "bucket_seconds": asked.bucket_s},
        "health": _health(whole, agents, listed, models, spans),
        "totals": totals,
        "previous": before.totals(),
        "agents": agents,
        "tools": listed,
        "models": models,
        "series": _series(asked, figures),
        "errors": failures,
    }
    return to_json(answer)  # type: ignore[no-any-return]  # a dict stays one


class _Figures:
    """What ``Rolled`` has told of a window."""

    def __init__(self, sums: list[Row], quantiles: list[Row]) -> None:
        self._sums = sums
        self._times = {_key(row): {"p50_ms": row["p50_ms"], "p95_ms": row["p95_ms"]} for row in quantiles}
        self.spans = [row for row in self.by("name") if row["kind"] != "trace"]
        self.all_traces = next((row for row in self.by("name") if row["kind"] == "trace"), _NO_TRACES)

    def by(self, what: str) -> list[Row]:
        return [row for row in self._sums if row["by"] == what]

    def named(self, kind: str) -> list[Row]:
        """What there is of a kind, by name and provider, with its quantiles."""
        return [{**row, **self.times(row)} for row in self.by("name") if row["kind"] == kind]

    def times(self, row: Row) -> Row:
        """The quantiles of what one of the sums is of; of a lone one we know it better."""
        if row["number"] == 1:
            return {"p50_ms": row["avg_ms"], "p95_ms": row["avg_ms"]}
        return self._times.get(_key(row), _NO_TIMES)

    @property
    def roots(self) -> Row:
        """All operations with nothing around them."""
        roots = [row for row in self.by("root") if row["root"] and row["kind"] != "trace"]
        return _whole([_request(row) for row in roots])

    def totals(self) -> Row:
        calls = [row for row in self.by("name") if row["kind"] == "call"]
        return {
            "traces": self.all_traces["number"],
            "errors": _sum(self.spans, "failed"),
            "input_tokens": _sum(calls, "input_tokens"),
            "output_tokens": _sum(calls, "output_tokens"),
            "cost": _cost(calls),
        }


_NO_TIMES: Final[Row] = {"p50_ms": None, "p95_ms": None}
_NO_TRACES: Final[Row] = {"kind": "trace", "name": None, "provider": None, "period": None, "number": 0}


def _key(row: Row) -> tuple[Any, ...]:
    return row["kind"], row["name"], row["provider"], row["period"]


def _model(row: Row) -> Row:
    same = ("provider", "avg_ms", "p95_ms", "ttft_ms", *_OF_CALLS)
    return {"model": row["name"], "calls": row["number"], "errors": row["failed"], **{name: row[name] for name in same}}


def _tool(row: Row) -> Row:
    calls, errors = row["number"], row["failed"]
    rest = {name: row[name] for name in ("avg_ms", "p95_ms")}
    return {"tool": row["name"], "calls": calls, "errors": errors, "success_rate": _success_rate(calls, errors), **rest}


def _request(row: Row) -> Row:
    return {"requests": row["number"], "errors": row["failed"], "avg_ms": row["avg_ms"]}


def _whole(requests: list[Row]) -> Row:
    """Sum up the requests of all agents."""
    count = _sum(requests, "requests")
    timed = sum((row["avg_ms"] or 0) * row["requests"] for row in requests)
    return {"requests": count, "errors": _sum(requests, "errors"), "avg_ms": timed / count if count else None}


def _agents(requests: list[Row], calls: list[Row]) -> list[Row]:
    """Join what agents were asked with what the model calls below them used, the busiest first."""
    agents: dict[str, Row] = {
        row["name"]: {"agent": row["name"], **_request(row), "p95_ms": row["p95_ms"]} for row in requests
    }
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
    status, findings = judge(Counts(in_all, parts, _sum(spans, "failed_recently"), when=""))
    return {"status": status, "reasons": [found.message for found in findings]}


def _counted(kind: str, name: str, requests: int, row: Row) -> Counted:
    return Counted(kind, name, requests, row["errors"], (row["avg_ms"] or 0) / 1000)


def _series(asked: Window, figures: _Figures) -> Row:
    numbers = asked.buckets
    rows = figures.by("period")
    spans: dict[int, list[Row]] = {}
    for row in rows:
        spans.setdefault(row["period"], []).append(row)
    of = {kind: {row["period"]: row for row in rows if row["kind"] == kind} for kind in ("call", "trace")}
    calls, traces = of["call"], of["trace"]
    return {
        "time": [number * asked.bucket_s for number in numbers],
        "traces": [traces.get(number, {}).get("number", 0) for number in numbers],
        "errors": [_sum(spans.get(number, ()), "failed") for number in numbers],
        "input_tokens": [calls.get(number, {}).get("input_tokens", 0) for number in numbers],
        "output_tokens": [calls.get(number, {}).get("output_tokens", 0) for number in numbers],
        "cost": [calls.get(number, {}).get("cost") or 0 for number in numbers],
        "p95_ms": [figures.times(traces[number])["p95_ms"] if number in traces else None for number in numbers],
    }


def _sum(rows: Iterable[Row], name: str) -> int:
    return sum(row[name] for row in rows)


def _cost(rows: Iterable[Row]) -> float | None:
    """Sum up what is known; None when nothing is."""
    known = [row["cost"] for row in rows if row["cost"] is not None]
    return sum(known) if known else None


def _success_rate(requests: int, errors: int) -> float:
    return 100 * (requests - errors) / requests if requests else 100.0
