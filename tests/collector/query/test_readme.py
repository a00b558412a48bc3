"""The ten queries of the README, on the spans of a morning, against answers worked out without SQL."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any

import pytest

from otel_agents.collector.query.sql import run_user_sql
from otel_agents.collector.store.duckdb import DuckDBStore
from tests.collector.query.filled import agent, model, tool, write

README = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
QUERIES = dict(re.findall(r"```sql\n-- (.+?)\n(.+?)```", README, flags=re.DOTALL))

USERS = ["ada", "ben", "cleo"]
MODELS = [("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-4o-mini")]
# One a request: who asks which agent, of which model; everything that is counted below.
REQUESTS = [
    {
        "trace": number,
        "at": number * 600.0,  # seconds
        "user": USERS[number % 3],
        "agent": "Router" if number % 2 else "Writer",
        "model": MODELS[number % 3],
        "failed": number % 5 == 0,
        "cost": 0.001 * number if number % 7 else None,
        "tokens": (100 + number, 10 + number),
        "cached": 50 if number % 4 == 0 else 0,
        "first": 0.1 + number / 100 if number % 2 else None,  # seconds
        "text": f"I want a Refund for order {number}" if number % 6 == 0 else f"Where is order {number}?",
        "tools": [("search", 0.2 + number / 10)] * (2 if number % 8 == 0 else 1)
        + [("refund", 0.1)] * (number % 3 == 0),
        "score": (number % 10) / 10 if number % 2 else None,
    }
    for number in range(1, 25)
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = DuckDBStore(tmp_path_factory.mktemp("readme") / "spans.duckdb")
    for request in REQUESTS:
        write(opened, *spans_of(request))
    yield opened
    opened.close()


def spans_of(request: dict[str, Any]) -> list[Any]:
    trace, at = request["trace"], request["at"]
    who = {"user.id": request["user"], "at": at}
    provider, name = request["model"]
    root = agent(request["agent"], trace, trace * 100, error="no" if request["failed"] else None, took=9, **who)
    asked = {
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": name,
        "gen_ai.usage.cache_read.input_tokens": request["cached"],
        "gen_ai.input.messages": json.dumps([{"role": "user", "content": request["text"]}]),
    }
    if request["cost"] is not None:
        asked["operation.cost"] = request["cost"]
    if request["first"] is not None:
        asked["gen_ai.response.time_to_first_chunk"] = request["first"]
    call = model(request["agent"], trace, trace * 100 + 1, trace * 100, request["tokens"], **asked, **who)
    if request["score"] is not None:
        event = call.events.add(name="gen_ai.evaluation.result", time_unix_nano=call.end_time_unix_nano)
        event.attributes.add(key="gen_ai.evaluation.name").value.string_value = "relevance"
        event.attributes.add(key="gen_ai.evaluation.score.value").value.double_value = request["score"]
    tools = [
        tool(request["agent"], trace, trace * 100 + 2 + n, trace * 100, name, took=took, at=at)
        for n, (name, took) in enumerate(request["tools"])
    ]
    return [root, call, *tools]


def answer(store: DuckDBStore, question: str) -> list[list[Any]]:
    return [
        [round(value, 6) if isinstance(value, float) else value for value in row]
        for row in run_user_sql(store, QUERIES[question]).rows
    ]


def groups(key: Any, of: Any, requests: list[dict[str, Any]] = REQUESTS) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for request in requests:
        found[key(request)].append(of(request))
    return found


def p95(values: list[float]) -> float:
    return round(quantiles(values, n=100, method="inclusive")[94], 6)


def test_there_are_ten(store):
    assert len(QUERIES) == 10


def test_what_each_user_costs(store):
    costs = groups(lambda request: request["user"], lambda request: request["cost"])
    expected = [[user, 8, round(sum(cost or 0 for cost in of), 6)] for user, of in costs.items()]
    assert answer(store, "What does each user cost?") == sorted(expected, key=lambda row: -row[2])


def test_slow_tools(store):
    took = defaultdict(list)
    for request in REQUESTS:
        for name, seconds in request["tools"]:
            took[name].append(seconds * 1000)
    expected = [[name, len(of), p95(of), round(max(of), 6)] for name, of in took.items()]
    assert answer(store, "Which tools are slow?") == sorted(expected, key=lambda row: -row[2])


def test_the_share_of_runs_that_fail(store):
    failed = groups(
        lambda request: (13 * 3600 + 59 * 60 + request["at"]) // 3600 * 10 + (request["agent"] == "Writer"),
        lambda request: request["failed"],
    )
    rows = answer(store, "What share of each agent's runs fails, hour by hour?")
    assert [row[2:] for row in rows] == [[len(of), round(100 * mean(of), 1)] for _, of in sorted(failed.items())]
    assert rows[0][:2] == ["2026-09-21T14:00:00.000000Z", "Router"]


def test_tokens_of_models(store):
    tokens = groups(lambda request: request["model"], lambda request: request["tokens"])
    expected = [
        [*name, len(of), sum(given for given, _ in of), sum(made for _, made in of)] for name, of in tokens.items()
    ]
    assert answer(store, "How many tokens does each model take?") == sorted(expected, key=lambda row: -row[3])


def test_the_share_that_is_cached(store):
    counts = groups(lambda request: request["model"][1], lambda request: (request["cached"], request["tokens"][0]))
    expected = {name: round(100 * sum(c for c, _ in of) / sum(t for _, t in of), 1) for name, of in counts.items()}
    assert dict(answer(store, "How much of the input comes from the provider's cache?")) == expected


def test_the_wait_for_the_first_token(store):
    streamed = [request for request in REQUESTS if request["first"] is not None]
    waits = groups(lambda request: request["model"][1], lambda request: request["first"] * 1000, streamed)
    expected = [[name, round(median(of), 6), p95(of)] for name, of in waits.items()]
    assert answer(store, "How long do users wait for the first token?") == sorted(expected, key=lambda row: -row[2])


def test_the_dearest_requests(store):
    dearest = sorted((request for request in REQUESTS if request["cost"]), key=lambda request: -request["cost"])[:10]
    expected = [[r["agent"], round(r["cost"], 6), sum(r["tokens"]), f"{r['trace']:032x}"] for r in dearest]
    assert [row[2:] for row in answer(store, "Which requests were the dearest?")] == expected


def test_calls_that_were_made_again(store):
    rows = answer(store, "Which tool calls were made again within a request, with the same arguments?")
    assert sorted(rows) == [[f"{n:032x}", "search", 2, 0] for n in (8, 16, 24)]


def test_how_answers_are_judged(store):
    judged = [request for request in REQUESTS if request["score"] is not None]
    scores = groups(lambda request: request["model"][1], lambda request: request["score"], judged)
    expected = [[name, "relevance", round(mean(of), 6), len(of)] for name, of in sorted(scores.items())]
    assert answer(store, "How are the answers of each model judged?") == expected


def test_prompts_with_a_phrase(store):
    rows = answer(store, "Who was asked about a refund?")
    assert [row[1:] for row in rows] == [
        [request["agent"], request["user"], f"{request['trace']:032x}"]
        for request in reversed(REQUESTS)
        if "Refund" in request["text"]
    ]
