"""What the demo counts by itself, held against what the openai package hands out."""

from __future__ import annotations

import genai_prices
import openai
import pytest

from otel_agents.demo.ledger import CURRENT, Bill, count_call, read_usage
from otel_agents.demo.model_server import API_KEY
from otel_agents.demo.recorded import Figures, counted

ASK = [{"role": "system", "content": "Be brief. " * 200}, {"role": "user", "content": "Hello"}]
STREAMED = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.fixture
async def client(model_server):
    hooks = {"request": [count_call], "response": [read_usage]}
    http = openai.DefaultAsyncHttpxClient(event_hooks=hooks)
    async with openai.AsyncOpenAI(base_url=model_server.base_url, api_key=API_KEY, http_client=http) as client:
        yield client


@pytest.fixture
def bill() -> Bill:
    bill = Bill()
    CURRENT.set(bill)
    return bill


async def test_usage_is_read_off_the_wire_whole_and_streamed(client, bill):
    chat = await client.chat.completions.create(model="gpt-5-mini", messages=ASK)
    chunks = [
        chunk async for chunk in await client.chat.completions.create(model="gpt-5-mini", messages=ASK, **STREAMED)
    ]
    response = await client.responses.create(model="gpt-5-mini", input="Hello")
    async with client.responses.stream(model="gpt-5-mini", input="Hello") as stream:
        streamed = await stream.get_final_response()

    chats, responses = [chat.usage, chunks[-1].usage], [response.usage, streamed.usage]
    assert bill.model_calls == 4
    assert bill.input_tokens == sum(u.prompt_tokens for u in chats) + sum(u.input_tokens for u in responses)
    assert bill.output_tokens == sum(u.completion_tokens for u in chats) + sum(u.output_tokens for u in responses)
    assert bill.cached_tokens == chats[1].prompt_tokens_details.cached_tokens > 0


async def test_a_call_is_priced_by_its_model(client, bill):
    usage = (await client.chat.completions.create(model="gpt-5-mini", messages=ASK)).usage
    counts = genai_prices.Usage(input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens)
    assert bill.cost == float(genai_prices.calc_price(counts, "gpt-5-mini", provider_id="openai").total_price)


def test_a_model_without_a_price_is_counted_and_costs_nothing_known(bill):
    bill.add("gpt-unheard-of", {"prompt_tokens": 3, "completion_tokens": 4})
    assert (bill.input_tokens, bill.output_tokens, bill.cost, bill.unpriced) == (3, 4, 0.0, 1)


async def test_a_refused_call_is_counted_and_has_no_usage(client, bill):
    with pytest.raises(openai.NotFoundError):
        await client.chat.completions.create(model="gpt-1", messages=ASK)
    assert (bill.model_calls, bill.input_tokens) == (1, 0)


def test_figures_add_up_and_name_what_differs():
    bills = [Bill(spans=3, model_calls=1, cost=0.1), Bill(spans=4, model_calls=2, cost=0.2, failed=True)]
    assert counted(bills) == Figures(traces=2, spans=7, model_calls=3, cost=0.1 + 0.2, failed=1)
    assert counted(bills).differences(Figures(traces=2, spans=6, model_calls=3, cost=0.3, failed=0)) == [
        "spans",
        "failed",
    ]
