"""The figures of the overview."""

from __future__ import annotations

from datetime import timedelta

import pytest

from otel_agents.collector.query.overview import overview
from tests.collector.query.filled import NOW, agent, model, ns, span, tool, write


def near(ms: float) -> object:
    """A quantile, which is told to 1.5 %."""
    return pytest.approx(ms, rel=0.015)


def without_series(answer: dict) -> dict:
    return {key: value for key, value in answer.items() if key not in ("series", "window")}


def test_nothing_happened(store):
    answer = overview(store, 1, NOW)
    assert answer["window"] == {
        "start": "2026-09-21T13:59:00.000000Z",
        "end": "2026-09-21T14:00:00.000000Z",
        "minutes": 1,
        "bucket_seconds": 1,
    }
    assert without_series(answer) == {
        "health": {"status": "idle", "reasons": []},
        "running": 0,
        "totals": {
            "traces": 0,
            "spans": 0,
            "errors": 0,
            "error_rate": 0.0,
            "model_calls": 0,
            "tool_calls": 0,
            "input_tokens": 0,
            "output_tokens": 0,
            "cache_read_tokens": 0,
            "reasoning_tokens": 0,
            "cost": None,
            "unpriced_calls": 0,
            "p50_ms": None,
            "p95_ms": None,
        },
        "previous": {"traces": 0, "errors": 0, "input_tokens": 0, "output_tokens": 0, "cost": None},
        "agents": [],
        "tools": [],
        "models": [],
        "errors": [],
    }
    assert {name: sum(map(bool, values)) for name, values in answer["series"].items()} == {
        "time": 60,
        "traces": 0,
        "errors": 0,
        "input_tokens": 0,
        "output_tokens": 0,
        "cost": 0,
        "p95_ms": 0,
    }


