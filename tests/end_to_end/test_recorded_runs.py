"""Real answers of providers, through their own packages, our decorators and a running collector, read back by SQL.

What is compared is what the provider itself reported in the recording, never what we computed from it elsewhere.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.recorded_server import serve
from tests.recordings import Exchange, exchanges

PROGRAMS = Path(__file__).parent / "programs"


def run_program(name: str, recording: list[Exchange], collector, *args: str) -> str:
    """Run one of the programs beside to its end against the recording, and give what it printed."""
    with serve(recording) as models:
        command = [sys.executable, PROGRAMS / f"{name}.py", models.url, collector.url, *args]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return ran.stdout


def tree(spans: list[dict]) -> list[str]:
    """The spans of one trace as indented lines, in the order they started."""
    children: dict[str | None, list[dict]] = {}
    for span in sorted(spans, key=lambda span: span["start_time"]):
        children.setdefault(span["parent_span_id"], []).append(span)

    def lines(parent: str | None, depth: int) -> list[str]:
        return [
            line
            for span in children.get(parent, [])
            for line in ("  " * depth + span["name"], *lines(span["span_id"], depth + 1))
        ]

    return lines(None, 0)


def test_a_handover_with_tools_is_one_trace_with_the_providers_own_numbers(collector):
    recording = exchanges("openai_responses_stream_handoff_tools")
    run_program("openai_handoff", recording, collector)

    spans = collector.sql("SELECT * FROM spans WHERE service_name = 'recorded-openai'")
    assert tree(spans) == [
        "invoke_agent Router",
        "  chat gpt-4o-2024-08-06",
        "  handoff Analytics Agent",
        "  invoke_agent Analytics Agent",
        "    chat gpt-4o-2024-08-06",
        "    execute_tool analyze_data",
        "    chat gpt-4o-2024-08-06",
        "    execute_tool process_results",
        "    chat gpt-4o-2024-08-06",
        "    execute_tool generate_report",
        "    chat gpt-4o-2024-08-06",
    ]
    assert {span["trace_id"] for span in spans} == {spans[0]["trace_id"]}
    assert {span["status"] for span in spans} == {"unset"}

    reported = [
        event["response"]["usage"]
        for exchange in recording
        for event in exchange.events()
        if event["type"] == "response.completed"
    ]
    assert collector.sql(
        """SELECT count(*) AS calls, sum(input_tokens) AS input, sum(output_tokens) AS output,
            coalesce(sum(cache_read_tokens), 0) AS cached
        FROM spans WHERE service_name = 'recorded-openai' AND type = 'model'"""
    ) == [
        {
            "calls": 5,
            "input": sum(usage["input_tokens"] for usage in reported),
            "output": sum(usage["output_tokens"] for usage in reported),
            "cached": sum(usage["input_tokens_details"]["cached_tokens"] for usage in reported),
        }
    ]
    # gpt-4o costs 2.50 dollars for a million input tokens and 10 for a million output tokens.
    (row,) = collector.sql("SELECT cost FROM traces WHERE service_name = 'recorded-openai'")
    assert row["cost"] == pytest.approx(1070 * 2.5e-6 + 280 * 10e-6)


def test_the_agents_of_a_handover_own_their_calls(collector):
    run_program("openai_handoff", exchanges("openai_responses_stream_handoff_tools"), collector)
    assert collector.sql(
        """SELECT agent, type, count(*) AS spans FROM spans
        WHERE service_name = 'recorded-openai' GROUP BY ALL ORDER BY ALL"""
    ) == [
        {"agent": "Analytics Agent", "type": "agent", "spans": 1},
        {"agent": "Analytics Agent", "type": "model", "spans": 4},
        {"agent": "Analytics Agent", "type": "tool", "spans": 3},
        {"agent": "Router", "type": "agent", "spans": 1},
        {"agent": "Router", "type": "message", "spans": 1},
        {"agent": "Router", "type": "model", "spans": 1},
    ]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        # (input, output, cache read, cache write) of the writing call, then of the reading one; input holds the cached.
        ("plain", [(1167, 187, 0, 1163), (1167, 202, 1163, 0)]),
        ("stream", [(1169, 201, 0, 1165), (1169, 221, 1165, 0)]),
    ],
)
def test_anthropic_cached_tokens_are_counted_once(collector, how, expected):
    recording = exchanges("anthropic_prompt_caching" + ("_stream" if how == "stream" else ""))
    run_program("anthropic_caching", recording, collector, how)
    rows = collector.sql(
        f"""SELECT name, provider, input_tokens, output_tokens, coalesce(cache_read_tokens, 0) AS read,
            coalesce(cache_write_tokens, 0) AS written, cost IS NOT NULL AS priced
        FROM spans WHERE service_name = 'recorded-anthropic-{how}' AND type = 'model' ORDER BY start_time"""
    )
    assert [tuple(row.values())[2:6] for row in rows] == expected
    assert [(row["name"], row["provider"], row["priced"]) for row in rows] == [
        ("chat claude-3-5-sonnet-20240620", "anthropic", True)
    ] * 2


@pytest.mark.parametrize(
    ("how", "recording", "expected"),
    [
        # Thoughts are counted apart by Gemini and belong to the output: 8 + 275.
        ("plain", "gemini_thinking", (15, 283, 275)),
        # The last chunk's count holds: 13, where the first ones estimated 15.
        ("stream", "gemini_generate_stream", (13, 8, 0)),
    ],
)
def test_gemini_thoughts_and_streams(collector, how, recording, expected):
    assert "Paris" in run_program("gemini_answers", exchanges(recording), collector, how)
    (row,) = collector.sql(
        f"""SELECT provider, input_tokens, output_tokens, coalesce(reasoning_tokens, 0) AS reasoning
        FROM spans WHERE service_name = 'recorded-gemini-{how}' AND type = 'model'"""
    )
    assert tuple(row.values()) == ("gcp.gemini", *expected)
