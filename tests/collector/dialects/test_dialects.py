"""Spans that the real packages of other dialects made fill the columns, and a model call counts once.

``record.py`` recorded them; what each program did is in ``programs/``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from otel_agents.collector.receiver.signals import TRACES

if TYPE_CHECKING:
    from otel_agents.collector.store.duckdb import DuckDBStore

RECORDINGS = Path(__file__).parent
CALL = {"type": "model", "model": "gpt-4o", "provider": "openai", "input_tokens": 100, "output_tokens": 20}
CACHED = {"cache_read_tokens": 60, "reasoning_tokens": 5}
AGENT = {"type": "agent", "agent": "WeatherAgent"}
TOOL = {"type": "tool", "tool": "get_weather"}
WHO = {"session_id": "s-1", "user_id": "u-1"}

# dialect -> the spans by their names, in the order they began; and what their trace sums up to.
EXPECTED: dict[str, tuple[list[tuple[str, dict[str, Any]]], dict[str, Any]]] = {
    "older": (
        [
            ("serve", {"type": "other"}),
            ("openai.chat", CALL | {"provider": "OpenAI", "operation": "chat"}),
        ],
        {"agents": [], "model_calls": 1, "tool_calls": 0, "input_tokens": 100, "output_tokens": 20, "cost": None},
    ),
    "openinference": (
        [
            ("serve", WHO | {"type": "workflow"}),
            ("WeatherAgent", WHO | AGENT),
            ("get_weather", WHO | TOOL),
            ("ChatCompletion", WHO | CALL | CACHED | {"model": "gpt-4o-2024-08-06"}),
        ],
        {"model_calls": 1, "tool_calls": 1, "input_tokens": 100, "output_tokens": 20, "cost": None},
    ),
    "traceloop": (
        [
            ("weather.workflow", WHO | {"type": "workflow"}),
            ("look_up.task", WHO | {"type": "other"}),
            ("WeatherAgent.agent", WHO | AGENT),
            ("get_weather.tool", WHO | TOOL | {"agent": "WeatherAgent"}),
            ("openai.chat", WHO | CALL | CACHED | {"agent": "WeatherAgent", "operation": "chat"}),
        ],
        {"model_calls": 1, "tool_calls": 1, "input_tokens": 100, "output_tokens": 20, "cost": None},
    ),
    "pydantic_ai": (
        [
            ("serve {question}", {"type": "other"}),
            ("invoke_agent WeatherAgent", AGENT | {"operation": "invoke_agent", "model": "gpt-4o"}),
            ("chat gpt-4o", CALL | CACHED | {"agent": "WeatherAgent", "operation": "chat", "cost": 0.000375}),
            ("execute_tool get_weather", TOOL | {"agent": "WeatherAgent", "operation": "execute_tool"}),
            ("chat gpt-4o", CALL | CACHED | {"agent": "WeatherAgent", "operation": "chat", "cost": 0.000375}),
        ],
        {"model_calls": 2, "tool_calls": 1, "input_tokens": 200, "output_tokens": 40, "cost": 0.00075},
    ),
    "langfuse": (
        [
            ("serve", WHO | {"type": "workflow"}),
            ("WeatherAgent", WHO | AGENT),
            ("get_weather", WHO | TOOL),
            (
                "priced by hand",
                WHO
                | {"type": "model", "model": "gpt-4o", "cost": 0.003}
                | {"input_tokens": 100, "output_tokens": 4, "cache_read_tokens": 90},
            ),
            ("OpenAI-generation", WHO | CALL | CACHED | {"model": "gpt-4o-2024-08-06", "provider": None}),
        ],
        {"model_calls": 2, "tool_calls": 1, "input_tokens": 200, "output_tokens": 24, "cost": 0.003},
    ),
    "mlflow": (
        [
            ("serve", {"type": "workflow"}),
            ("WeatherAgent", AGENT),
            ("get_weather", TOOL),
            (
                "Completions",
                CALL | {"model": "gpt-4o-2024-08-06", "provider": None, "cache_read_tokens": 60},
            ),
        ],
        {"model_calls": 1, "tool_calls": 1, "input_tokens": 100, "output_tokens": 20, "cost": None},
    ),
    # One call, traced by the packages of OpenLLMetry and OpenInference, the one inside of the other.
    "twice": (
        [
            ("WeatherAgent", AGENT),
            ("openai.chat", CALL | CACHED | {"operation": "chat"}),
            ("ChatCompletion", CALL | CACHED | {"model": "gpt-4o-2024-08-06"}),
        ],
        {"model_calls": 1, "tool_calls": 0, "input_tokens": 100, "output_tokens": 20, "cost": None},
    ),
}

COLUMNS = [
    *("name", "type", "agent", "model", "provider", "tool", "operation", "session_id", "user_id", "cost"),
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"),
]


@pytest.fixture
def recorded(store: DuckDBStore, request: pytest.FixtureRequest) -> DuckDBStore:
    """A store with the recording of a dialect."""
    decoded = TRACES.decode_json((RECORDINGS / f"{request.param}.json").read_bytes())
    assert decoded.message == ""
    store.write([decoded.batch])
    return store


def rows(store: DuckDBStore, sql: str) -> list[dict[str, Any]]:
    with store.read() as cursor:
        values = cursor.execute(sql).fetchall()
        names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in values]


@pytest.mark.parametrize(("recorded", "dialect"), [(name, name) for name in EXPECTED], indirect=["recorded"])
def test_what_the_real_package_makes(recorded: DuckDBStore, dialect: str):
    spans, sums = EXPECTED[dialect]
    found = rows(recorded, f"SELECT {', '.join(COLUMNS)} FROM spans ORDER BY start_time")
    nothing = dict.fromkeys(COLUMNS)
    for row in found:
        if dialect == "pydantic_ai" and row["type"] != "other":
            assert len(row.pop("session_id")) == 36  # of the conversation, made anew with each recording
            row["session_id"] = None
    assert found == [nothing | {"name": name} | told for name, told in spans]
    (trace,) = rows(recorded, "SELECT agents, model_calls, tool_calls, input_tokens, output_tokens, cost FROM traces")
    assert trace == {"agents": ["WeatherAgent"]} | sums


@pytest.mark.parametrize(("recorded", "dialect"), [(name, name) for name in EXPECTED], indirect=["recorded"])
def test_nothing_of_the_original_is_dropped(recorded: DuckDBStore, dialect: str):
    sent = TRACES.decode_json((RECORDINGS / f"{dialect}.json").read_bytes()).batch.rows.to_pylist()
    kept = rows(recorded, "SELECT json_keys(attributes) AS keys FROM spans")
    assert [set(row["keys"]) for row in kept] == [{pair["key"] for pair in span["attributes"]} for span in sent]
