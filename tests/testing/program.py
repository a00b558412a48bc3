"""A small traced program for the tests here: it knows nothing of being tested."""

from __future__ import annotations

from otel_agents import agent, current_operation, model, tool


@tool
def search(query: str, limit: int = 3) -> list[str]:
    return [f"{query} {number}" for number in range(limit)]


@tool
def refund(order: str) -> str:
    raise ValueError(f"no order {order}")


@model(provider="openai", model="gpt-4o-mini")
def ask(prompt: str) -> str:
    current_operation().usage(input_tokens=100, output_tokens=20, cost=0.002)
    return f"About {prompt}."


@agent("Support")
def support(question: str) -> str:
    search(question, limit=1)
    return ask(question)


@agent("Broken")
def broken() -> None:
    try:
        refund("A-1")
    except ValueError:
        support("refunds")
