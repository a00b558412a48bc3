"""Answers in the shapes providers document, one rule each, and whatever else may come."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any
from unittest.mock import MagicMock

import pytest
from google.genai.types import GenerateContentResponse
from hypothesis import given
from hypothesis import strategies as st

from otel_agents.records import Extra, Usage
from otel_agents.sdk import faults
from otel_agents.sdk.answers import usage as usage_module
from otel_agents.sdk.answers.usage import Answer, StreamReader, read_answer, usage_attributes, usage_from_attributes


def chat(usage: Any, **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "Hi"}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {"id": "c1", "object": "chat.completion", "model": "m", "choices": choices, "usage": usage, **more}


def chunk(content: str | None = None, **more: Any) -> dict[str, Any]:
    choices = [] if content is None else [{"index": 0, "delta": {"content": content}, "finish_reason": None}]
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": choices, **more}


def response(usage: Any = None, **more: Any) -> dict[str, Any]:
    return {"id": "r1", "object": "response", "model": "m", "status": "completed", "output": [], "usage": usage, **more}


def anthropic(usage: Any, **more: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": "Hi"}]
    return {
        "id": "a1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": content,
        "usage": usage,
        **more,
    }


def gemini(usage: Any, **more: Any) -> dict[str, Any]:
    candidates = [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]
    return {"candidates": candidates, "modelVersion": "m", "usageMetadata": usage, **more}


def usage_of(answer: object) -> Usage | None:
    read = read_answer(answer)
    assert read is not None
    return read.usage


def stream(*chunks: object) -> Answer:
    reader = StreamReader()
    for each in chunks:
        reader.feed(each)
    answer = reader.finish()
    assert answer is not None
    return answer


# --- OpenAI chat and its kin ----------------------------------------------------------------------------------------


def test_cached_and_reasoning_tokens_are_parts_of_the_totals():
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
        "completion_tokens_details": {"reasoning_tokens": 40},
    }
    assert usage_of(chat(usage)) == Usage(input=10, cache_read=60, cache_write=30, output=10, reasoning=40)


def test_deepseek_counts_cache_hits_in_a_field_of_its_own():
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 5,
        "prompt_cache_hit_tokens": 64,
        "prompt_cache_miss_tokens": 36,
    }
    answer = read_answer(chat(usage, model="deepseek-chat"))
    assert answer is not None
    assert (answer.provider, answer.usage) == ("deepseek", Usage(input=36, cache_read=64, output=5))


@pytest.mark.parametrize("details", [{"completion_tokens_details": {"reasoning_tokens": 30}}, {}])
def test_reasoning_counted_beside_the_completion_is_added(details: dict[str, Any]):
    usage = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 60, **details}
    assert usage_of(chat(usage)) == Usage(input=10, output=20, reasoning=30)


def test_openrouter_reports_what_it_charged():
    answer = read_answer(chat({"prompt_tokens": 10, "completion_tokens": 20, "cost": 0.00014}))
    assert answer is not None
    assert answer.cost == 0.00014


def test_only_an_unusual_service_tier_is_told():
    usage = {"prompt_tokens": 1, "completion_tokens": 1}
    tiers = [read_answer(chat(usage, service_tier=tier)) for tier in ("default", "flex", None)]
    assert [answer and answer.service_tier for answer in tiers] == [None, "flex", None]


def test_embeddings_have_input_alone():
    answer = {
        "object": "list",
        "model": "text-embedding-3-small",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.1]}],
        "usage": {"prompt_tokens": 8, "total_tokens": 8},
    }
    assert read_answer(answer) == Answer("openai", "text-embedding-3-small", usage=Usage(input=8))


def test_several_choices_give_several_messages():
    answer = chat({"prompt_tokens": 1, "completion_tokens": 2})
    answer["choices"].append({"index": 1, "message": {"content": None, "refusal": "No."}, "finish_reason": "length"})
    read = read_answer(answer)
    assert read is not None
    assert read.finish_reasons == ("stop", "length")
    assert read.output_messages == [
        {"role": "assistant", "parts": [{"type": "text", "content": "Hi"}], "finish_reason": "stop"},
        {"role": "assistant", "parts": [{"type": "text", "content": "No."}], "finish_reason": "length"},
    ]


def test_a_text_completion_streamed_or_not():
    choices = [{"index": 0, "text": "Hi", "finish_reason": "stop"}]
    answer = {"id": "c1", "object": "text_completion", "model": "m", "choices": choices}
    assert read_answer(answer) == stream(answer)
    assert stream(answer).output_messages == [
        {"role": "assistant", "parts": [{"type": "text", "content": "Hi"}], "finish_reason": "stop"}
    ]


def test_a_stream_tells_its_usage_on_a_last_chunk_without_choices():
    answer = stream(chunk("He"), chunk("llo"), chunk(usage={"prompt_tokens": 3, "completion_tokens": 2}))
    assert answer == Answer(
        "openai",
        "m",
        "c1",
        usage=Usage(input=3, output=2),
        output_messages=[{"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]}],
    )


def test_of_the_usage_on_every_chunk_the_last_counts():
    chunks = [chunk("a", usage={"prompt_tokens": 3, "completion_tokens": count}) for count in (1, 2, 3)]
    assert stream(*chunks).usage == Usage(input=3, output=3)


def test_the_nameless_first_chunk_of_azure_is_passed_over():
    nameless = {"id": "", "object": "", "model": "", "choices": [], "prompt_filter_results": []}
    answer = stream(nameless, chunk("Hi", service_tier="priority"))
    assert (answer.provider, answer.model, answer.id, answer.service_tier) == ("openai", "m", "c1", "priority")


def test_reasoning_and_parallel_tool_calls_of_a_stream_are_put_together():
    deltas: list[dict[str, Any]] = [
        {"reasoning_content": "Let me "},
        {"reasoning_content": "look."},
        {"tool_calls": [{"index": 0, "id": "t0", "function": {"name": "find", "arguments": '{"q":'}}]},
        {"tool_calls": [{"index": 1, "id": "t1", "function": {"name": "list", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '"x"}'}}]},
    ]
    chunks = [chunk() | {"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    assert stream(*chunks).output_messages == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Let me look."},
                {"type": "tool_call", "id": "t0", "name": "find", "arguments": {"q": "x"}},
                {"type": "tool_call", "id": "t1", "name": "list", "arguments": ""},
            ],
        }
    ]


# --- OpenAI Responses -----------------------------------------------------------------------------------------------


def test_a_response_counts_cached_and_reasoning_in_its_totals():
    usage = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 0},
        "output_tokens": 50,
        "output_tokens_details": {"reasoning_tokens": 40},
        "total_tokens": 150,
    }
    assert usage_of(response(usage)) == Usage(input=40, cache_read=60, output=10, reasoning=40)


def test_the_items_of_a_response_are_parts_of_one_message():
    output = [
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "Think."}]},
        {"type": "web_search_call", "id": "ws", "action": {"type": "search", "query": "otel"}},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Found."}]},
        {"type": "function_call", "id": "fc", "call_id": "call", "name": "save", "arguments": '{"a": 1}'},
    ]
    answer = read_answer(response(output=output))
    assert answer is not None
    assert answer.output_messages == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Think."},
                {
                    "type": "tool_call",
                    "id": "ws",
                    "name": "web_search",
                    "arguments": {"type": "search", "query": "otel"},
                },
                {"type": "text", "content": "Found."},
                {"type": "tool_call", "id": "call", "name": "save", "arguments": {"a": 1}},
            ],
            "finish_reason": "tool_calls",
        }
    ]


def test_an_incomplete_response_says_why():
    answer = read_answer(response(status="incomplete", incomplete_details={"reason": "max_output_tokens"}))
    assert answer is not None
    assert answer.finish_reasons == ("max_output_tokens",)


@pytest.mark.parametrize(
    "last",
    [
        {
            "type": "response.failed",
            "response": response(status="failed", error={"code": "server_error", "message": "Sorry"}),
        },
        {"type": "error", "code": "server_error", "message": "Sorry"},
    ],
)
def test_a_failed_stream_says_why(last: dict[str, Any]):
    created = {"type": "response.created", "response": response(status="in_progress")}
    assert stream(created, last).error == "server_error: Sorry"


def test_a_response_that_was_cut_has_its_finished_items_and_the_pieces_of_the_others():
    call = {"type": "function_call", "call_id": "call", "name": "save", "arguments": ""}
    answer = stream(
        {"type": "response.created", "response": response(status="in_progress")},
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "content": []}},
        {"type": "response.output_text.delta", "output_index": 0, "delta": "Sav"},
        {"type": "response.output_text.delta", "output_index": 0, "delta": "ing"},
        {
            "type": "response.output_item.done",
            "output_index": 0,
            "item": {"type": "message", "content": [{"type": "output_text", "text": "Saving"}]},
        },
        {"type": "response.output_item.added", "output_index": 1, "item": call},
        {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": '{"a":'},
    )
    assert answer == Answer(
        "openai",
        "m",
        "r1",
        output_messages=[
            {
                "role": "assistant",
                "parts": [
                    {"type": "text", "content": "Saving"},
                    {"type": "tool_call", "id": "call", "name": "save", "arguments": '{"a":'},
                ],
            }
        ],
    )


# --- Anthropic ------------------------------------------------------------------------------------------------------


def test_the_input_of_anthropic_leaves_out_what_was_cached():
    usage = {
        "input_tokens": 4,
        "cache_read_input_tokens": 1000,
        "cache_creation_input_tokens": 300,
        "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
        "output_tokens": 50,
        "output_tokens_details": {"thinking_tokens": 20},
    }
    got = usage_of(anthropic(usage))
    assert got == Usage(input=4, cache_read=1000, cache_write=300, cache_write_1h=200, output=30, reasoning=20)
    assert got.input_tokens == 1304


@pytest.mark.parametrize(
    ("usage", "tier"),
    [
        ({"service_tier": "batch"}, "batch"),
        ({"service_tier": "standard"}, None),
        ({"service_tier": "priority"}, None),
        ({"speed": "fast"}, "fast"),
    ],
)
def test_the_tiers_of_anthropic_that_have_prices(usage: dict[str, Any], tier: str | None):
    answer = read_answer(anthropic({"input_tokens": 1, "output_tokens": 1, **usage}))
    assert answer is not None
    assert answer.service_tier == tier


def test_the_last_counts_of_an_anthropic_stream_replace_the_first():
    first = {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 1}
    answer = stream(
        {"type": "message_start", "message": anthropic(first, content=[])},
        {"type": "ping"},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "t", "name": "f"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"a"'}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": ": 1}"}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use"},
            "usage": {"input_tokens": 12, "cache_read_input_tokens": None, "output_tokens": 40},
        },
        {"type": "message_stop"},
    )
    assert answer == Answer(
        "anthropic",
        "m",
        "a1",
        ("tool_use",),
        Usage(input=12, cache_read=5, output=40),
        [
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "id": "t", "name": "f", "arguments": {"a": 1}}],
                "finish_reason": "tool_use",
            }
        ],
    )


# --- Gemini ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "usage",
    [
        {
            "promptTokenCount": 100,
            "cachedContentTokenCount": 60,
            "toolUsePromptTokenCount": 7,
            "candidatesTokenCount": 20,
            "thoughtsTokenCount": 30,
            "totalTokenCount": 157,
        },
        {
            "prompt_token_count": 100,
            "cached_content_token_count": 60,
            "tool_use_prompt_token_count": 7,
            "candidates_token_count": 20,
            "thoughts_token_count": 30,
            "total_token_count": 157,
        },
    ],
)
def test_thoughts_and_tool_prompts_of_gemini_are_counted_beside_the_others(usage: dict[str, int]):
    got = usage_of(gemini(usage))
    assert got == Usage(input=47, cache_read=60, output=20, reasoning=30)
    assert got.total_tokens == 157


def test_a_prompt_gemini_blocked_is_an_answer_that_says_why():
    answer = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 9}}
    assert read_answer(answer) == Answer("gcp.gemini", usage=Usage(input=9), output_messages=[], error="SAFETY")


def test_thoughts_and_calls_of_a_gemini_stream():
    def piece(part: dict[str, Any]) -> dict[str, Any]:
        return {"candidates": [{"content": {"role": "model", "parts": [part]}}], "modelVersion": "models/m"}

    answer = stream(
        piece({"text": "Hm, ", "thought": True}),
        piece({"text": "yes.", "thought": True}),
        piece({"functionCall": {"name": "find", "args": {"q": "x"}}}),
    )
    assert (answer.model, answer.output_messages) == (
        "m",
        [
            {
                "role": "assistant",
                "parts": [
                    {"type": "reasoning", "content": "Hm, yes."},
                    {"type": "tool_call", "id": None, "name": "find", "arguments": {"q": "x"}},
                ],
            }
        ],
    )


# --- Whatever else may come -----------------------------------------------------------------------------------------


class Hostile:
    """An object that raises whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


