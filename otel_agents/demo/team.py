"""A router and two analysts, as you would write them: the openai package, and four names of otel_agents.

What a request looks like in the trace explorer::

    user_request                     who asked, in which session; every span below inherits it
    ├─ chat gpt-5-nano               the router answers itself, or picks a colleague
    ├─ handoff                       Router → DataAnalyst, and why
    └─ invoke_agent DataAnalyst      a loop of model calls and tools
       ├─ chat gpt-5-mini            streamed: tokens, cost and time to the first token come from the stream
       ├─ execute_tool run_sql       arguments and result, or the error
       └─ chat gpt-5-mini
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from typing import TYPE_CHECKING, Any, TypeVar

from openai import AsyncOpenAI, RateLimitError

from otel_agents import agent, model, monitor_operation
from otel_agents.demo.schema import function_schema

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from openai.lib.streaming.chat import AsyncChatCompletionStreamManager
    from openai.types.chat import ParsedChatCompletionMessage, ParsedFunction
    from openai.types.responses import Response

    from otel_agents.demo.tools import CodeTools, SalesTools

T = TypeVar("T")
Tools = list["Callable[..., Any]"]

ROUTER = "You are the front desk of a team of analysts. Hand each question to the colleague who can answer it."
CODE = "You answer questions about a Python source tree. Look before you answer; name files and numbers."
DATA = "You answer questions about a shop's sales and support, kept in SQLite. Query before you answer; name numbers."
COLLEAGUES = {
    "CodeAnalyst": "Source code: files, modules, classes, functions, .py; what is defined or used where.",
    "DataAnalyst": "Sales and support: products, orders, revenue, regions, customers, tickets.",
}
# What a tool may get wrong and the model may put right. Not a time-out: tried again, it would only be slow again.
MISTAKES = (sqlite3.Error, FileNotFoundError, PermissionError, LookupError, SyntaxError, TypeError, ValueError)


class Team:
    """Answers questions about a source tree and a database."""

    def __init__(
        self,
        client: AsyncOpenAI,
        code: CodeTools,
        sales: SalesTools,
        *,
        router_model: str = "gpt-5-nano",
        analyst_model: str = "gpt-5-mini",
    ) -> None:
        self.client = client
        self.router_model, self.analyst_model = router_model, analyst_model
        self.code_tools: Tools = [code.list_files, code.read_file, code.search, code.count_definitions]
        self.data_tools: Tools = [sales.describe_tables, sales.run_sql]

    async def answer(self, question: str, *, user: str, session: str, tenant: str) -> str:
        """Answer one question of one user."""
        with monitor_operation(
            "user_request", agent_name="Router", user_id=user, session_id=session, tenant=tenant
        ) as request:
            request.input(question)
            reply = await patiently(self.route, question)
            transfer = next((item for item in reply.output if item.type == "function_call"), None)
            if transfer is None:
                text = reply.output_text
            else:
                colleague = transfer.name.removeprefix("transfer_to_")
                request.handoff(colleague, reason=json.loads(transfer.arguments)["reason"])
                analyse = self.analyse_code if colleague == "CodeAnalyst" else self.analyse_data
                text = await analyse(question)
            request.output(text)
            return text

    @agent("CodeAnalyst")
    async def analyse_code(self, question: str) -> str:
        """Answer from the source tree."""
        return await self.work(CODE, self.code_tools, question)

    @agent("DataAnalyst")
    async def analyse_data(self, question: str) -> str:
        """Answer from the database."""
        return await self.work(DATA, self.data_tools, question)

    async def route(self, question: str) -> Response:
        """Ask the router's model who answers this question."""
        return await self.respond(model=self.router_model, instructions=ROUTER, input=question, tools=TRANSFERS)

    async def work(self, instructions: str, tools: Tools, question: str) -> str:
        """Let the model call tools until it has an answer."""
        messages: list[Any] = [{"role": "system", "content": instructions}, {"role": "user", "content": question}]
        for _ in range(8):
            message = await patiently(self.think, messages, tools)
            if not message.tool_calls:
                return message.content or ""
            calls = [call.function for call in message.tool_calls]
            # What the model asks for at once runs at once, each call in a thread; its span finds its parent there.
            results = await asyncio.gather(*(asyncio.to_thread(use, tools, call) for call in calls))
            asked = [
                call.model_dump(include={"id": True, "type": True, "function": {"name", "arguments"}})
                for call in message.tool_calls
            ]
            messages.append({"role": "assistant", "content": message.content, "tool_calls": asked})
            for call, result in zip(asked, results, strict=True):
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
        raise RuntimeError("no answer after 8 rounds of tool calls")

    async def think(self, messages: list[Any], tools: Tools) -> ParsedChatCompletionMessage[None]:
        """Ask the analysts' model what to do next."""
        request = {
            "model": self.analyst_model,
            "messages": messages,
            "tools": [{"type": "function", "function": function_schema(tool)} for tool in tools],
            "stream_options": {"include_usage": True},  # a stream tells its tokens only when asked to
        }
        async with self.chat(**request) as stream:  # a program with a screen would show the words as they come
            completion = await stream.get_final_completion()
        return completion.choices[0].message

    # The model calls. Their model, messages and tools are read from the arguments, tokens and cost from the answer.

    @model(provider="openai")
    async def respond(self, **request: Any) -> Response:
        """Make one call of the Responses API."""
        response: Response = await self.client.responses.create(**request)
        return response

    @model(provider="openai")
    def chat(self, **request: Any) -> AsyncChatCompletionStreamManager[None]:
        """Make one streamed call of Chat Completions; the span stays open until the stream ends."""
        return self.client.chat.completions.stream(**request)


def use(tools: Tools, call: ParsedFunction) -> str:
    """Run the tool a model asked for; what it got wrong is an answer too, for the model to put right."""
    try:
        tool = {tool.__name__: tool for tool in tools}[call.name]
        return json.dumps(tool(**json.loads(call.arguments)))
    except MISTAKES as error:
        return json.dumps({"error": f"{type(error).__name__}: {error}"})


async def patiently(call: Callable[..., Awaitable[T]], *args: object) -> T:
    """Call again, twice at most, when the API refuses for being asked too often. Each attempt is a span of its own."""
    for _ in range(2):
        try:
            return await call(*args)
        except RateLimitError as refused:
            await asyncio.sleep(float(refused.response.headers.get("retry-after", 1)))
    return await call(*args)


def transfer(name: str, questions: str) -> dict[str, Any]:
    """Describe handing over to a colleague as a function the router's model may call."""
    reason = {"type": "string", "description": "Why this colleague, in a few words."}
    return {
        "type": "function",
        "name": f"transfer_to_{name}",
        "description": questions,
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"reason": reason},
            "required": ["reason"],
            "additionalProperties": False,
        },
    }


TRANSFERS: Any = [transfer(name, questions) for name, questions in COLLEAGUES.items()]
