"""Calls a model through its own package, traced by instrumentations in turn, inside of a model call of ours and not.

Arguments: model URL, collector URL, which calls, the instrumentations' packages. Each call is of an agent named for it.
"""

import json
import sys

from otel_agents import agent, configure, instrument, metrics_collector, model, shutdown, uninstrument

MODEL_URL, COLLECTOR_URL, CALLS, *PACKAGES = sys.argv[1:]


def openai_chat():
    import openai

    client = openai.OpenAI(base_url=f"{MODEL_URL}/v1", api_key="none", max_retries=0)
    return client.chat.completions.create(model="gpt-5-nano", messages=[{"role": "user", "content": "How many r?"}])


def openai_responses_streamed():
    import openai

    client = openai.OpenAI(base_url=f"{MODEL_URL}/v1", api_key="none", max_retries=0)
    return client.responses.create(model="gpt-4o", input="Analyze the sales data.", stream=True)


def anthropic_messages(stream=False):
    import anthropic

    client = anthropic.Anthropic(base_url=MODEL_URL, api_key="none", max_retries=0)
    messages = [{"role": "user", "content": "Summarize."}]
    return client.messages.create(model="claude-3-5-sonnet-20240620", max_tokens=1024, messages=messages, stream=stream)


def anthropic_messages_streamed():
    return anthropic_messages(stream=True)


def gemini(stream=False):
    from google import genai

    global client  # it closes its connections when it is let go of
    client = genai.Client(api_key="none", http_options=genai.types.HttpOptions(base_url=MODEL_URL))
    if stream:
        return client.models.generate_content_stream(model="gemini-2.0-flash-exp", contents="Capital of France?")
    return client.models.generate_content(model="gemini-2.5-pro-preview-03-25", contents="Capital of France?")


def gemini_streamed():
    return gemini(stream=True)


def call(wrapped: bool) -> None:
    make = globals()[CALLS]
    answer = (model(make) if wrapped else make)()
    if CALLS.endswith("_streamed"):
        for _ in answer:
            pass


configure(service_name=CALLS, endpoint=COLLECTOR_URL)
for package in PACKAGES:
    instrument(package)
    for how, wrapped in (("alone", False), ("wrapped", True)):
        agent(f"{package} {how}")(call)(wrapped)
    uninstrument()
shutdown()
calls = sum(each["requests"] for each in metrics_collector.model_metrics.values())
agents = {name: (each.total_tokens, each.total_cost) for name, each in metrics_collector.metrics.items()}
print(json.dumps({"calls": calls, "agents": agents}))