UNKNOWN = [
    None,
    3,
    "text",
    b"bytes",
    [],
    {},
    object(),
    MagicMock(),
    {"choices": ["red", "blue"]},
    {"candidates": ["Ada", "Grace"]},
    {"type": "message", "content": "Hi"},
    {"object": "list", "data": []},
]


@pytest.mark.parametrize("value", UNKNOWN, ids=lambda value: type(value).__name__)
def test_an_unknown_shape_is_no_answer(value: object):
    reader = StreamReader()
    reader.feed(value)
    assert (read_answer(value), reader.finish()) == (None, None)


def test_an_object_that_raises_is_no_answer_and_is_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(faults, "counts", Counter())
    monkeypatch.setattr(faults, "raising", False)
    reader = StreamReader()
    reader.feed(Hostile())
    assert (read_answer(Hostile()), reader.finish()) == (None, None)
    assert faults.counts == {"reading an answer": 1, "reading a chunk": 1}


def test_content_is_left_alone_when_it_is_not_wanted():
    answer = read_answer(chat({"prompt_tokens": 1, "completion_tokens": 1}), content=False)
    assert answer == Answer("openai", "m", "c1", ("stop",), Usage(input=1, output=1))


JUNK = [None, True, -1, 7, 2**70, 1.5, math.nan, math.inf, "", "x", "\ud800", b"x", [], {}, [None], [3], ["x"], [[]]]
JUNK += [[{}], {"text": 3}, {"type": "text"}, [{"type": "function_call"}], {"index": "x"}, {"usage": []}, object()]
KEYS = """
    usage usageMetadata choices delta message content parts candidates output type object text index tool_calls function
    arguments name id input_tokens output_tokens prompt_tokens completion_tokens cached_tokens item response error
    prompt_tokens_details cache_creation content_block finish_reason promptTokenCount functionCall summary source
""".split()  # noqa: SIM905


