"""The scripted model server, as the unmodified openai package sees it."""

from __future__ import annotations

import json

import openai
import pytest

from otel_agents.demo.model_server import API_KEY, ModelServer

QUESTION = "What is the weather in San Francisco?"
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
WEATHER = {"name": "get_weather", "description": "Give the weather in a city.", "parameters": PARAMETERS}
CHAT_TOOL = {"type": "function", "function": WEATHER}
RESPONSES_TOOL = {"type": "function", "strict": True, **WEATHER}
ASK = [{"role": "user", "content": QUESTION}]
GPT_4O, GPT_5 = "gpt-4o", "gpt-5-mini"


def test_chat_calls_a_tool_and_answers_from_its_result(client):
    first = client.chat.completions.create(model=GPT_4O, messages=ASK, tools=[CHAT_TOOL])
    [choice] = first.choices
    [call] = choice.message.tool_calls
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    assert (call.function.name, json.loads(call.function.arguments)) == (
        "get_weather",
        {"city": "San Francisco", "unit": "celsius"},
    )

    result = {"role": "tool", "tool_call_id": call.id, "content": "17 degrees, fog"}
    second = client.chat.completions.create(model=GPT_4O, messages=[*ASK, choice.message, result], tools=[CHAT_TOOL])
    assert second.choices[0].finish_reason == "stop"
    assert second.choices[0].message.content == "According to get_weather: 17 degrees, fog"


def test_responses_call_a_tool_and_answer_from_its_result(client):
    first = client.responses.create(model=GPT_4O, input=QUESTION, tools=[RESPONSES_TOOL])
    [call] = first.output
    assert (call.type, call.name, json.loads(call.arguments)) == (
        "function_call",
        "get_weather",
        {"city": "San Francisco", "unit": "celsius"},
    )

    items = [
        *ASK,
        *first.output,
        {"type": "function_call_output", "call_id": call.call_id, "output": "17 degrees, fog"},
    ]
    second = client.responses.create(model=GPT_4O, input=items, tools=[RESPONSES_TOOL])
    assert second.status == "completed"
    assert second.output_text == "According to get_weather: 17 degrees, fog"


def test_a_streamed_chat_gathers_to_what_the_plain_one_says(client):
    plain = client.chat.completions.create(model=GPT_4O, messages=ASK, tools=[CHAT_TOOL])
    with client.chat.completions.stream(
        model=GPT_4O, messages=ASK, tools=[CHAT_TOOL], stream_options={"include_usage": True}
    ) as stream:
        pieces = [event.arguments_delta for event in stream if event.type == "tool_calls.function.arguments.delta"]
        gathered = stream.get_final_completion()

    called, expected = gathered.choices[0].message.tool_calls[0], plain.choices[0].message.tool_calls[0]
    assert (called.function.name, called.function.arguments) == (expected.function.name, expected.function.arguments)
    assert "".join(pieces) == expected.function.arguments
    assert len(pieces) > 5
    assert gathered.usage == plain.usage


def test_a_chat_stream_gives_usage_in_its_last_chunk_only_when_asked(client):
    asked = list(
        client.chat.completions.create(model=GPT_4O, messages=ASK, stream=True, stream_options={"include_usage": True})
    )
    assert asked[-1].choices == []
    assert [chunk.usage is not None for chunk in asked] == [False] * (len(asked) - 1) + [True]
    unasked = list(client.chat.completions.create(model=GPT_4O, messages=ASK, stream=True))
    assert [chunk.usage for chunk in unasked] == [None] * len(unasked)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in unasked).startswith("I am the scripted model")


def test_streamed_responses_send_the_events_of_the_api_in_its_order(client):
    events = list(client.responses.create(model=GPT_4O, input=QUESTION, tools=[RESPONSES_TOOL], stream=True))
    kinds = [event.type for event in events]
    deltas = kinds.count("response.function_call_arguments.delta")
    assert kinds == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        *["response.function_call_arguments.delta"] * deltas,
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_a_streamed_response_gathers_to_its_text(client):
    with client.responses.stream(model=GPT_5, input="Hello!") as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert text == final.output_text
    assert [item.type for item in final.output] == ["reasoning", "message"]


def test_every_object_on_the_wire_has_the_fields_the_types_demand(client):
    """The openai package reads answers without checking them; here each one is checked."""
    sent = [
        client.chat.completions.create(model=GPT_5, messages=ASK, tools=[CHAT_TOOL]),
        client.responses.create(model=GPT_5, input=QUESTION, tools=[RESPONSES_TOOL]),
        *client.chat.completions.create(model=GPT_5, messages=ASK, stream=True, stream_options={"include_usage": True}),
        *client.responses.create(model=GPT_5, input=QUESTION, stream=True),
        *client.models.list(),
    ]
    for answer in sent:
        type(answer).model_validate(answer.model_dump(mode="json", by_alias=True))


def test_reasoning_is_part_of_the_output_and_only_of_reasoning_models(client):
    thinks = client.chat.completions.create(model=GPT_5, messages=ASK).usage
    speaks = client.chat.completions.create(model=GPT_4O, messages=ASK).usage
    assert (thinks.completion_tokens_details.reasoning_tokens, speaks.completion_tokens_details.reasoning_tokens) == (
        64,
        0,
    )
    assert thinks.completion_tokens - 64 == speaks.completion_tokens
    assert thinks.total_tokens == thinks.prompt_tokens + thinks.completion_tokens


