"""A support agent that needs no model and no key; test_support.py beside it tests what it does."""

from otel_agents import agent, current_operation, model, tool

ORDERS = {"A-17": {"item": "kettle", "paid": 40}, "B-2": {"item": "toaster", "paid": 250}}


@tool
def find_order(order: str) -> dict:
    return ORDERS[order]


@tool
def refund(order: str, amount: int) -> str:
    return f"{amount} EUR back for {order}"


@model(provider="openai", model="gpt-4o-mini")
def decide(messages: list[dict]) -> str:
    # A real one asks the model here; this one has made up its mind.
    current_operation().usage(input_tokens=240, output_tokens=12)
    return "refund" if messages[-1]["content"]["paid"] <= 100 else "ask a person"


@agent("Support")
def support(order: str) -> str:
    found = find_order(order)
    if decide([{"role": "user", "content": found}]) == "refund":
        return refund(order, found["paid"])
    return "A colleague will call you."