@given(
    base=st.sampled_from(
        [
            chat({}),
            chunk("a"),
            response({}),
            anthropic({"input_tokens": 1}),
            gemini({}),
            {"type": "response.completed"},
            {"type": "response.output_item.done"},
            {"type": "message_start"},
            {"type": "content_block_start"},
            {"type": "content_block_delta"},
        ]
    ),
    changes=st.dictionaries(st.sampled_from(KEYS), st.sampled_from(JUNK), max_size=4),
)
def test_what_is_malformed_spoils_nothing_but_itself(base: dict[str, Any], changes: dict[str, Any]):
    """Beneath the guard that swallows what a user's object raises: of itself, no reader raises."""
    malformed = base | changes
    for provider in usage_module._PROVIDERS:
        answers = []
        if provider.is_answer(malformed):
            answers.append(provider.read(malformed, content=True))
        if provider.is_chunk(malformed):
            gathered = provider.open_stream(content=True)
            gathered.feed(malformed)
            gathered.feed(base)
            answers.append(gathered.answer())
        for answer in answers:
            json.dumps(answer.output_messages, allow_nan=False)


counts = st.integers(0, 10**6)


@given(prompt=counts, completion=counts, cached=counts, written=counts, reasoning=counts)
def test_the_parts_sum_to_the_totals_and_none_is_negative(
    prompt: int, completion: int, cached: int, written: int, reasoning: int
):
    got = usage_of(
        chat(
            {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
                "completion_tokens_details": {"reasoning_tokens": reasoning},
            }
        )
    )
    assert got is not None
    assert (got.input_tokens, got.output_tokens) == (prompt, completion)
    assert min(got.input, got.cache_read, got.cache_write, got.output, got.reasoning) >= 0


