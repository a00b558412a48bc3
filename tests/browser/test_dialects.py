"""What was said is read as a chat in every dialect, from spans that the real packages made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Page, expect

from tests.collector import otlp
from tests.collector.dialects.test_dialects import RECORDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Of the recordings: the name of the model call, and of the tool's.
NAMES = {
    "older": ("openai.chat", None),
    "openinference": ("ChatCompletion", "get_weather"),
    "traceloop": ("openai.chat", "get_weather.tool"),
    "pydantic_ai": ("chat gpt-4o", "execute_tool get_weather"),
    "langfuse": ("OpenAI-generation", "get_weather"),
    "mlflow": ("Completions", "get_weather"),
}
# As the Vercel AI SDK, OpenInference and OpenLLMetry have calls of tools and their results.
WITH_TOOLS = {
    "vercel": {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.prompt.messages": json.dumps(
            [
                {"role": "user", "content": [{"type": "text", "text": "Do I need a coat?"}]},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "tool-call", "toolCallId": "c1", "toolName": "weather", "input": {"city": "Lisbon"}}
                    ],
                },
                {
                    "role": "tool",
                    "content": [{"type": "tool-result", "toolCallId": "c1", "toolName": "weather", "output": "sunny"}],
                },
            ]
        ),
        "ai.response.text": "It is sunny.",
    },
    "openinference": {
        "openinference.span.kind": "LLM",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.contents.0.message_content.type": "text",
        "llm.input_messages.0.message.contents.0.message_content.text": "Do I need a coat?",
        "llm.input_messages.1.message.role": "assistant",
        "llm.input_messages.1.message.tool_calls.0.tool_call.id": "c1",
        "llm.input_messages.1.message.tool_calls.0.tool_call.function.name": "weather",
        "llm.input_messages.1.message.tool_calls.0.tool_call.function.arguments": '{"city":"Lisbon"}',
        "llm.input_messages.2.message.role": "tool",
        "llm.input_messages.2.message.tool_call_id": "c1",
        "llm.input_messages.2.message.content": "sunny",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "It is sunny.",
    },
    "older": {
        "llm.request.type": "chat",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "Do I need a coat?",
        "gen_ai.prompt.1.role": "assistant",
        "gen_ai.prompt.1.tool_calls.0.id": "c1",
        "gen_ai.prompt.1.tool_calls.0.name": "weather",
        "gen_ai.prompt.1.tool_calls.0.arguments": '{"city":"Lisbon"}',
        "gen_ai.prompt.2.role": "tool",
        "gen_ai.prompt.2.tool_call_id": "c1",
        "gen_ai.prompt.2.content": "sunny",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "It is sunny.",
    },
}


@pytest.fixture(scope="module")
def url(start: Callable[[], str]) -> str:
    """The address of a collector that holds them all; traces of the second kind have the ids 1, 2 and so on."""
    url = start()
    for name in NAMES:
        otlp.post(f"{url}/v1/traces", (RECORDINGS / f"{name}.json").read_bytes(), "application/json")
    spans = (otlp.span(own, trace_id=f"{number:032x}") for number, own in enumerate(WITH_TOOLS.values(), 1))
    otlp.post(f"{url}/v1/traces", otlp.request(*spans).SerializeToString())
    return url


def trace_of(dialect: str) -> str:
    recorded = json.loads((RECORDINGS / f"{dialect}.json").read_text())
    return str(recorded["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"])


@pytest.mark.parametrize("dialect", NAMES)
async def test_a_model_call_and_a_tools(page: Page, url: str, dialect: str):
    model, tool = NAMES[dialect]
    await page.goto(f"{url}/#/traces/{trace_of(dialect)}")
    await page.get_by_role("treeitem").filter(has_text=model).last.click()
    chat = page.get_by_role("region", name="Conversation").get_by_role("listitem")
    await expect(chat.filter(has_text="Do I need a coat?").first).to_contain_text("User")
    await expect(chat.last).to_contain_text("It is sunny.")
    await expect(chat.last).to_contain_text("Assistant")
    if tool is not None:
        await page.get_by_role("treeitem").filter(has_text=tool).first.click()
        await expect(page.locator(".tool-content")).to_contain_text("Lisbon")
        await expect(page.locator(".tool-content")).to_contain_text("sunny in Lisbon")


@pytest.mark.parametrize("number", range(1, len(WITH_TOOLS) + 1), ids=list(WITH_TOOLS))
async def test_a_conversation_with_tools(page: Page, url: str, number: int):
    await page.goto(f"{url}/#/traces/{number:032x}")
    chat = page.get_by_role("region", name="Conversation").get_by_role("listitem")
    await expect(chat).to_have_count(4)
    for at, texts in enumerate(
        (["User", "coat?"], ["weather", "Lisbon"], ["Result", "weather", "sunny"], ["is sunny."])
    ):
        for text in texts:
            await expect(chat.nth(at)).to_contain_text(text)
