"""A program that uses Logfire's own package as well: the spans of both are one trace, in Logfire and in the collector.

    pip install '.[logfire]' && LOGFIRE_TOKEN=… python examples/beside_logfire.py

Without a token nothing goes to Logfire, and the collector has the trace all the same.
"""

import logfire

from otel_agents import agent, configure, flush, health, model

logfire.configure(service_name="shop", send_to_logfire="if-token-present", console=False)
configure()  # joins Logfire's provider; it may as well come first


@model(provider="openai")
def ask(messages: list[dict]) -> dict:
    said = f"Tomorrow. You asked: {messages[-1]['content']}"
    return {  # what a provider would answer
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960},
    }


@agent("Support")
def support(question: str) -> str:
    with logfire.span("look up {order}", order=17):
        pass
    return ask([{"role": "user", "content": question}])["choices"][0]["message"]["content"]


with logfire.span("request of {customer}", customer="ana"):
    print(support("When does order 17 arrive?"))

sent = flush() and logfire.force_flush()
print(f"{'Sent' if sent else 'Not sent'}: {health().total_tokens} tokens, ${health().cost_usd:.6f}")
