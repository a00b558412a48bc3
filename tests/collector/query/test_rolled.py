"""The overview agrees with what is counted from the spans, whatever came when, and whatever is rolled up by then."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agents.collector.query.overview import overview
from otel_agents.collector.store import rollups
from otel_agents.collector.store.duckdb import DuckDBStore
from tests.collector.query.filled import NOW, agent, model, span, tool, write

MINUTES = 60
START_S = -MINUTES * 60 + 60  # what `at` is at the window's start


@dataclass(frozen=True)
class Made:
    """A span, in numbers that are easy to count with."""

    trace: int
    number: int
    parent: int | None
    kind: str
    name: str
    at: int  # seconds
    took: int  # milliseconds
    tokens: tuple[int, int] | None
    cost: int | None  # thousandths of a dollar
    error: str | None
    tenant: str | None

    def sent(self, *, is_open: bool) -> Any:
        """The span, or what is known of it before it ends."""
        sent = self._sent()
        if is_open:
            sent.end_time_unix_nano = 0
            sent.ClearField("status")
        return sent

    def _sent(self) -> Any:
        rest: dict[str, Any] = {"at": self.at, "took": self.took / 1000, "error": self.error}
        if self.tenant:
            rest["tenant.id"] = self.tenant
        if self.kind == "model":
            cost = {} if self.cost is None else {"operation.cost": self.cost / 1000}
            return model(self.name, self.trace, self.number, self.parent, self.tokens, **cost, **rest)
        make = {"agent": agent, "tool": lambda name, *ids, **more: tool("Router", *ids, name=name, **more)}.get(
            self.kind, span
        )
        return make(self.name, self.trace, self.number, self.parent, **rest)


@st.composite
def one(draw: st.DrawFn, trace: int, number: int, began: int) -> Made:
    return Made(
        trace,
        number,
        draw(st.none() | st.integers(1, 6).filter(lambda parent: parent != number)),
        draw(st.sampled_from(["agent", "model", "tool", "job"])),
        draw(st.sampled_from(["Router", "Writer"])),
        began + draw(st.integers(0, 200)),
        draw(st.integers(1, 60_000)),
        draw(st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9))),
        draw(st.none() | st.integers(0, 50)),
        draw(st.none() | st.sampled_from(["timed out", "refused"])),
        draw(st.none() | st.sampled_from(["acme", "umbrella"])),
    )


@st.composite
def spans(draw: st.DrawFn) -> list[Made]:
    made = []
    for trace in range(1, draw(st.integers(1, 5)) + 1):
        began = draw(st.integers(2 * START_S - 60, 90))
        made += [draw(one(trace, number, began)) for number in range(1, draw(st.integers(1, 6)) + 1)]
    return draw(st.permutations(made))


def counted(made: list[Made], start_s: float, end_s: float) -> dict[str, Any]:
    """The figures, counted in the plainest way."""
    by_id = {(one.trace, one.number): one for one in made}
    answered = {(one.trace, one.parent) for one in made if one.kind == "model" and one.tokens is not None}
    inside = [one for one in made if start_s <= one.at < end_s]
    calls = [one for one in inside if one.kind == "model" and (one.trace, one.number) not in answered]
    agents: dict[str, int] = defaultdict(int)
    for one in inside:
        around = by_id.get((one.trace, one.parent)) if one.parent is not None else None
        # The tools of `filled` are the Router's, and other spans name no agent.
        of = around and {"tool": "Router", "job": None}.get(around.kind, around.name)
        if one.kind == "agent" and of != one.name:
            agents[one.name] += 1
    traces: dict[int, list[Made]] = defaultdict(list)
    for one in made:
        traces[one.trace].append(one)
    took = sorted(
        max(one.at * 1000 + one.took for one in of) - 1000 * min(one.at for one in of)
        for of in traces.values()
        if start_s <= min(one.at for one in of) < end_s
    )
    priced = [one.cost for one in calls if one.cost is not None]
    return {
        "traces": len(took),
        "spans": len(inside),
        "errors": sum(one.error is not None for one in inside),
        "model_calls": len(calls),
        "tool_calls": sum(one.kind == "tool" for one in inside),
        "input_tokens": sum(one.tokens[0] for one in calls if one.tokens),
        "output_tokens": sum(one.tokens[1] for one in calls if one.tokens),
        "cost": sum(priced) / 1000 if priced else None,
        "p95_ms": quantiles(took, n=20, method="inclusive")[18] if len(took) > 1 else took[0] if took else None,
        "agents": dict(agents),
        "failures": sum(one.error is not None for one in inside),
    }


def told(store: Any, minutes: int = MINUTES) -> tuple[dict[str, Any], dict[str, Any]]:
    answer = overview(store, minutes, NOW)
    totals = answer["totals"]
    figures = {name: totals[name] for name in counted([], 0, 0) if name in totals}
    figures["agents"] = {row["agent"]: row["requests"] for row in answer["agents"] if row["requests"]}
    figures["failures"] = sum(row["count"] for row in answer["errors"])
    return figures, answer


def near(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        name: pytest.approx(value, rel=0.015 if name == "p95_ms" else 1e-12)
        if isinstance(value, float | int)
        else value
        for name, value in figures.items()
    }


def test_what_nobody_told_is_added_to_what_is_known(store: DuckDBStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rollups, "MOST_ROWS", 0)
    for number, tokens in enumerate((None, (2, 8), None), 1):
        write(store, model("Router", number, number, None, tokens))
        store.roll_up()
    figures, _ = told(store)
    assert (figures["model_calls"], figures["input_tokens"], figures["output_tokens"]) == (3, 2, 8)


def test_who_asks_at_once_does_not_wait_for_many_spans_that_are_still_rolled_up(
    store: DuckDBStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rollups, "PAUSE_S", 1000)
    write(store, model("Router", 1, 1, None, (1, 1)))
    store.roll_up()
    write(store, *(model("Router", number, number, None, (1, 1)) for number in (2, 3)))
    assert not store.are_many_coming()
    monkeypatch.setattr(rollups, "MUCH", 2)
    write(store, model("Router", 4, 4, None, (1, 1)))
    assert store.are_many_coming()

    def calls(*, at_once: bool) -> int:
        return overview(store, MINUTES, NOW, at_once=at_once)["totals"]["model_calls"]

    assert calls(at_once=True) == 1
    assert calls(at_once=False) == 4
    store.roll_up()
    assert calls(at_once=True) == 4


@settings(max_examples=15, deadline=None)
@given(made=spans(), data=st.data())
def test_the_overview_agrees_with_the_spans(
    tmp_path_factory: pytest.TempPathFactory, made: list[Made], data: st.DataObject
):
    path = tmp_path_factory.mktemp("store") / "spans.duckdb"
    with pytest.MonkeyPatch.context() as patched, ExitStack() as stack:
        patched.setattr(rollups, "PAUSE_S", 1000)  # what is rolled up when is the test's to say
        patched.setattr(rollups, "MOST_ROWS", data.draw(st.sampled_from([0, 1000])))
        store = DuckDBStore(path)
        stack.callback(lambda: store.close())
        at = 0
        while at < len(made):
            count = data.draw(st.integers(1, 6))
            for is_open in (True, False):
                if not is_open or data.draw(st.booleans()):
                    write(store, *(each.sent(is_open=is_open) for each in made[at : at + count]))
                if data.draw(st.booleans()):
                    store.roll_up()
            at += count
        removed_s = data.draw(st.sampled_from([None, START_S - 600, START_S + 600]))
        if removed_s is not None:
            store.remove(NOW + timedelta(seconds=removed_s - 60))
            last = {each.trace: max(other.at for other in made if other.trace == each.trace) for each in made}
            made = [each for each in made if last[each.trace] >= removed_s]
        if data.draw(st.booleans()):
            store.close()
            store = DuckDBStore(path)

        figures, answer = told(store)
        assert figures == near(counted(made, START_S, 60))
        before = counted(made, 2 * START_S - 60, START_S)
        assert answer["previous"] == near({name: before[name] for name in answer["previous"]})
        assert sum(answer["series"]["input_tokens"]) == figures["input_tokens"]
        assert sum(answer["series"]["traces"]) == figures["traces"]
        assert told(store, 10)[0] == near(counted(made, -540, 60))  # from the spans alone
