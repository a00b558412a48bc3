# traceloop-sdk==0.62.4 httpx openai
import os
import sys

os.environ |= {"TRACELOOP_TELEMETRY": "false", "TRACELOOP_METRICS_ENABLED": "false"}

from openai import OpenAI
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import agent, task, tool, workflow

Traceloop.init(app_name="weather-bot", api_endpoint=sys.argv[1], api_key="none", disable_batch=True)
Traceloop.set_association_properties({"session_id": "s-1", "user_id": "u-1"})
client = OpenAI()


@tool(name="get_weather")
def get_weather(city: str) -> str:
    return f"sunny in {city}"


@agent(name="WeatherAgent")
def answer(question: str) -> str:
    get_weather("Lisbon")
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content


@task(name="look_up")
def look_up(question: str) -> str:
    return answer(question)


@workflow(name="weather")
def serve(question: str) -> str:
    return look_up(question)


serve("Do I need a coat?")
