"""Every recorded exchange, parsed by the provider's own client, gives the provider's own numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest
from google import genai

from otel_agents.records import Usage
from otel_agents.sdk.answers.usage import Answer, StreamReader, read_answer
from tests.recorded_server import RecordedServer, serve
from tests.recordings import Exchange, exchanges, names

pytestmark = pytest.mark.filterwarnings("ignore:The model:DeprecationWarning")  # the recorded models are old by now

Ask = Callable[[RecordedServer, Exchange], Any]


def openai_chat(server: RecordedServer, exchange: Exchange) -> Any:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        answer = client.chat.completions.create(**exchange.request)
        return list(answer) if exchange.streamed else answer


def openai_responses(server: RecordedServer, exchange: Exchange) -> Any:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        answer = client.responses.create(**exchange.request)
        return list(answer) if exchange.streamed else answer


def anthropic_messages(server: RecordedServer, exchange: Exchange) -> Any:
    with anthropic.Anthropic(base_url=server.url, api_key="none", max_retries=0) as client:
        answer = client.messages.create(**exchange.request)
        return list(answer) if exchange.streamed else answer


def anthropic_helper(server: RecordedServer, exchange: Exchange) -> Iterator[Any]:
    request = {name: value for name, value in exchange.request.items() if name != "stream"}
    with (
        anthropic.Anthropic(base_url=server.url, api_key="none", max_retries=0) as client,
        client.messages.stream(**request) as stream,
    ):
        yield from stream


def gemini(server: RecordedServer, exchange: Exchange) -> Any:
    with genai.Client(api_key="none", http_options={"base_url": server.url}) as client:
        model = exchange.path.rpartition("/")[2].partition(":")[0]
        if exchange.streamed:
            return list(client.models.generate_content_stream(model=model, contents="-"))
        return client.models.generate_content(model=model, contents="-")


RECORDINGS: dict[str, Ask] = {
    "openai_chat_tool_calls": openai_chat,
    "openai_chat_stream": openai_chat,
    "openai_chat_stream_tools": openai_chat,
    "openai_chat_reasoning": openai_chat,
    "openai_responses_stream_handoff_tools": openai_responses,
    "anthropic_prompt_caching": anthropic_messages,
    "anthropic_prompt_caching_stream": anthropic_messages,
    "anthropic_thinking_stream": anthropic_messages,
    "gemini_generate_stream": gemini,
    "gemini_thinking": gemini,
}


def read(answered: Any, *, streamed: bool) -> Answer:
    """Read what a client, or the wire, gave."""
    if not streamed:
        answer = read_answer(answered)
    else:
        reader = StreamReader()
        for chunk in answered:
            reader.feed(chunk)
        answer = reader.finish()
    assert answer is not None
    return answer


def answers(name: str, ask: Ask) -> list[Answer]:
    """The exchanges of a recording, asked for by a client in turn, and read."""
    recorded = exchanges(name)
    with serve(recorded) as server:
        return [read(ask(server, exchange), streamed=exchange.streamed) for exchange in recorded]


def last_usage(exchange: Exchange) -> dict[str, Any] | None:
    """The provider's own numbers: those of a stream are on the last event that tells any, but for Anthropic."""
    told: dict[str, Any] = {}
    for body in exchange.events() if exchange.streamed else [exchange.body]:
        for holder in (body, body.get("response") or {}, body.get("message") or {}):
            told |= holder.get("usage") or holder.get("usageMetadata") or {}
    return told or None