def test_a_repeated_beginning_is_cached_in_blocks_of_128_tokens(client):
    told = {"role": "system", "content": "Be brief. " * 400}
    first = client.chat.completions.create(model=GPT_4O, messages=[told, *ASK]).usage
    again = client.chat.completions.create(model=GPT_4O, messages=[told, {"role": "user", "content": "Why?"}]).usage
    other_model = client.chat.completions.create(model=GPT_5, messages=[told, *ASK]).usage
    assert first.prompt_tokens_details.cached_tokens == 0
    assert again.prompt_tokens_details.cached_tokens == again.prompt_tokens // 128 * 128
    assert other_model.prompt_tokens_details.cached_tokens == 0


def test_a_router_hands_over_to_the_colleague_the_question_is_for(client):
    tools = [
        {
            "type": "function",
            "name": "transfer_to_code",
            "description": "Source code: files, functions.",
            "parameters": {},
        },
        {"type": "function", "name": "transfer_to_data", "description": "Sales: products, orders.", "parameters": {}},
    ]

    def handed_to(question: str) -> list[str]:
        output = client.responses.create(model=GPT_4O, input=question, tools=tools).output
        return [item.name for item in output if item.type == "function_call"]

    assert handed_to("Which products sell best?") == ["transfer_to_data"]
    assert handed_to("How many functions are there?") == ["transfer_to_code"]
    assert handed_to("Hello there") == []


def test_models_are_listed(client):
    names = [model.id for model in client.models.list()]
    assert {GPT_4O, GPT_5} <= set(names)
    assert client.models.retrieve(GPT_5).id == GPT_5


def test_a_wrong_key_is_refused(model_server):
    client = openai.OpenAI(base_url=model_server.base_url, api_key="wrong")
    with client, pytest.raises(openai.AuthenticationError) as caught:
        client.models.list()
    assert caught.value.code == "invalid_api_key"


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-1", messages=ASK)
    assert caught.value.code == "model_not_found"


def test_an_unknown_address_is_not_found(client):
    with pytest.raises(openai.NotFoundError, match=r"Invalid URL \(POST /v1/embeddings\)"):
        client.embeddings.create(model=GPT_4O, input="text")


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([], "Missing required parameter: 'messages'"),
        ([{"role": "robot", "content": "hi"}], "Invalid value: 'robot'"),
        ([{"content": "no role"}], "has not the expected shape"),
        (
            [*ASK, {"role": "tool", "tool_call_id": "call_1", "content": "?"}],
            "must be a response to a preceding message",
        ),
        (
            [
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
                },
                *ASK,
            ],
            "did not have response messages: call_1",
        ),
    ],
)
def test_a_conversation_that_cannot_be_is_a_bad_request(client, messages, said):
    with pytest.raises(openai.BadRequestError, match=said):
        client.chat.completions.create(model=GPT_4O, messages=messages)


def test_what_only_an_answer_has_is_refused_in_a_question(client):
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}", "parsed_arguments": None}}
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=GPT_4O, messages=[*ASK, {"role": "assistant", "tool_calls": [call]}])
    assert (caught.value.code, caught.value.param) == (
        "unknown_parameter",
        "messages[1].tool_calls[0].function.parsed_arguments",
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "Missing required parameter: 'input'"),
        ([{"type": "function_call_output", "call_id": "call_1", "output": "?"}], "No tool call found"),
        ([{"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}], "No tool output found"),
    ],
)
def test_an_input_that_cannot_be_is_a_bad_request(client, given, said):
    with pytest.raises(openai.BadRequestError, match=said):
        client.responses.create(model=GPT_4O, input=given)


def test_a_prompt_longer_than_the_context_is_a_bad_request(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=GPT_4O, messages=[{"role": "user", "content": "word " * 30_000}])
    assert caught.value.code == "context_length_exceeded"


def test_every_so_many_requests_one_is_refused_and_may_be_repeated():
    with (
        ModelServer(pace=0, refuse_every=2) as server,
        openai.OpenAI(base_url=server.base_url, api_key=API_KEY, max_retries=0) as client,
    ):
        client.chat.completions.create(model=GPT_4O, messages=ASK)
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(model=GPT_4O, messages=ASK)
        client.chat.completions.create(model=GPT_4O, messages=ASK)
    assert (caught.value.code, caught.value.response.headers["retry-after"]) == ("rate_limit_exceeded", "1")


def test_results_of_calls_made_at_once_count_in_the_order_of_the_calls(client):
    question = {"role": "user", "content": "Compare the revenue of EMEA and APAC by quarter."}
    tool = {"type": "function", "function": {"name": "run_sql", "parameters": {}}}
    message = client.chat.completions.create(model=GPT_4O, messages=[question], tools=[tool]).choices[0].message
    emea, apac = message.tool_calls
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": json.dumps({"rows": [[1, amount]]})}
        for call, amount in ((apac, 20), (emea, 10))
    ]
    said = client.chat.completions.create(model=GPT_4O, messages=[question, message, *results], tools=[tool])
    assert said.choices[0].message.content == (
        "Revenue by quarter:\n- EMEA: Q1 $10\n- APAC: Q1 $20\nAPAC leads over the year with $20."
    )
