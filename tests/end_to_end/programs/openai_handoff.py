"""A router that hands over to an analyst with tools, on the openai package as it is.

Arguments: model URL, collector URL.
"""

import json
import sys

import openai

from otel_agents import agent, configure, current_operation, model, shutdown, tool

MODEL_URL, COLLECTOR_URL = sys.argv[1:]
client = openai.OpenAI(base_url=f"{MODEL_URL}/v1", api_key="none", max_retries=0)

ROUTER = "You handle general requests and route data processing tasks to the Analytics Agent."
ANALYST = "You are a data analytics specialist. Use your tools to analyze data, process results, and generate reports."


@tool
def analyze_data(data_request: str) -> str:
    return f"Analyzed data patterns for: {data_request}"


@tool
def process_results(analysis_data: str) -> str:
    return f"Processed results: {analysis_data}"


@tool
def generate_report(processed_data: str) -> str:
    return f"Generated report: {processed_data}"


TOOLS = {function.__name__: function for function in (analyze_data, process_results, generate_report)}


@model
def ask(instructions: str, input: list) -> openai.Stream:
    return client.responses.create(model="gpt-4o", instructions=instructions, input=input, stream=True)


def answer_of(events: openai.Stream) -> openai.types.responses.Response:
    *_, completed = events
    return completed.response


@agent("Router")
def route(question: str) -> str:
    said = [{"role": "user", "content": question}]
    (call,) = answer_of(ask(ROUTER, said)).output
    assert call.name == "transfer_to_analytics_agent", call
    current_operation().handoff("Analytics Agent", reason="data processing")
    transferred = json.dumps({"assistant": "Analytics Agent"})
    said += [call, {"type": "function_call_output", "call_id": call.call_id, "output": transferred}]
    return analyse(said)


@agent("Analytics Agent")
def analyse(said: list) -> str:
    while True:
        response = answer_of(ask(ANALYST, said))
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            return response.output_text
        for call in calls:
            result = TOOLS[call.name](**json.loads(call.arguments))
            said += [call, {"type": "function_call_output", "call_id": call.call_id, "output": result}]


configure(service_name="recorded-openai", endpoint=COLLECTOR_URL)
print(route("Can you analyze the sales data from last quarter and generate a report?"))
shutdown()
