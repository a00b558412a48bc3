"""Calls that others trace, alone and together with us: counted once, here and in the collector, as recorded."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import RunningCollector, running_collector
from tests.recorded_server import serve
from tests.recordings import Exchange, exchanges

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = Path(__file__).parent / "programs"
OTEL = "opentelemetry-instrumentation-genai-openai"
OPENINFERENCE = "openinference-instrumentation-openai"
ANTHROPIC = "openinference-instrumentation-anthropic"
GEMINI = "openinference-instrumentation-google-genai"
HANDOFF = "openai_responses_stream_handoff_tools"


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCollector]:
    """One for all: each program sends as a service of its own."""
    with running_collector(tmp_path_factory.mktemp("instrumented")) as running:
        yield running


def run(program: str, answers: list[Exchange], collector: RunningCollector, *args: str) -> str:
    with serve(answers) as models:
        command = [sys.executable, PROGRAMS / f"{program}.py", models.url, collector.url, *args]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def need(*packages: str) -> None:
    for package in packages:
        try:
            version(package)
        except PackageNotFoundError:
            pytest.skip(f"{package} is not installed")


@pytest.mark.parametrize(
    ("calls", "recording", "packages", "expected"),
    [
        # (input, output, cache read, reasoning) as the provider said in the recording.
        ("openai_chat", "openai_chat_reasoning", (OTEL, OPENINFERENCE), (11, 228, 0, 192)),
        ("openai_responses_streamed", HANDOFF, (OTEL, OPENINFERENCE), (72, 14, 0, 0)),
        ("anthropic_messages_streamed", "anthropic_prompt_caching_stream", (ANTHROPIC,), (1169, 201, 0, 0)),
        ("gemini_streamed", "gemini_generate_stream", (GEMINI,), (13, 8, 0, 0)),
    ],
)
def test_a_call_is_counted_once_at_the_providers_numbers(collector, calls, recording, packages, expected) -> None:
    need(*packages)
    answers = [exchanges(recording)[0]] * (2 * len(packages))
    told = json.loads(run("instrumented", answers, collector, calls, *packages))
    names = sorted(f"{each} {how}" for each in packages for how in ("alone", "wrapped"))

    assert told["calls"] == len(names)
    (cost,) = {cost for _, cost in told["agents"].values()}
    assert cost > 0
    assert told["agents"] == {name: [expected[0] + expected[1], cost] for name in names}
    assert collector.sql(
        f"""SELECT agent, count(*) AS calls, sum(input_tokens) AS input, sum(output_tokens) AS output,
            coalesce(sum(cache_read_tokens), 0) AS cached, coalesce(sum(reasoning_tokens), 0) AS reasoning,
            sum(cost) AS cost
        FROM spans WHERE service_name = '{calls}' AND type = 'model' GROUP BY agent ORDER BY agent"""
    ) == [
        dict(zip(("agent", "calls", "input", "output", "cached", "reasoning", "cost"), row, strict=True))
        for row in ((name, 1, *expected, pytest.approx(cost)) for name in names)
    ]


def test_a_framework_and_the_client_below_it_both_traced_count_once(collector) -> None:
    need("openinference-instrumentation-openai-agents", OTEL)
    told = json.loads(run("openai_agents_handoff", exchanges(HANDOFF), collector))
    # 1070 tokens in and 280 out, as in the recording; of these, the router's call has 72 and 14.
    assert {name: tokens for name, tokens in told["tokens"].items() if tokens} == {
        "Router": 86,
        "Analytics Agent": 1264,
    }
    assert told["cost"] == pytest.approx(1070 * 2.5e-6 + 280 * 10e-6)
    assert collector.sql(
        "SELECT spans, model_calls, input_tokens, output_tokens, cost FROM traces WHERE service_name = 'openai-agents'"
    ) == [
        {"spans": 23, "model_calls": 5, "input_tokens": 1070, "output_tokens": 280, "cost": pytest.approx(told["cost"])}
    ]
    assert collector.sql(
        """SELECT agent, type, count(*) AS spans FROM spans
        WHERE service_name = 'openai-agents' AND type IN ('agent', 'model', 'tool') GROUP BY ALL ORDER BY ALL"""
    ) == [
        {"agent": "Agent workflow", "type": "agent", "spans": 1},
        {"agent": "Analytics Agent", "type": "agent", "spans": 1},
        {"agent": "Analytics Agent", "type": "model", "spans": 4},
        {"agent": "Analytics Agent", "type": "tool", "spans": 3},
        {"agent": "Router", "type": "agent", "spans": 1},
        {"agent": "Router", "type": "model", "spans": 1},
        {"agent": "Router", "type": "tool", "spans": 1},
    ]
