"""The list of traces, and one trace."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random

import pytest

from otel_agents.collector.query import summaries, traces
from otel_agents.collector.query.trace import read_trace
from otel_agents.collector.query.traces import Filter, list_traces
from otel_agents.collector.receiver.signals import LOGS
from otel_agents.errors import QueryError
from tests.collector import otlp
from tests.collector.query.filled import NOW, agent, model, span, tool, write

ASKED = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "How many orders?"}]}])


def ids(answer: dict) -> list[int]:
    return [int(trace["trace_id"], 16) for trace in answer["traces"]]


def found(store, limit: int = 50, **wanted) -> list[int]:
    return ids(list_traces(store, Filter(**wanted), limit, None, NOW))


def pages(store, limit: int, wanted: Filter = Filter()) -> list[list[int]]:  # noqa: B008 - it is frozen
    seen, before = [], None
    while True:
        page = list_traces(store, wanted, limit, before, NOW)
        seen.append(ids(page))
        before = page["next"]
        if before is None:
            return seen


def test_a_trace_in_the_list(store):
    write(
        store,
        agent("Router", 1, 1, took=4, **{"session.id": "s-1", "user.id": "u-1"}),
        model("Router", 1, 2, 1, (100, 10), **{"operation.cost": 0.5, "gen_ai.input.messages": ASKED}),
        agent("Analyst", 1, 3, 1, at=1, took=2),
        tool("Analyst", 1, 4, 3, at=1.5, took=0.2, error="no such table"),
    )
    assert list_traces(store, Filter(), 50, None, NOW) == {
        "traces": [
            {
                "trace_id": f"{1:032x}",
                "name": "invoke_agent Router",
                "service_name": "shop",
                "agents": ["Router", "Analyst"],
                "start_time": "2026-09-21T13:59:00.000000Z",
                "duration_ms": 4000.0,
                "status": "ok",
                "state": None,
                "error": "no such table",
                "spans": 4,
                "errors": 1,
                "model_calls": 1,
                "tool_calls": 1,
                "input_tokens": 100,
                "output_tokens": 10,
                "cost": 0.5,
                "session_id": "s-1",
                "user_id": "u-1",
                "preview": "How many orders?",
            }
        ],
        "next": None,
        "agents": ["Analyst", "Router"],
    }


def test_the_newest_come_first_and_pages_hold_each_once(store):
    for number in (3, 1, 5, 2, 4):
        write(store, agent("Router", number, number, at=number))
    write(store, model("Router", 1, 9, 1, at=9))  # a trace that goes on stays where it began
    assert pages(store, 2) == [[5, 4], [3, 2], [1]]
    assert pages(store, 5) == [[5, 4, 3, 2, 1]]


def test_traces_that_began_at_the_same_moment_come_once(store):
    write(store, *(agent("Router", number, number) for number in range(1, 8)))
    assert pages(store, 3) == [[7, 6, 5], [4, 3, 2], [1]]
    assert pages(store, 3, Filter(agent="Router")) == [[7, 6, 5], [4, 3, 2], [1]]


def test_filters(store):
    write(
        store,
        agent("Router", 1, 1, at=1),
        tool("Writer", 1, 2, 1, at=1, error="disk full"),
        agent("Writer", 2, 3, at=2, error="refused"),
        span("job", 3, 4, at=3),
        span("part", 4, 5, 99, at=4, error="lost"),  # its root never came
        agent("Router", 5, 6, at=-600),
    )
    assert found(store) == [4, 3, 2, 1, 5]
    assert found(store, agent="Writer") == [2, 1]
    assert found(store, agent="Nobody") == []
    assert found(store, status="error") == [4, 2]
    assert found(store, status="ok") == [3, 1, 5]
    assert found(store, minutes=5) == [4, 3, 2, 1]
    assert found(store, agent="Router", minutes=5) == [1]
    assert found(store, agent="Router", status="ok", text="disk") == [1]


@pytest.mark.parametrize(
    "text",
    [
        "INVOKE_agent",
        "disk full",
        "s-77",
        "Bücher",
        'said "yes"',
        "C:\\temp",
        "50%",
        "a_b",
        f"{1:032x}",
        f"{2:016x}",
        "search",
    ],
)
def test_text_is_found_in_names_ids_attributes_messages_and_errors(store, text):
    messages = json.dumps([{"role": "user", "content": 'Bücher: he said "yes" to C:\\temp'}], ensure_ascii=False)
    write(
        store,
        agent("Router", 1, 1, **{"session.id": "s-77", "note": "50% a_b"}),
        tool("Router", 1, 2, 1, error="disk full", **{"gen_ai.input.messages": messages}),
        span("job", 3, 3, note="50 axb 5", other="C:/temp"),
    )
    assert found(store, text=text) == [1]


def test_a_long_search_goes_on_with_the_next_page(store, monkeypatch):
    monkeypatch.setattr(traces, "SEARCH_S", 0)
    for number in range(1, 40):
        write(store, agent("Router" if number in (1, 20) else "Writer", number, number, at=number * 100))
    seen = pages(store, 1, Filter(agent="Router"))
    assert [page for page in seen if page] == [[20], [1]]
    assert len(seen) > 2


def test_the_list_agrees_with_the_table_traces(store):
    write(
        store,
        agent("Router", 1, 1, error="boom"),
        model("Router", 1, 2, 1, (5, 1), **{"operation.cost": 0.5}),
        span("part", 2, 3, 99, error="lost"),
        span("part", 3, 4, 99),
        agent("Writer", 4, 5, at=5),
        tool("Writer", 4, 6, 5, at=6, took=9, error="late"),
    )
    same = (
        "trace_id duration_ms service_name spans errors status model_calls tool_calls input_tokens output_tokens cost"
    )
    with store.read() as cursor:
        table = cursor.execute(f"SELECT {same.replace(' ', ', ')} FROM traces ORDER BY trace_id").fetchall()
    listed = list_traces(store, Filter(), 50, None, NOW)["traces"]
    assert sorted(tuple(trace[name] for name in same.split()) for trace in listed) == table


@pytest.mark.parametrize("before", ["x", "1", "-", "1-xyz", "9" * 19 + "-", "1-" + "0" * 33, "1-00' OR 1=1"])
def test_what_is_no_cursor_is_refused(store, before):
    with pytest.raises(QueryError) as refused:
        list_traces(store, Filter(), 50, before, NOW)
    assert refused.value.kind == "bad_request"


def test_one_trace(store):
    write(
        store,
        tool("Router", 1, 2, 1, at=1, took=0.5, error="timed out", note=[1, {"a": None}]),
        agent("Router", 1, 1, took=4),
        agent("Router", 2, 1),
    )
    answer = read_trace(store, f"{1:032x}")
    assert answer["trace_id"] == f"{1:032x}"
    assert answer["summary"] == list_traces(store, Filter(), 50, None, NOW)["traces"][1]
    root, call = answer["spans"]
    assert (root["span_id"], root["parent_span_id"], root["offset_ms"]) == (f"{1:016x}", None, 0.0)
    assert call == {
        "span_id": f"{2:016x}",
        "parent_span_id": f"{1:016x}",
        "name": "execute_tool search",
        "kind": "internal",
        "type": "tool",
        "scope_name": "tests",
        "service_name": "shop",
        "start_time": "2026-09-21T13:59:01.000000Z",
        "end_time": "2026-09-21T13:59:01.500000Z",
        "offset_ms": 1000.0,
        "duration_ms": 500.0,
        "status": "error",
        "status_message": "timed out",
        "error_type": None,
        "agent": "Router",
        "model": None,
        "provider": None,
        "tool": "search",
        "operation": "execute_tool",
        "session_id": None,
        "user_id": None,
        "tenant": None,
        "input_tokens": None,
        "output_tokens": None,
        "cache_read_tokens": None,
        "cache_write_tokens": None,
        "reasoning_tokens": None,
        "cost": None,
        "cost_source": None,
        "ttft_ms": None,
        "attributes": {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "search",
            "gen_ai.agent.name": "Router",
            "note": [1, {"a": None}],
        },
        "resource": {"service.name": "shop"},
        "events": [],
        "links": [],
        "evaluations": [],
    }


def test_events_and_links_are_read(store):
    made = agent("Router", 1, 1)
    made.events.add(name="handed over", time_unix_nano=made.start_time_unix_nano + 1_000_000).attributes.extend([])
    made.links.add(trace_id=bytes(15) + b"\x07", span_id=bytes(7) + b"\x08")
    write(store, made)
    (read,) = read_trace(store, f"{1:032x}")["spans"]
    assert read["events"] == [{"name": "handed over", "time": "2026-09-21T13:59:00.001000Z", "attributes": {}}]
    assert read["links"] == [{"trace_id": f"{7:032x}", "span_id": f"{8:016x}", "attributes": {}}]


def test_evaluations_stand_at_the_span_they_judge(store):
    write(store, agent("Router", 1, 1), model("Router", 1, 2, 1, **{"gen_ai.response.id": "r-1"}))
    trace_id, other = f"{1:032x}", f"{2:032x}"
    of_answer = otlp.evaluation(trace_id="", time=3000, name="tone", score_label="kind")
    of_answer.attributes.extend(otlp.pairs({"gen_ai.response.id": "r-1"}))
    said = [
        otlp.evaluation(f"{2:016x}", trace_id, 1000, name="relevance", score_value=0.5, explanation="close"),
        otlp.evaluation("", trace_id, 2000, name="goal reached", score_value=1.0),
        of_answer,
        otlp.evaluation(f"{2:016x}", other, name="of another trace"),
    ]
    store.write([LOGS.decode_protobuf(otlp.logs(*said).SerializeToString()).batch])
    nothing = {"score": None, "label": None, "explanation": None}
    root, call = read_trace(store, trace_id)["spans"]
    assert root["evaluations"] == [
        nothing | {"time": "1970-01-01T00:00:00.000002Z", "name": "goal reached", "score": 1.0}
    ]
    assert call["evaluations"] == [
        {
            "time": "1970-01-01T00:00:00.000001Z",
            "name": "relevance",
            "score": 0.5,
            "label": None,
            "explanation": "close",
        },
        nothing | {"time": "1970-01-01T00:00:00.000003Z", "name": "tone", "label": "kind"},
    ]


def test_a_trace_that_came_in_parts_hours_apart_is_whole(store):
    write(store, agent("Router", 1, 1, took=20_000))
    write(store, model("Router", 1, 2, 1, at=10_000))
    assert len(read_trace(store, f"{1:032X}")["spans"]) == 2


def test_an_unknown_trace_is_not_found(store):
    with pytest.raises(QueryError) as raised:
        read_trace(store, "abc")
    assert raised.value.kind == "not_found"


def test_an_open_span_has_no_end(store):
    opened = agent("Router", 1, 1)
    opened.end_time_unix_nano = 0
    write(store, opened)
    (read,) = read_trace(store, f"{1:032x}")["spans"]
    assert (read["end_time"], read["duration_ms"]) == (None, None)
    assert list_traces(store, Filter(minutes=1), 50, None, NOW + timedelta(seconds=-1))["traces"][0]["duration_ms"] == 0


def test_a_trace_that_runs(store):
    write(store, agent("Router", 1, 1), otlp.span(name="long", end_time_unix_nano=0))
    running = list_traces(store, Filter(status="running"), 10, None, NOW)["traces"]
    assert [(trace["name"], trace["state"]) for trace in running] == [("long", "running")]
    assert found(store, status="running", text="Router") == []
    assert found(store, status="ok") == [1]


def test_few_spans_and_many_are_summed_up_alike(store, monkeypatch):
    random, spans = Random(5), []
    for number in range(1, 160):
        kind = random.choice([agent, model, tool])
        rest: dict = {"at": number / 8, "took": random.random() * 9, "error": random.choice([None, None, "refused"])}
        if kind is model:
            rest |= {"tokens": random.choice([None, (7, 3)]), "operation.cost": random.choice([0.25, 0.5])}
            rest |= random.choice([{}, {"gen_ai.input.messages": ASKED}, {"gen_ai.output.messages": ASKED}])
        rest |= random.choice([{}, {"session.id": f"s-{number}"}, {"user.id": f"u-{number}"}])
        parent = random.choice([None, number + 7, number + 14, number + 700])
        spans.append(kind(random.choice(["Router", "Analyst"]), number % 7 + 1, number, parent, **rest))
    write(store, *spans)
    few = list_traces(store, Filter(), 50, None, NOW)["traces"]
    monkeypatch.setattr(summaries, "MOST_SPANS", 0)
    assert list_traces(store, Filter(), 50, None, NOW)["traces"] == few
    assert len(few) == 7
