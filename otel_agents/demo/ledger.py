"""What the demo counts by itself, to hold against what the collector recorded.

Nothing here uses what otel_agents read or computed: tokens are read off the wire, from the answers' own usage; prices
come from genai-prices directly; and spans are counted as they end.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import genai_prices
import httpx2
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import StatusCode

from otel_agents import conventions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from opentelemetry.context import Context


@dataclass(eq=False)
class Bill:
    """What one request did. Tokens are totals, as providers report them: cached are part of input."""

    trace_id: str = ""
    agents: list[str] = field(default_factory=list)
    spans: int = 0
    errors: int = 0
    model_calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0
    failed: bool = False

    def add(self, model: str, usage: dict[str, Any]) -> None:
        """Add a ``usage`` object of a chat completion or of a response."""
        said, written = ("prompt", "completion") if "prompt_tokens" in usage else ("input", "output")
        input_tokens, output_tokens = usage[f"{said}_tokens"], usage[f"{written}_tokens"]
        cached = (usage.get(f"{said}_tokens_details") or {}).get("cached_tokens") or 0
        self.input_tokens += input_tokens
        self.cached_tokens += cached
        self.output_tokens += output_tokens
        counted = genai_prices.Usage(input_tokens=input_tokens, cache_read_tokens=cached, output_tokens=output_tokens)
        try:
            price = genai_prices.calc_price(
                counted, model, provider_id="openai", genai_request_timestamp=datetime.now(UTC)
            )
        except LookupError:
            self.unpriced += 1
        else:
            self.cost += float(price.total_price)


CURRENT: ContextVar[Bill] = ContextVar("bill of the request that is running")


class SpanCounter(SpanProcessor):
    """Counts the spans of each request, and notes its agents in the order they began."""

    def __init__(self) -> None:
        self._bills: WeakValueDictionary[int, Bill] = WeakValueDictionary()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
        """Note whose span it is."""
        trace_id = span.get_span_context().trace_id
        bill = CURRENT.get(None)
        if bill is None:
            return
        self._bills[trace_id] = bill
        bill.trace_id = f"{trace_id:032x}"
        attributes = span.attributes or {}
        if conventions.AGENT in attributes:
            bill.agents.append(str(attributes[conventions.AGENT]))

    def on_end(self, span: ReadableSpan) -> None:
        """Count it."""
        context = span.get_span_context()
        bill = self._bills.get(context.trace_id) if context else None
        if bill is not None:
            bill.spans += 1
            bill.errors += span.status.status_code is StatusCode.ERROR


async def count_call(request: httpx2.Request) -> None:
    """Hook of an HTTP client: count a call, and have its answer come uncompressed."""
    CURRENT.get().model_calls += 1
    request.headers["Accept-Encoding"] = "identity"


async def read_usage(response: httpx2.Response) -> None:
    """Hook of an HTTP client: read the usage out of an answer as it passes."""
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Passing(response.stream, CURRENT.get())


class _Passing(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, bill: Bill) -> None:
        self._stream = stream
        self._bill = bill
        self._seen = bytearray()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._seen += piece
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
        lines = self._seen.decode().splitlines()
        events = [line.removeprefix("data: ") for line in lines if line.startswith("data: {")] or ["".join(lines)]
        for event in events:
            answer = json.loads(event or "{}")
            answer = answer.get("response") or answer
            if answer.get("usage"):
                self._bill.add(answer["model"], answer["usage"])