def parts(told: dict[str, Any] | None) -> Usage | None:
    """The provider's numbers as parts, written down once more and plainly."""
    if told is None:
        return None
    if "promptTokenCount" in told:
        return Usage(input=told["promptTokenCount"], output=told["candidatesTokenCount"], reasoning=thoughts(told))
    if "prompt_tokens" in told:
        cached = (told.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        reasoning = (told.get("completion_tokens_details") or {}).get("reasoning_tokens", 0)
        return Usage(
            input=told["prompt_tokens"] - cached,
            cache_read=cached,
            output=told["completion_tokens"] - reasoning,
            reasoning=reasoning,
        )
    if "input_tokens_details" in told:
        cached = told["input_tokens_details"]["cached_tokens"]
        reasoning = told["output_tokens_details"]["reasoning_tokens"]
        return Usage(
            input=told["input_tokens"] - cached,
            cache_read=cached,
            output=told["output_tokens"] - reasoning,
            reasoning=reasoning,
        )
    return Usage(
        input=told["input_tokens"],
        cache_read=told["cache_read_input_tokens"],
        cache_write=told["cache_creation_input_tokens"],
        output=told["output_tokens"],
    )


def thoughts(told: dict[str, Any]) -> int:
    return told.get("thoughtsTokenCount", 0)


def test_every_recording_is_read():
    assert names() in ([], sorted(RECORDINGS))


@pytest.mark.parametrize("name", RECORDINGS)
def test_usage_is_what_the_provider_says(name: str):
    got = [answer.usage for answer in answers(name, RECORDINGS[name])]
    assert got == [parts(last_usage(exchange)) for exchange in exchanges(name)]


@pytest.mark.parametrize("name", RECORDINGS)
def test_objects_of_the_client_and_json_of_the_wire_read_alike(name: str):
    wire = [
        read(exchange.events() if exchange.streamed else exchange.body, streamed=exchange.streamed)
        for exchange in exchanges(name)
    ]
    assert answers(name, RECORDINGS[name]) == wire


@pytest.mark.parametrize("name", ["anthropic_prompt_caching_stream", "anthropic_thinking_stream"])
def test_the_helper_streams_of_anthropic_read_as_the_plain_ones(name: str):
    assert answers(name, anthropic_helper) == answers(name, anthropic_messages)


def test_a_helper_stream_of_openai_chat_reads_as_the_plain_one():
    recorded = exchanges("openai_chat_stream_tools")
    request = {name: value for name, value in recorded[0].request.items() if name not in ("stream", "tools")}
    with serve(recorded) as server, openai.OpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
        reader = StreamReader()
        with client.chat.completions.stream(**request) as stream:
            for event in stream:
                reader.feed(event)
    assert [reader.finish()] == answers("openai_chat_stream_tools", openai_chat)


def test_a_helper_stream_of_openai_responses_reads_as_the_plain_one():
    recorded = exchanges("openai_responses_stream_handoff_tools")[-1:]
    request = {name: value for name, value in recorded[0].request.items() if name not in ("stream", "tools")}
    with serve(recorded) as server, openai.OpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
        reader = StreamReader()
        with client.responses.stream(**request) as stream:
            for event in stream:
                reader.feed(event)
    assert reader.finish() == answers("openai_responses_stream_handoff_tools", openai_responses)[-1]


def test_a_cache_write_then_a_cache_read():
    for name in ("anthropic_prompt_caching", "anthropic_prompt_caching_stream"):
        wrote, found = (answer.usage for answer in answers(name, RECORDINGS[name]))
        assert wrote is not None
        assert found is not None
        assert (wrote.cache_write, wrote.cache_read) == (found.cache_read, found.cache_write) != (0, 0)
        assert wrote.input_tokens == found.input_tokens == wrote.input + wrote.cache_write


def test_a_tool_call_in_a_stream_is_put_together():
    [answer] = answers("openai_chat_stream_tools", openai_chat)
    assert answer == Answer(
        "openai",
        "gpt-3.5-turbo-0125",
        "chatcmpl-9Xtj47S36iWNBARmBocBaifGBbjtw",
        ("tool_calls",),
        None,  # this request did not ask for include_usage
        [
            {
                "role": "assistant",
                "parts": [
                    {
                        "type": "tool_call",
                        "id": "call_P9Ayqu3UQNYuTBVAg2sLimh9",
                        "name": "get_current_weather",
                        "arguments": {"location": "San Francisco"},
                    }
                ],
                "finish_reason": "tool_calls",
            }
        ],
    )


def test_the_hand_over_and_the_tools_of_a_responses_run():
    called = [
        part["name"]
        for answer in answers("openai_responses_stream_handoff_tools", openai_responses)
        for message in answer.output_messages or ()
        for part in message["parts"]
        if part["type"] == "tool_call"
    ]
    assert called == ["transfer_to_analytics_agent", "analyze_data", "process_results", "generate_report"]


def test_thinking_comes_before_the_text():
    [answer] = answers("anthropic_thinking_stream", anthropic_messages)
    assert answer.output_messages is not None
    [message] = answer.output_messages
    assert [part["type"] for part in message["parts"]] == ["reasoning", "text"]
    assert message["parts"][0]["content"].startswith("Let me count the occurrences of the letter 'r'")
    assert message["finish_reason"] == "end_turn"


def test_the_text_of_a_gemini_stream_is_one_part():
    [answer] = answers("gemini_generate_stream", gemini)
    assert answer == Answer(
        "gcp.gemini",
        "gemini-2.0-flash-exp",
        "w1peaMz6INOvnvgPgYfPiQY",
        ("STOP",),
        Usage(input=13, output=8),
        [
            {
                "role": "assistant",
                "parts": [{"type": "text", "content": "The capital of France is Paris.\n"}],
                "finish_reason": "STOP",
            }
        ],
    )


@pytest.mark.parametrize("name", [name for name in RECORDINGS if "stream" in name])
def test_a_stream_that_was_cut_keeps_what_was_seen(name: str):
    for exchange in exchanges(name):
        events = exchange.events()
        whole = read(events, streamed=True)
        for seen in range(1, len(events)):
            cut = read(events[:seen], streamed=True)
            assert (cut.provider, cut.model) == (whole.provider, whole.model)
            assert said(whole).startswith(said(cut))


def said(answer: Answer) -> str:
    """All the text of an answer."""
    return "".join(
        part["content"]
        for message in answer.output_messages or ()
        for part in message["parts"]
        if part["type"] == "text"
    )
