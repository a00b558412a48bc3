"""One Gemini call, plain (with thoughts) or streamed.

Arguments: model URL, collector URL, plain|stream.
"""

import sys

from google import genai

from otel_agents import agent, configure, model, shutdown

MODEL_URL, COLLECTOR_URL, HOW = sys.argv[1:]
client = genai.Client(api_key="none", http_options=genai.types.HttpOptions(base_url=MODEL_URL))


@model
def generate(contents: str):
    if HOW == "stream":
        return client.models.generate_content_stream(model="gemini-2.0-flash-exp", contents=contents)
    return client.models.generate_content(model="gemini-2.5-pro-preview-03-25", contents=contents)


@agent("Geographer")
def run(question: str) -> str:
    answer = generate(question)
    return "".join(chunk.text for chunk in answer) if HOW == "stream" else answer.text


configure(service_name=f"recorded-gemini-{HOW}", endpoint=COLLECTOR_URL)
print(run("What is the capital of France?"))
shutdown()