def test_audio_and_images_are_parts_of_the_totals():
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 20, "audio_tokens": 30, "image_tokens": 10},
        "completion_tokens_details": {"audio_tokens": 40, "reasoning_tokens": 5},
    }
    extra = Extra(input_audio=30, input_image=10, output_audio=40)
    assert usage_of(chat(usage)) == Usage(input=80, cache_read=20, output=45, reasoning=5, extra=extra)


def test_more_audio_than_tokens_is_cut():
    usage = {"prompt_tokens": 10, "completion_tokens": 0, "prompt_tokens_details": {"audio_tokens": 99}}
    assert usage_of(chat(usage)) == Usage(input=10, extra=Extra(input_audio=10))


def test_the_searches_of_a_response_are_counted_and_its_other_visits_are_not():
    output = [
        {"type": "web_search_call", "action": {"type": "search", "query": "q"}},
        {"type": "web_search_call", "action": {"type": "open_page", "url": "u"}},
        {"type": "web_search_call"},
        {"type": "file_search_call", "queries": ["q"]},
    ]
    got = usage_of(response({"input_tokens": 10, "output_tokens": 5}, output=output))
    assert got == Usage(input=10, output=5, extra=Extra(web_searches=2, file_searches=1))


def test_the_web_searches_of_anthropic_are_counted_in_streams_too():
    usage = {"input_tokens": 10, "output_tokens": 5, "server_tool_use": {"web_search_requests": 3}}
    started = {"type": "message_start", "message": anthropic({"input_tokens": 10, "output_tokens": 1})}
    ended = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}
    expected = Usage(input=10, output=5, extra=Extra(web_searches=3))
    assert [usage_of(anthropic(usage)), stream(started, ended).usage] == [expected, expected]


