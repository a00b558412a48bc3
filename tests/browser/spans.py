"""Runs of agents as the stock OpenTelemetry exporter sends them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Self

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode

if TYPE_CHECKING:
    from types import TracebackType

QUESTION = "How many orders were placed last week?"
ANSWER = "Last week **1,284** orders were placed:\n\n```sql\nSELECT COUNT(*) FROM orders\n```"
BAD_SQL = "SELECT SUM(order_total) FROM orders"
FAILURE = "no such column: order_total"
STACK = f"""Traceback (most recent call last):
  File "/srv/shop/tools.py", line 41, in query
    run(sql)
ToolError: {FAILURE}
"""


class Sender:
    """Makes spans at given times and sends them to a collector; leaving it waits until they are stored."""

    def __init__(self, url: str, service: str = "shop", **common: str) -> None:
        self.common = common  # attributes of every span
        self._provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
        self._tracer = self._provider.get_tracer("tests.browser")
        self._begin = self._restart()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._provider.shutdown()

    def span(self, name: str, parent: Span | None = None, at: float = 0, lasts: float = 0.1, **more: Any) -> Span:
        """Make a span that started ``at`` seconds after ten seconds ago.

        Args:
            parent: the span above it; None starts a trace.
            lasts: seconds.
            more: ``attributes``, ``kind``, ``links``, ``events`` by name, and ``error`` for the message of a failure.
        """
        context = trace.set_span_in_context(parent) if parent else None
        if parent is None:
            self._begin = self._restart()
        start = self._begin + round(at * 1e9)
        error, events = more.pop("error", None), more.pop("events", {})
        span = self._tracer.start_span(name, context, start_time=start, **more)
        span.set_attributes(self.common)
        for event, said in events.items():
            span.add_event(event, said, start)
        if error:
            exception = {"exception.type": "ToolError", "exception.message": error, "exception.stacktrace": STACK}
            span.add_event("exception", exception, start + round(lasts * 1e9))
            span.set_status(Status(StatusCode.ERROR, f"ToolError: {error}"))
            span.set_attribute("error.type", "ToolError")
        span.end(start + round(lasts * 1e9))
        return span

    def flush(self) -> None:
        """Wait until everything made so far is stored."""
        assert self._provider.force_flush(10_000)

    def _restart(self) -> int:
        return time.time_ns() - 10_000_000_000


def agent(name: str, **attributes: Any) -> dict[str, Any]:
    return {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name, "agent": name, **attributes}


def model(agent: str, tokens: tuple[int, int], cost: float | None = None, **content: Any) -> dict[str, Any]:
    """A model call of an agent; content as values that become JSON."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.response.model": "gpt-5-mini",
        "gen_ai.agent.name": agent,
        "gen_ai.usage.input_tokens": tokens[0],
        "gen_ai.usage.output_tokens": tokens[1],
        **({} if cost is None else {"operation.cost": cost}),
        **{f"gen_ai.{key}": json.dumps(value) for key, value in content.items()},
    }


def said(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def shop_run(sender: Sender) -> tuple[str, dict[str, str]]:
    """One run: a router hands over to an analyst, whose tool fails once.

    Returns:
        The trace's id, and the spans' ids by a short name.
    """
    call = {"type": "tool_call", "id": "call_1", "name": "query_database", "arguments": {"sql": BAD_SQL}}
    result = {"type": "tool_call_response", "id": "call_1", "result": f"Error: {FAILURE}"}
    thought = {"type": "reasoning", "content": "The column has another name."}
    picture = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGVsbG8="}
    before = [
        said("user", QUESTION),
        {"role": "assistant", "parts": [call]},
        {"role": "tool", "parts": [result]},
        {"role": "user", "parts": [picture]},
    ]
    answer = {"role": "assistant", "parts": [thought, {"type": "text", "content": ANSWER}], "finish_reason": "stop"}

    root = sender.span("user_request", lasts=8, attributes=agent("Router"))
    routed = model("Router", (400, 20), 0.001, **{"input.messages": [said("user", QUESTION)]})
    spans = {
        "root": root,
        "routing": sender.span("chat gpt-5-mini", root, 0.1, 0.8, kind=SpanKind.CLIENT, attributes=routed),
        "handover": sender.span(
            "handoff",
            root,
            1,
            0.001,
            attributes={
                "otel_agents.span.type": "message",
                "otel_agents.handoff.from": "Router",
                "otel_agents.handoff.to": "Analyst",
                "otel_agents.handoff.reason": "It needs the database",
            },
        ),
        "analyst": (analyst := sender.span("invoke_agent Analyst", root, 1.1, 6.5, attributes=agent("Analyst"))),
        "tool": sender.span(
            "execute_tool query_database",
            analyst,
            1.2,
            0.3,
            error=FAILURE,
            attributes={
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "query_database",
                "gen_ai.agent.name": "Analyst",
                "gen_ai.tool.call.arguments": json.dumps({"sql": BAD_SQL}),
            },
        ),
        "answer": sender.span(
            "chat gpt-5-mini",
            analyst,
            2,
            5,
            kind=SpanKind.CLIENT,
            attributes={
                **model(
                    "Analyst",
                    (1200, 300),
                    0.0123,
                    system_instructions=[{"type": "text", "content": "Look at the schema first."}],
                    **{"input.messages": before, "output.messages": [answer]},
                ),
                "gen_ai.usage.cache_read.input_tokens": 800,
                "gen_ai.usage.reasoning.output_tokens": 100,
            },
        ),
    }
    sender.flush()
    ids = {name: f"{span.get_span_context().span_id:016x}" for name, span in spans.items()}
    return f"{root.get_span_context().trace_id:032x}", ids


def talk_run(sender: Sender) -> dict[str, Span]:
    """A planner chooses a writer and sends it a task, which is worked on in a trace of its own."""
    planner = sender.span(
        "invoke_agent Planner",
        lasts=4,
        attributes=agent("Planner", **{"otel_agents.route.selected": "Writer", "otel_agents.route.score": 0.9}),
        events={
            "otel_agents.route": {
                "otel_agents.route.selected": "Writer",
                "otel_agents.route.score": 0.9,
                "otel_agents.route.reason": "asks for a poem",
                "otel_agents.route.candidates": ["Writer", "Translator"],
            }
        },
    )
    task = {
        "otel_agents.span.type": "message",
        "otel_agents.message.source": "Planner",
        "otel_agents.message.target": "Writer",
        "otel_agents.message.type": "task",
        "messaging.message.body.size": 2100,
    }
    sent = sender.span(
        "send Writer",
        planner,
        0.5,
        3,
        kind=SpanKind.PRODUCER,
        attributes={
            **task,
            "gen_ai.operation.name": "send",
            "otel_agents.message.response_time": 3.0,
            "otel_agents.message.reply_size": 21,
            "otel_agents.message.context_size": 2048,
            "otel_agents.message.context_relevance": 0.8,
            "otel_agents.message.retries": 1,
        },
    )
    processed = sender.span(
        "process Writer",
        None,
        lasts=1.25,
        kind=SpanKind.CONSUMER,
        links=[Link(sent.get_span_context())],
        attributes={
            **task,
            "gen_ai.operation.name": "process",
            "otel_agents.message.queue_time": 0.5,
            "otel_agents.message.processing_time": 1.25,
        },
    )
    sender.flush()
    return {"planner": planner, "sent": sent, "processed": processed}
