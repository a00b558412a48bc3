"""Spans for the tests of queries, and a way to put them into a store."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from otel_agents.collector.query.window import EPOCH
from otel_agents.collector.receiver.decode_spans import decode_spans
from tests.collector import otlp

if TYPE_CHECKING:
    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    from otel_agents.collector.store.store import Store

NOW = datetime(2026, 9, 21, 14, 0, 0)  # noqa: DTZ001 - as the store has times


def ns(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000


def span(
    name: str,
    trace: int,
    number: int,
    parent: int | None = None,
    *,
    at: float = 0,
    took: float = 1,
    error: str | None = None,
    **attributes: Any,
) -> Span:
    """A span `at` seconds after a minute before NOW; ids are numbers."""
    start = ns(NOW - timedelta(minutes=1) + timedelta(seconds=at))
    fields: dict[str, Any] = {
        "name": name,
        "trace_id": f"{trace:032x}",
        "span_id": f"{number:016x}",
        "start_time_unix_nano": start,
        "end_time_unix_nano": start + int(took * 1e9),
    }
    if parent is not None:
        fields["parent_span_id"] = f"{parent:016x}"
    if error is not None:
        fields["status"] = {"code": 2, "message": error}
    return otlp.span(attributes, **fields)


def agent(name: str, trace: int, number: int, parent: int | None = None, **rest: Any) -> Span:
    own = {"otel_agents.span.type": "agent", "agent": name, "gen_ai.agent.name": name}
    return span(f"invoke_agent {name}", trace, number, parent, **own, **rest)


def model(
    agent: str, trace: int, number: int, parent: int | None, tokens: tuple[int, int] | None = (10, 2), **rest: Any
) -> Span:
    own: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.agent.name": agent,
    }
    if tokens is not None:
        own |= {"gen_ai.usage.input_tokens": tokens[0], "gen_ai.usage.output_tokens": tokens[1]}
    return span("chat gpt-4o", trace, number, parent, **(own | rest))


def tool(agent: str, trace: int, number: int, parent: int | None, name: str = "search", **rest: Any) -> Span:
    own = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name, "gen_ai.agent.name": agent}
    return span(f"execute_tool {name}", trace, number, parent, **own, **rest)


def write(store: Store, *spans: Span) -> None:
    """Store spans as one commit."""
    store.write([decode_spans(otlp.request(*spans).SerializeToString()).batch])
