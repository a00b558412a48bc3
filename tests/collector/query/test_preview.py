"""What a trace is about, in a line."""

from __future__ import annotations

import json

import pytest

from otel_agents.collector.query.preview import preview

TEXT = [{"role": "user", "parts": [{"type": "text", "content": "Why is\nthe sky blue?"}]}]
TURNS = [
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Hi"},
    {"role": "user", "content": [{"type": "text", "text": "And"}, {"type": "image"}, {"type": "text", "text": "now?"}]},
    {"role": "assistant", "parts": [{"type": "tool_call", "name": "search"}]},
]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"gen_ai.input.messages": json.dumps(TEXT)}, "Why is the sky blue?"),
        ({"gen_ai.input.messages": TEXT}, "Why is the sky blue?"),
        ({"pydantic_ai.all_messages": json.dumps(TURNS)}, "And now?"),
        ({"input.value": " plain "}, "plain"),
        ({"gen_ai.prompt.0.content": "older"}, "older"),
        ({"input.value": "x" * 300}, "x" * 199 + "…"),
        ({"gen_ai.input.messages": "not JSON"}, None),
        ({"gen_ai.input.messages": json.dumps([None, 1, {"role": "user"}, {"role": "user", "parts": [None]}])}, None),
        ({"gen_ai.output.messages": json.dumps(TEXT)}, None),
    ],
)
def test_preview(content, expected):
    assert preview(json.dumps(content)) == expected


def test_content_that_is_no_object_has_none():
    assert (preview("[]"), preview("{")) == (None, None)
