"""Every example, run as a user runs it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from otel_agents.demo.model_server import API_KEY, ModelServer
from tests.environment import fresh_environment
from tests.sdk.receiving import receiving

EXAMPLES = Path(__file__).parents[2] / "examples"
NOBODY = "http://127.0.0.1:9"  # the discard port, which nobody has on loopback


def run(name: str, endpoint: str, **variables: str) -> str:
    """Run an example to its end, and give what it printed."""
    ended = subprocess.run(
        [sys.executable, EXAMPLES / name],
        env={**fresh_environment(), "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_there_is_a_test_for_each():
    source = Path(__file__).read_text()
    assert [path.name for path in EXAMPLES.glob("*.py") if f'run("{path.name}"' not in source] == []


def test_quickstart(collector):
    output = run("quickstart.py", collector.url)
    assert "With tomato you can make gazpacho.\nWith egg you can make omelette.\n" in output
    assert re.search(r"Sent, the last one as trace [0-9a-f]{32}\.", output)
    assert collector.sql(
        "SELECT name, type, status, user_id, count(*) AS n FROM spans "
        "GROUP BY ALL ORDER BY min(start_time), status DESC"
    ) == [
        {"name": "user_request", "type": "other", "status": "unset", "user_id": "ana", "n": 3},
        {"name": "invoke_agent Cook", "type": "agent", "status": "unset", "user_id": "ana", "n": 3},
        {"name": "execute_tool find_recipe", "type": "tool", "status": "unset", "user_id": "ana", "n": 2},
        {"name": "execute_tool find_recipe", "type": "tool", "status": "error", "user_id": "ana", "n": 1},
    ]


def test_quickstart_needs_no_collector():
    output = run("quickstart.py", NOBODY)
    assert "With tomato you can make gazpacho." in output
    assert output.endswith("Nothing was sent: no collector runs.\n")


def test_openai_agent(collector):
    with ModelServer(pace=0) as server:
        output = run("openai_agent.py", collector.url, OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY=API_KEY)
    assert re.match(r"According to time_in: \d\d:\d\d\nSent, as trace [0-9a-f]{32}\.", output)
    assert collector.sql("SELECT name, agent, tool FROM spans ORDER BY start_time") == [
        {"name": "user_request", "agent": None, "tool": None},
        {"name": "invoke_agent Clockmaker", "agent": "Clockmaker", "tool": None},
        {"name": "chat gpt-4o-mini", "agent": "Clockmaker", "tool": None},
        {"name": "execute_tool time_in", "agent": "Clockmaker", "tool": "time_in"},
        {"name": "chat gpt-4o-mini", "agent": "Clockmaker", "tool": None},
    ]
    [calls] = collector.sql(
        "SELECT count(cost) AS priced, count(ttft_ms) AS streamed, min(input_tokens) > 0 AS counted "
        "FROM spans WHERE type = 'model'"
    )
    assert calls == {"priced": 2, "streamed": 1, "counted": True}


def test_streaming(collector):
    assert run("streaming.py", collector.url) == "Once upon a time.\ncounted to 1\nHello, world.\nSent.\n"
    assert collector.sql(
        "SELECT name, input_tokens, output_tokens, attributes->>'otel_agents.stream.incomplete' AS incomplete "
        "FROM spans ORDER BY start_time"
    ) == [
        {"name": "all_of_it", "input_tokens": None, "output_tokens": None, "incomplete": None},
        {"name": "invoke_agent Storyteller", "input_tokens": None, "output_tokens": None, "incomplete": None},
        {"name": "invoke_agent Counter", "input_tokens": None, "output_tokens": None, "incomplete": "true"},
        {"name": "chat gpt-4o-mini", "input_tokens": 9, "output_tokens": 4, "incomplete": None},
    ]


def test_testing():
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "pytest_otel_agents", "-p", "no:cacheprovider"],
        cwd=EXAMPLES / "testing",
        env=fresh_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "3 passed" in ended.stdout, ended.stdout + ended.stderr


def test_metrics(collector):
    assert run("metrics.py", collector.url).startswith("Sent. Look at it with:\n")
    assert collector.sql(
        """SELECT name, kind, unit, value, count, sum, attributes->>'region' AS region,
            attributes->>'article' AS article FROM metrics WHERE name IN ('orders', 'parcel.weight')
        GROUP BY ALL ORDER BY name, region, article"""
    ) == [
        {
            "name": name,
            "kind": kind,
            "unit": unit,
            "value": value,
            "count": count,
            "sum": total,
            "region": region,
            "article": article,
        }
        for name, kind, unit, value, count, total, region, article in [
            ("orders", "sum", "{order}", 2.0, None, None, "eu", None),
            ("orders", "sum", "{order}", 1.0, None, None, "us", None),
            ("parcel.weight", "histogram", "kg", None, 2, 0.8, None, "book"),
            ("parcel.weight", "histogram", "kg", None, 1, 1.8, None, "lamp"),
        ]
    ]
    named = collector.sql("SELECT DISTINCT name FROM metrics")
    assert {
        "gen_ai.execute_tool.duration",
        "gen_ai.invoke_agent.duration",
        "process.memory.usage",
        "system.cpu.time",
    } <= {row["name"] for row in named}
    [traced] = collector.sql(
        """SELECT count(*) AS n FROM metrics JOIN spans ON spans.trace_id = (exemplars->0->>'trace_id')
        WHERE metrics.name = 'gen_ai.invoke_agent.duration' AND spans.name = 'invoke_agent Shopkeeper'"""
    )
    assert traced["n"] >= 1


def test_health_and_alerts():
    output = run("health_and_alerts.py", NOBODY)
    assert output.startswith("degraded: 41 requests, 59 % of them answered, $0.0568\n")
    assert "Support: 40 requests, 17 failed\n" in output
    assert "[high] Support: 42.5 % of 40 requests failed in the last 5 minutes (limit 5 %)\n" in output


def test_budgets():
    output = run("budgets.py", NOBODY)
    assert "ana: budget each user (ana): $0.30 of $0.25 used today (UTC); the call is not made\n" in output
    assert "Stubborn called search 5 times with the same arguments" in output
    assert "medium Budget everybody's day: $0.60 of $0.70 used today (UTC)\n" in output


def test_two_processes(collector):
    assert run("two_processes.py", collector.url) == "A poem about the sea.\nSent.\n"
    spans = collector.sql(
        """SELECT name, kind, service_name, session_id, user_id, tenant, attributes->>'plan' AS plan,
            (links->0->>'span_id') AS linked, span_id, trace_id, parent_span_id FROM spans ORDER BY start_time"""
    )
    who = {"session_id": "session-7", "user_id": "ana", "tenant": "acme", "plan": "pro"}
    assert [{key: span[key] for key in who} for span in spans] == [who] * 6
    ids = {span["span_id"]: span["name"] for span in spans}
    assert [
        (span["service_name"], span["name"], span["kind"], ids.get(span["parent_span_id"]), ids.get(span["linked"]))
        for span in spans
    ] == [
        ("planner", "invoke_agent Planner", "internal", None, None),
        ("planner", "send Writer", "producer", "invoke_agent Planner", None),
        ("writer", "process Writer", "consumer", None, "send Writer"),
        ("writer", "invoke_agent Writer", "internal", "process Writer", None),
        ("writer", "send Planner", "producer", "process Writer", "send Writer"),
        ("planner", "process Planner", "consumer", "invoke_agent Planner", "send Planner"),
    ]
    [times] = collector.sql(
        """SELECT count(attributes->>'otel_agents.message.queue_time') AS queued,
            count(attributes->>'otel_agents.message.processing_time') AS processed,
            count(attributes->>'otel_agents.message.response_time') AS answered,
            max(attributes->>'otel_agents.route.selected') AS selected FROM spans"""
    )
    assert times == {"queued": 2, "processed": 2, "answered": 2, "selected": "Writer"}
    assert collector.sql("SELECT name, score, label, explanation FROM evaluations") == [
        {"name": "length", "score": 0.21, "label": "short", "explanation": "one line was enough"}
    ]


TOKEN = "pylf_v1_eu_example"


def test_any_program_sends_to_logfire_where_the_variables_say_so(collector):
    with receiving() as logfire:
        to_logfire = {"LOGFIRE_TOKEN": TOKEN, "LOGFIRE_BASE_URL": logfire.url}
        run("quickstart.py", collector.url, OTEL_AGENTS_LOGFIRE="true", **to_logfire)
        both = sorted(row["name"] for row in collector.sql("SELECT name FROM spans"))
        assert sorted(logfire.names()) == both
        run("quickstart.py", collector.url, OTEL_AGENTS_LOGFIRE="only", **to_logfire)
    assert {headers["authorization"] for _, headers, _ in logfire.requests} == {TOKEN}
    assert sorted(logfire.names()) == sorted([*both, *both])
    assert len(collector.sql("SELECT name FROM spans")) == len(both)


def test_beside_logfire(collector):
    pytest.importorskip("logfire")
    with receiving() as logfire:
        variables = {"LOGFIRE_TOKEN": TOKEN, "LOGFIRE_BASE_URL": logfire.url}
        output = run("beside_logfire.py", collector.url, **variables)
    assert output == "Tomorrow. You asked: When does order 17 arrive?\nSent: 960 tokens, $0.000171\n"
    assert {headers["authorization"] for _, headers, _ in logfire.requests} == {TOKEN}
    names = ["request of {customer}", "invoke_agent Support", "look up {order}", "chat gpt-4o-mini"]
    assert set(names) <= set(logfire.names())
    assert [row["name"] for row in collector.sql("SELECT name FROM spans ORDER BY start_time")] == names
    assert collector.sql("SELECT count(DISTINCT trace_id) AS traces, sum(cost) > 0 AS priced FROM spans") == [
        {"traces": 1, "priced": True}
    ]
