"""Messages of each provider in the parts form: one shape each, whole values compared."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass
from typing import Any

import pytest
from google.genai import types as gemini
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionMessage

from otel_agents.sdk.answers.messages import normalise_messages, system_instructions, tool_definitions

PIXELS = base64.b64encode(b"p" * 1000).decode()


def text(content: str) -> dict[str, str]:
    return {"type": "text", "content": content}


def parts_of(content: Any) -> list[Any]:
    """The parts of one user message with this content."""
    [message] = normalise_messages([{"role": "user", "content": content}])
    return message["parts"]


# --- OpenAI chat ----------------------------------------------------------------------------------------------------


def test_a_text_is_a_message_of_the_user():
    assert normalise_messages("Hello") == [{"role": "user", "parts": [text("Hello")]}]


def test_a_text_of_the_model_when_the_caller_says_so():
    assert normalise_messages("Hello", role="assistant") == [{"role": "assistant", "parts": [text("Hello")]}]


def test_a_chat_with_a_tool():
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "Weather?", "name": "ada"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "t1", "type": "function", "function": {"name": "w", "arguments": '{"city": "Rome"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "t1", "content": "Sunny"},
    ]
    assert normalise_messages(messages) == [
        {"role": "system", "parts": [text("Be brief.")]},
        {"role": "user", "parts": [text("Weather?")], "name": "ada"},
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "t1", "name": "w", "arguments": {"city": "Rome"}}],
        },
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "t1", "result": "Sunny"}]},
    ]


def test_objects_of_the_client_read_as_dicts_do():
    message = {
        "role": "assistant",
        "content": "Let me see.",
        "tool_calls": [{"id": "t1", "type": "function", "function": {"name": "w", "arguments": "{}"}}],
    }
    assert normalise_messages([ChatCompletionMessage.model_validate(message)]) == normalise_messages([message])


def test_the_result_of_a_tool_given_as_texts_is_one_text():
    message = {
        "role": "tool",
        "tool_call_id": "t",
        "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
    }
    assert normalise_messages([message])[0]["parts"] == [{"type": "tool_call_response", "id": "t", "result": "a\nb"}]


def test_arguments_that_are_not_whole_json_stay_text():
    call = {"id": "t", "type": "function", "function": {"name": "w", "arguments": '{"city": "Ro'}}
    [message] = normalise_messages([{"role": "assistant", "tool_calls": [call]}])
    assert message["parts"][0]["arguments"] == '{"city": "Ro'


# --- OpenAI Responses -----------------------------------------------------------------------------------------------


def test_the_items_of_a_responses_input():
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": "Analyse"}]},
        {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "Hm"}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"a": 1}'},
        {"type": "function_call_output", "call_id": "c", "output": "done"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Ready"}]},
    ]
    assert normalise_messages(items) == [
        {"role": "user", "parts": [text("Analyse")]},
        {"role": "assistant", "parts": [{"type": "reasoning", "content": "Hm"}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "c", "name": "f", "arguments": {"a": 1}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "result": "done"}]},
        {"role": "assistant", "parts": [text("Ready")]},
    ]


# --- Anthropic ------------------------------------------------------------------------------------------------------


def test_a_conversation_with_anthropic():
    messages = [
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm", "signature": "…"},
                {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "42"}]}],
        },
    ]
    assert normalise_messages(messages) == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hm"},
                {"type": "tool_call", "id": "t", "name": "f", "arguments": {"a": 1}},
            ],
        },
        {"role": "user", "parts": [{"type": "tool_call_response", "id": "t", "result": "42"}]},
    ]


# --- Gemini ---------------------------------------------------------------------------------------------------------


def test_gemini_takes_texts_parts_and_contents_mixed():
    contents = [
        "Look at this:",
        gemini.Part.from_bytes(data=b"1234", mime_type="image/png"),
        gemini.Content(role="model", parts=[gemini.Part(function_call=gemini.FunctionCall(name="f", args={"a": 1}))]),
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"result": 2}}}]},
    ]
    assert normalise_messages(contents) == [
        {"role": "user", "parts": [text("Look at this:"), {"type": "image", "mime_type": "image/png", "bytes": 4}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": None, "name": "f", "arguments": {"a": 1}}]},
        {"role": "user", "parts": [{"type": "tool_call_response", "id": "f", "result": {"result": 2}}]},
    ]


def test_code_that_gemini_ran():
    parts = [
        {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}},
    ]
    assert normalise_messages([{"role": "model", "parts": parts}])[0]["parts"] == [
        {
            "type": "tool_call",
            "id": None,
            "name": "code_execution",
            "arguments": {"language": "PYTHON", "code": "print(1)"},
        },
        {"type": "tool_call_response", "id": None, "result": "1\n"},
    ]


# --- Images, sounds, files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("piece", "part"),
    [
        (
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXELS}"}},
            {"type": "image", "mime_type": "image/png", "bytes": 1000},
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            {"type": "image", "uri": "https://example.com/a.png"},
        ),
        (
            {"type": "input_image", "image_url": f"data:image/jpeg;base64,{PIXELS}", "detail": "auto"},
            {"type": "image", "mime_type": "image/jpeg", "bytes": 1000},
        ),
        ({"type": "input_image", "file_id": "file-1"}, {"type": "image", "file_id": "file-1"}),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXELS}},
            {"type": "image", "mime_type": "image/png", "bytes": 1000},
        ),
        (
            {
                "type": "document",
                "title": "Plan",
                "source": {"type": "text", "media_type": "text/plain", "data": "abc"},
            },
            {"type": "file", "mime_type": "text/plain", "bytes": 3, "name": "Plan"},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": PIXELS, "format": "wav"}},
            {"type": "audio", "mime_type": "audio/wav", "bytes": 1000},
        ),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PIXELS}"}},
            {"type": "file", "mime_type": "application/pdf", "bytes": 1000, "name": "a.pdf"},
        ),
        (
            {"type": "input_file", "filename": "a.pdf", "file_url": "https://example.com/a.pdf"},
            {"type": "file", "uri": "https://example.com/a.pdf", "name": "a.pdf"},
        ),
        (
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": PIXELS},
            {"type": "image", "mime_type": "image/png", "bytes": 1000},
        ),
        (
            {"type": "image", "mime_type": "image/png", "bytes": 7},
            {"type": "image", "mime_type": "image/png", "bytes": 7},
        ),
    ],
)
def test_a_medium_is_noted_by_kind_and_size_and_never_kept(piece: dict[str, Any], part: dict[str, Any]):
    assert parts_of([piece]) == [part]


def test_media_of_gemini_by_address():
    piece = gemini.Part.from_uri(file_uri="gs://bucket/film.mp4", mime_type="video/mp4")
    assert normalise_messages([piece])[0]["parts"] == [
        {"type": "video", "mime_type": "video/mp4", "uri": "gs://bucket/film.mp4"}
    ]


# --- Instructions and tools -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        {"instructions": "Be brief."},
        {"system": "Be brief."},
        {"system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]},
        {"config": gemini.GenerateContentConfig(system_instruction="Be brief.")},
        {"config": {"systemInstruction": {"parts": [{"text": "Be brief."}]}}},
    ],
)
def test_instructions_given_apart_from_the_messages(call: dict[str, Any]):
    assert system_instructions(call) == [text("Be brief.")]


def test_no_instructions():
    assert system_instructions({"messages": [{"role": "system", "content": "Be brief."}]}) == []


SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


@pytest.mark.parametrize(
    "call",
    [
        {"tools": [{"type": "function", "function": {"name": "w", "description": "Weather", "parameters": SCHEMA}}]},
        {"tools": [{"type": "function", "name": "w", "description": "Weather", "parameters": SCHEMA, "strict": True}]},
        {"tools": [{"name": "w", "description": "Weather", "input_schema": SCHEMA}]},
        {"functions": [{"name": "w", "description": "Weather", "parameters": SCHEMA}]},
        {
            "config": {
                "tools": [{"functionDeclarations": [{"name": "w", "description": "Weather", "parameters": SCHEMA}]}]
            }
        },
    ],
)
def test_the_definition_of_a_tool(call: dict[str, Any]):
    expected = {"type": "function", "name": "w", "description": "Weather", "parameters": SCHEMA}
    assert tool_definitions(call) == [expected]


def test_a_function_and_a_tool_of_the_provider_are_definitions_too():
    def weather(city: str) -> str:
        """Tell the weather."""
        return city

    assert tool_definitions({"config": {"tools": [weather]}, "tools": None}) == [
        {"type": "function", "name": "weather", "description": "Tell the weather."}
    ]
    assert tool_definitions({"tools": [{"type": "web_search_preview"}]}) == [
        {"type": "web_search_preview", "name": "web_search_preview"}
    ]


# --- Whatever else may come -----------------------------------------------------------------------------------------


@dataclass
class Question:
    words: str
    weight: float


def test_a_value_of_the_users_own_becomes_its_json():
    assert normalise_messages(Question("Why?", math.nan)) == [
        {"role": "user", "parts": [text('{"words": "Why?", "weight": "nan"}')]}
    ]


def test_nothing_is_no_message():
    assert normalise_messages(None) == []


def test_a_value_that_contains_itself_ends():
    loop: dict[str, Any] = {"role": "user"}
    loop["content"] = [{"type": "strange", "self": loop}]
    json.dumps(normalise_messages([loop]))


def test_a_large_argument_is_cut():
    call = {"type": "tool_use", "id": "t", "name": "f", "input": {"rows": [[row] for row in range(100_000)]}}
    [part] = parts_of([call])
    assert len(json.dumps(part)) < 400_000
    assert part["arguments"]["rows"][-1].endswith("more")


pieces = st.sampled_from(
    [
        "text",
        {"type": "text", "text": "a"},
        {"type": "thinking", "thinking": "b"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
        {"type": "tool_result", "tool_use_id": "t", "content": "c"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXELS}"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "input_file", "file_id": "f1"},
    ]
)
messages = st.builds(
    lambda role, content: {"role": role, "content": content}, st.sampled_from(["user", "assistant"]), st.lists(pieces)
)


@given(st.lists(messages))
def test_what_is_in_the_parts_form_already_stays_as_it_is(given_messages: list[dict[str, Any]]):
    once = normalise_messages(given_messages)
    assert normalise_messages(json.loads(json.dumps(once))) == once


odd = st.recursive(
    st.sampled_from(
        [None, True, -1, math.inf, "x", b"x", object(), {1: 2}, {"type": 3}, {"role": "user"}, {"parts": 3}]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "type", "content", "parts", "text", "source", "tool_calls", "function", "function_call"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(odd)
def test_whatever_comes_gives_json(value: object):
    json.dumps(normalise_messages(value), allow_nan=False)
    call = {"tools": value, "config": value, "system": value}
    json.dumps([system_instructions(call), tool_definitions(call)], allow_nan=False)
