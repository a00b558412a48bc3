"""Spans of the Vercel AI SDK fill the columns, and its totals are those of its model calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RunningCollector

WHO = {"session_id": "s-1", "user_id": "u-1"}
MODEL = {"model": "gpt-4o", "provider": "openai.chat"}
EMBEDDER = {"model": "text-embedding-3-small", "provider": "openai.embedding"}
USED = {"input_tokens": 10, "output_tokens": 20, "cache_read_tokens": 4, "reasoning_tokens": 5}
EXPECTED: list[dict[str, Any]] = [
    {"name": "ai.generateText", "type": "workflow", **MODEL, **{name: 2 * tokens for name, tokens in USED.items()}},
    {"name": "ai.generateText.doGenerate", "type": "model", **MODEL, **USED},
    {"name": "ai.toolCall", "type": "tool", "tool": "weather"},
    {"name": "ai.generateText.doGenerate", "type": "model", **MODEL, **USED},
    {"name": "ai.streamText", "type": "workflow", **MODEL, **USED},
    {"name": "ai.streamText.doStream", "type": "model", **MODEL, **USED, "timed": True},
    {"name": "ai.embed", "type": "workflow", **EMBEDDER, "input_tokens": 3},
    {"name": "ai.embed.doEmbed", "type": "model", **EMBEDDER, "input_tokens": 3},
]


@pytest.fixture(scope="module")
def vercel(receiving: RunningCollector, node: Callable[..., str]) -> RunningCollector:
    node("vercel.mjs", receiving.url)
    return receiving


def test_its_spans(vercel: RunningCollector):
    found = vercel.sql("""
        SELECT name, type, operation, model, provider, tool, session_id, user_id, input_tokens, output_tokens,
            cache_read_tokens, reasoning_tokens, ttft_ms IS NOT NULL AS timed
        FROM spans WHERE service_name = 'vercel' ORDER BY start_time, end_time DESC""")
    nothing = dict.fromkeys(found[0]) | WHO | {"timed": False}
    assert found == [nothing | {"operation": row["name"]} | row for row in EXPECTED]


def test_its_totals(vercel: RunningCollector):
    found = vercel.sql("""
        SELECT root_name, model_calls, tool_calls, input_tokens, output_tokens FROM traces
        WHERE service_name = 'vercel' ORDER BY start_time""")
    assert [tuple(row.values()) for row in found] == [
        ("ai.generateText", 2, 1, 20, 40),
        ("ai.streamText", 1, 0, 10, 20),
        ("ai.embed", 1, 0, 3, 0),
    ]