@pytest.mark.parametrize("parsed", [False, True])
def test_gemini_tells_the_tokens_of_each_medium(parsed: bool):
    answer = gemini(
        {
            "promptTokenCount": 1000,
            "cachedContentTokenCount": 300,
            "candidatesTokenCount": 50,
            "toolUsePromptTokenCount": 20,
            "promptTokensDetails": [
                {"modality": "TEXT", "tokenCount": 400},
                {"modality": "AUDIO", "tokenCount": 250},
                {"modality": "IMAGE", "tokenCount": 150},
                {"modality": "DOCUMENT", "tokenCount": 100},
                {"modality": "VIDEO", "tokenCount": 100},
            ],
            "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 200}, {"modality": "TEXT", "tokenCount": 100}],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 40}],
            "toolUsePromptTokensDetails": [{"modality": "AUDIO", "tokenCount": 5}],
        }
    )
    extra = Extra(input_audio=55, input_image=250, input_video=100, cache_read_audio=200, output_image=40)
    got = usage_of(GenerateContentResponse.model_validate(answer) if parsed else answer)
    assert got == Usage(input=720, cache_read=300, output=50, extra=extra)


usages = st.builds(
    lambda fresh, read, write, output, reasoning, hour: Usage(fresh, read, write, output, reasoning, min(hour, write)),
    *[counts] * 6,
)


with_extra = st.builds(
    lambda extra, more: Usage(
        sum(extra[:3]) + more, sum(extra[3:5]), 0, sum(extra[5:7]), extra=extra if any(extra) else None
    ),
    st.builds(Extra, *[counts] * 9),
    counts,
)


@given(usages | with_extra)
def test_usage_survives_the_way_through_a_spans_attributes(usage: Usage):
    assert usage_from_attributes(usage_attributes(usage)) == usage


def test_attributes_that_tell_no_usage():
    assert usage_from_attributes({"gen_ai.request.model": "m"}) is None


def test_the_attributes_of_a_usage_are_inclusive_totals_and_the_parts_that_are_not_zero():
    assert usage_attributes(Usage(input=4, cache_read=6, output=2)) == {
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 2,
        "gen_ai.usage.cache_read.input_tokens": 6,
    }
