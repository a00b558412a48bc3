# mlflow-tracing==3.17.2 opentelemetry-exporter-otlp-proto-http openai
import os
import sys

os.environ |= {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_TRACKING_URI": sys.argv[1],
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{sys.argv[1]}/v1/traces",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
}

del os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"]  # it would export metrics there, with a package it does not come with

import mlflow
from mlflow.tracing.provider import provider
from openai import OpenAI

mlflow.openai.autolog()
client = OpenAI()


@mlflow.trace(span_type="TOOL")
def get_weather(city: str) -> str:
    return f"sunny in {city}"


@mlflow.trace(name="WeatherAgent", span_type="AGENT")
def answer(question: str) -> str:
    mlflow.update_current_trace(session_id="s-1", user="u-1")
    get_weather("Lisbon")
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content


@mlflow.trace(span_type="CHAIN")
def serve(question: str) -> str:
    return answer(question)


serve("Do I need a coat?")
provider.get().force_flush()
