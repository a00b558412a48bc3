"""OTLP requests of realistic spans, made quickly: built once by protobuf, then given new ids and times in place.

A trace is 8 spans (an agent, 3 model calls, 4 tools) of 18 attributes; one span in ten carries 2-8 kB of messages.
"""

import json
import random
import struct
from collections.abc import Iterator

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

TRACE = 8
REQUEST = 512  # spans
TEMPLATES = 64
AGENTS = ("Router", "DataAnalyst", "CodeAnalyst", "Writer", "Reviewer")
TOOLS = ("search", "read_file", "query", "calculate")
MODELS = (
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini"),
    ("anthropic", "claude-3-5-sonnet"),
    ("google", "gemini-2.0-flash"),
)
WORDS = (
    "revenue",
    "quarter",
    "orders",
    "the",
    "of",
    "table",
    "python",
    "function",
    "error",
    "customer",
    "in",
    "was",
    "north",
)


def requests(spans: int, *, first_ns: int, step_ns: int, seed: int = 1) -> Iterator[bytes]:
    """Requests of 512 spans each, `spans` in all; traces start `step_ns` apart from `first_ns` on.

    What takes long is done before this returns, so that it is not in the time of whoever sends them.
    """
    rng = random.Random(seed)
    count = -(-spans // REQUEST)
    # Enough different spans that a column compresses as real ones do, not as repetition.
    templates = [Template(rng) for _ in range(min(TEMPLATES, count))]
    return (
        templates[number % len(templates)].fill(rng, first_ns + number * (REQUEST // TRACE) * step_ns, step_ns)
        for number in range(count)
    )


class Template:
    """One encoded request, and where its ids and times stand in the bytes."""

    def __init__(self, rng: random.Random) -> None:
        message = ExportTraceServiceRequest()
        resource = message.resource_spans.add()
        resource.resource.attributes.append(_attribute("service.name", "bench"))
        resource.resource.attributes.append(_attribute("telemetry.sdk.language", "python"))
        scope = resource.scope_spans.add()
        scope.scope.name = "bench"
        for _ in range(REQUEST // TRACE):
            scope.spans.extend(_trace(rng))
        self.took_ns = [
            (span.start_time_unix_nano, span.end_time_unix_nano - span.start_time_unix_nano) for span in scope.spans
        ]
        # Ids and times that nothing else in the request can hold by chance mark the places to fill.
        for number, span in enumerate(scope.spans):
            span.trace_id, span.span_id = rng.randbytes(16), rng.randbytes(8)
            span.parent_span_id = b"" if number % TRACE == 0 else rng.randbytes(8)
            span.start_time_unix_nano, span.end_time_unix_nano = rng.getrandbits(64), rng.getrandbits(64)
        self.data = bytearray(message.SerializeToString())
        self.places = []
        at = 0  # the fields stand in the order they are looked for
        for span in scope.spans:
            start, end = (struct.pack("<Q", time) for time in (span.start_time_unix_nano, span.end_time_unix_nano))
            places = []
            for mark in (span.trace_id, span.span_id, span.parent_span_id, start, end):
                at = self.data.index(mark, at) if mark else at
                places.append(at if mark else None)
            self.places.append(places)

    def fill(self, rng: random.Random, first_ns: int, step_ns: int) -> bytes:
        """The request with ids of its own, its first trace at `first_ns`, the next `step_ns` later, and so on."""
        data = self.data
        for number, (trace_at, span_at, parent_at, start_at, end_at) in enumerate(self.places):
            span_id = rng.randbytes(8)
            if parent_at is None:
                trace_id, root_id = rng.randbytes(16), span_id
                began_ns = first_ns + (number // TRACE) * step_ns
            else:
                data[parent_at : parent_at + 8] = root_id
            data[trace_at : trace_at + 16] = trace_id
            data[span_at : span_at + 8] = span_id
            offset, took = self.took_ns[number]
            struct.pack_into("<Q", data, start_at, began_ns + offset)
            struct.pack_into("<Q", data, end_at, began_ns + offset + took)
        return bytes(data)


def _trace(rng: random.Random) -> list[Span]:
    agent = rng.choice(AGENTS)
    spans = [
        _span(
            rng, "agent", f"invoke_agent {agent}", {"gen_ai.operation.name": "invoke_agent", "agent": agent}, agent, 0
        )
    ]
    for number in range(1, TRACE):
        if number % 2:
            provider, model = rng.choice(MODELS)
            read = rng.randrange(0, 2000)
            own = {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": provider,
                "gen_ai.request.model": model,
                "gen_ai.response.model": model,
                "gen_ai.usage.input_tokens": read + rng.randrange(50, 3000),
                "gen_ai.usage.output_tokens": rng.randrange(5, 900),
                "gen_ai.usage.cache_read.input_tokens": read,
                "operation.cost": rng.random() / 50,
                "operation.cost.source": "table:1",
            }
            spans.append(_span(rng, "model", f"chat {model}", own, agent, number))
        else:
            tool = rng.choice(TOOLS)
            own = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool}
            spans.append(_span(rng, "tool", f"execute_tool {tool}", own, agent, number))
    return spans


def _span(rng: random.Random, kind: str, name: str, own: dict, agent: str, number: int) -> Span:
    attributes = {"otel_agents.span.type": kind, "gen_ai.agent.name": agent, "session.id": f"s-{rng.randrange(10**6)}"}
    attributes |= {"user.id": f"u-{rng.randrange(5000)}"} | own
    if rng.random() < 0.1:
        attributes["gen_ai.input.messages"] = _messages(rng)
    while len(attributes) < 18:
        attributes[f"app.field_{len(attributes)}"] = rng.choice((rng.randrange(1000), rng.random(), rng.choice(WORDS)))
    start, took = number * 250_000_000, rng.randrange(5_000_000, 240_000_000)
    failed = kind == "tool" and rng.random() < 0.05
    if failed:
        attributes["error.type"] = "TimeoutError"
    return Span(
        name=name,
        kind=Span.SPAN_KIND_CLIENT if kind == "model" else Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=start,
        end_time_unix_nano=start + (2_000_000_000 if kind == "agent" else took),
        attributes=[_attribute(key, value) for key, value in attributes.items()],
        status=Status(code=Status.STATUS_CODE_ERROR, message="timed out") if failed else Status(),
    )


def _messages(rng: random.Random) -> str:
    words = " ".join(rng.choice(WORDS) for _ in range(rng.randrange(350, 1400)))
    return json.dumps([{"role": "user", "parts": [{"type": "text", "content": words}]}])


def _attribute(key: str, value: object) -> KeyValue:
    if isinstance(value, str):
        return KeyValue(key=key, value=AnyValue(string_value=value))
    if isinstance(value, int):
        return KeyValue(key=key, value=AnyValue(int_value=value))
    return KeyValue(key=key, value=AnyValue(double_value=value))
