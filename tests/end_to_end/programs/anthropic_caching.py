"""Two calls with the same long prompt: one writes the cache, one reads it. What is sent is short: answers are recorded.

Arguments: model URL, collector URL, plain|stream.
"""

import sys

import anthropic

from otel_agents import agent, configure, model, shutdown

MODEL_URL, COLLECTOR_URL, HOW = sys.argv[1:]
client = anthropic.Anthropic(base_url=MODEL_URL, api_key="none", max_retries=0)


@model
def summarise(messages: list, *, stream: bool):
    return client.messages.create(model="claude-3-5-sonnet-20240620", max_tokens=1024, messages=messages, stream=stream)


@agent("Summariser")
def run(article: str) -> None:
    cached = {"type": "text", "text": article, "cache_control": {"type": "ephemeral"}}
    for _ in range(2):
        answer = summarise([{"role": "user", "content": [cached]}], stream=HOW == "stream")
        if HOW == "stream":
            for _event in answer:
                pass


configure(service_name=f"recorded-anthropic-{HOW}", endpoint=COLLECTOR_URL)
run("Open-Source Library OpenLLMetry Brings LLM Functionality to OpenTelemetry …")
shutdown()