def test_a_team_at_work(store):
    priced = {"operation.cost": 0.25}
    write(
        store,
        # A hand-over: the Writer's request is one of its own, though inside the Router's.
        agent("Router", 1, 1, took=4),
        model("Router", 1, 2, 1, (100, 10), at=0.5, **priced),
        agent("Writer", 1, 3, 1, at=1, took=2),
        model("Writer", 1, 4, 3, (200, 20), at=1.5, **{"gen_ai.usage.cache_read.input_tokens": 150}),
        tool("Writer", 1, 5, 3, at=1.6, took=0.1, error="timed out"),
        # An operation inside one of the same agent is no request.
        agent("Router", 2, 6, at=10, took=2),
        agent("Router", 2, 7, 6, at=10, took=1),
        tool("Router", 2, 8, 7, at=10, took=0.3),
    )
    answer = overview(store, 1, NOW)
    assert without_series(answer) == {
        "health": {"status": "healthy", "reasons": []},
        "running": 0,
        "totals": {
            "traces": 2,
            "spans": 8,
            "errors": 1,
            "error_rate": 0.0,
            "model_calls": 2,
            "tool_calls": 2,
            "input_tokens": 300,
            "output_tokens": 30,
            "cache_read_tokens": 150,
            "reasoning_tokens": 0,
            "cost": 0.25,
            "unpriced_calls": 1,
            "p50_ms": near(3000.0),
            "p95_ms": near(3900.0),
        },
        "previous": {"traces": 0, "errors": 0, "input_tokens": 0, "output_tokens": 0, "cost": None},
        "agents": [
            {
                "agent": "Router",
                "requests": 2,
                "errors": 0,
                "success_rate": 100.0,
                "avg_ms": 3000.0,
                "p95_ms": near(3900.0),
                "input_tokens": 100,
                "output_tokens": 10,
                "cost": 0.25,
            },
            {
                "agent": "Writer",
                "requests": 1,
                "errors": 0,
                "success_rate": 100.0,
                "avg_ms": 2000.0,
                "p95_ms": 2000.0,
                "input_tokens": 200,
                "output_tokens": 20,
                "cost": None,
            },
        ],
        "tools": [
            {
                "tool": "search",
                "calls": 2,
                "errors": 1,
                "success_rate": 50.0,
                "avg_ms": pytest.approx(200.0),
                "p95_ms": near(290.0),
            }
        ],
        "models": [
            {
                "model": "gpt-4o",
                "provider": "openai",
                "calls": 2,
                "errors": 0,
                "avg_ms": 1000.0,
                "p95_ms": near(1000.0),
                "ttft_ms": None,
                "input_tokens": 300,
                "output_tokens": 30,
                "cache_read_tokens": 150,
                "reasoning_tokens": 0,
                "cost": 0.25,
            }
        ],
        "errors": [
            {
                "time": "2026-09-21T13:59:01.600000Z",
                "trace_id": f"{1:032x}",
                "span_id": f"{5:016x}",
                "name": "execute_tool search",
                "agent": "Writer",
                "type": "tool",
                "error_type": None,
                "message": "timed out",
                "count": 1,
            }
        ],
    }
    series = answer["series"]
    at = {second: series["time"].index(ns(NOW) // 10**9 - 60 + second) for second in (0, 1, 10)}
    assert [(series["traces"][i], series["p95_ms"][i]) for i in at.values()] == [(1, 4000.0), (0, None), (1, 2000.0)]
    assert [(series["input_tokens"][i], series["cost"][i], series["errors"][i]) for i in at.values()] == [
        (100, 0.25, 0),
        (200, 0, 1),
        (0, 0, 0),
    ]
    assert {len(values) for values in series.values()} == {60}


def test_a_call_wrapped_twice_counts_once(store):
    write(
        store,
        agent("Router", 1, 1),
        model("Router", 1, 2, 1, (100, 10)),
        model("Router", 1, 3, 2, (100, 10)),
        # Where the inner one says nothing of tokens, the outer one counts, and the same ids elsewhere are another call.
        model("Router", 2, 2, 1, (7, 1)),
        model("Router", 2, 4, 2, None, error="refused"),
    )
    totals = overview(store, 1, NOW)["totals"]
    assert (totals["input_tokens"], totals["output_tokens"], totals["model_calls"]) == (107, 11, 3)
    assert totals["unpriced_calls"] == 2  # the failed call used nothing


def test_without_agents_the_roots_are_the_requests(store):
    write(
        store,
        span("job", 1, 1, error="boom"),
        span("job", 2, 2, error="boom"),
        span("job", 3, 3),
        span("step", 3, 4, 3, error="boom"),
    )
    answer = overview(store, 1, NOW)
    assert answer["totals"]["error_rate"] == pytest.approx(66.67, abs=0.01)
    assert answer["agents"] == []
    assert answer["health"] == {"status": "unhealthy", "reasons": ["66.7 % of 3 requests failed (limit 10 %)"]}


def test_the_window_before_is_beside_it(store):
    write(
        store,
        agent("Router", 1, 1, at=-30),
        model("Router", 1, 2, 1, (100, 10), at=-30, error="refused"),
        agent("Router", 2, 3, at=0),  # from the first moment of the window on
        agent("Router", 3, 4, at=60),  # after it
    )
    answer = overview(store, 1, NOW)
    assert answer["totals"]["traces"] == 1
    assert answer["previous"] == {"traces": 1, "errors": 1, "input_tokens": 100, "output_tokens": 10, "cost": None}


def test_a_trace_belongs_to_where_it_began(store):
    began_before = agent("Router", 1, 1, at=-1, took=100)
    inside = [model("Router", 1, 2, 1, at=1), span("orphan", 2, 3, 9, at=2, took=3)]
    write(store, began_before, *inside)
    answer = overview(store, 1, NOW)
    assert (answer["totals"]["traces"], answer["totals"]["p50_ms"], answer["totals"]["spans"]) == (1, 3000.0, 2)
    assert overview(store, 1, NOW + timedelta(seconds=-1))["totals"]["traces"] == 2


def test_the_same_error_is_one_row(store):
    failures = [tool("Writer", 1, n, 99, at=n, error="timed out") for n in range(1, 4)]
    write(store, *failures, tool("Writer", 1, 9, 99, at=0, error="not found"))
    errors = overview(store, 1, NOW)["errors"]
    assert [(e["message"], e["count"], e["span_id"]) for e in errors] == [
        ("timed out", 3, f"{3:016x}"),
        ("not found", 1, f"{9:016x}"),
    ]
