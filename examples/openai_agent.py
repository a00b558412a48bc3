"""An agent on the openai package: the model calls a tool, and its answer is streamed.

    OPENAI_API_KEY=… python examples/openai_agent.py "What time is it in Tokyo?"

Without a key, `python -m otel_agents.demo.model_server` starts a scripted model and prints the variables to set.
"""

import json
import sys
from datetime import UTC, datetime, timedelta

from openai import OpenAI

from otel_agents import agent, configure, flush, model, monitor_operation, tool

configure(service_name="openai-agent")
client = OpenAI()  # reads OPENAI_API_KEY and OPENAI_BASE_URL

MODEL = "gpt-4o-mini"
HOURS_EAST = {"Lisbon": 0, "Nairobi": 3, "Tokyo": 9}
CITY = {"type": "object", "properties": {"city": {"type": "string", "enum": list(HOURS_EAST)}}, "required": ["city"]}
TOOLS = [
    {"type": "function", "function": {"name": "time_in", "description": "Tell the time in a city.", "parameters": CITY}}
]


@tool
def time_in(city: str) -> str:
    return (datetime.now(UTC) + timedelta(hours=HOURS_EAST[city])).strftime("%H:%M")


@model  # model, messages and tools are read from the arguments, tokens and cost from the answer, or from its chunks
def chat(**request):
    return client.chat.completions.create(model=MODEL, tools=TOOLS, **request)


@agent("Clockmaker")
def answer(question: str) -> None:
    messages = [{"role": "user", "content": question}]
    reply = chat(messages=messages).choices[0].message
    if not reply.tool_calls:
        print(reply.content)
        return
    messages.append(reply)
    for call in reply.tool_calls:
        told = time_in(**json.loads(call.function.arguments))
        messages.append({"role": "tool", "tool_call_id": call.id, "content": told})
    # OpenAI's streams carry the usage only when asked to.
    for chunk in chat(messages=messages, stream=True, stream_options={"include_usage": True}):
        for choice in chunk.choices:
            print(choice.delta.content or "", end="", flush=True)
    print()


with monitor_operation("user_request", user_id="ana") as request:
    answer(" ".join(sys.argv[1:]) or "What time is it in Tokyo?")
print(f"Sent, as trace {request.trace_id}." if flush() else "Nothing was sent: no collector runs.")
