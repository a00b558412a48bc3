"""A router that hands over to an analyst with tools, on OpenAI's agents package, traced by instrumentations alone.

Arguments: model URL, collector URL.
"""

import asyncio
import json
import sys

import openai
from agents import Agent, Runner, function_tool, set_default_openai_client

from otel_agents import configure, health, instrument, metrics_collector, shutdown

MODEL_URL, COLLECTOR_URL = sys.argv[1:]
configure(service_name="openai-agents", endpoint=COLLECTOR_URL)
instrument("openai-agents", "openai")  # the second traces each call of the first once more
client = openai.AsyncOpenAI(base_url=f"{MODEL_URL}/v1", api_key="none", max_retries=0)
set_default_openai_client(client, use_for_tracing=False)


@function_tool
def analyze_data(data_request: str) -> str:
    return f"Analyzed data patterns for: {data_request}"


@function_tool
def process_results(analysis_data: str) -> str:
    return f"Processed results: {analysis_data}"


@function_tool
def generate_report(processed_data: str) -> str:
    return f"Generated report: {processed_data}"


analyst = Agent(name="Analytics Agent", model="gpt-4o", tools=[analyze_data, process_results, generate_report])
router = Agent(name="Router", model="gpt-4o", handoffs=[analyst])


async def run() -> None:
    running = Runner.run_streamed(router, "Can you analyze the sales data from last quarter?")
    async for _ in running.stream_events():
        pass


asyncio.run(run())
shutdown()
tokens = {name: each.total_tokens for name, each in metrics_collector.metrics.items()}
print(json.dumps({"tokens": tokens, "cost": health().cost_usd}))
