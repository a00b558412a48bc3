"""The work every SDK is measured on: a turn of 8 spans (an agent, 3 model calls, 4 tools), about 10 attributes each.

`ours` writes it as a user of otel-agents would; `raw_turn` makes the same spans and attributes by opentelemetry-sdk.
"""

import time

SPANS = 8
TOOLS = ("search", "read_file", "query", "calculate")


def ours(turn: int) -> None:
    from otel_agents import monitor_operation

    with monitor_operation(
        "answer",
        agent_name="Planner",
        user_id="u-17",
        session_id="s-4",
        turn=turn,
        priority="high",
        channel="web",
        plan="pro",
    ):
        for call in range(3):
            with monitor_operation(
                "chat gpt-4o", model="gpt-4o", provider="openai", attempt=call, temperature=0.2, max_tokens=1024
            ) as op:
                op.usage(input_tokens=812, output_tokens=96, cache_read_tokens=512)
        for name in TOOLS:
            with monitor_operation(
                f"execute_tool {name}",
                tool=name,
                path="/srv/data/orders.csv",
                rows=120,
                cached=False,
                score=0.75,
                kind="file",
            ):
                pass


Spec = tuple[str, int, dict]  # a span's name, kind and attributes


def raw_turn(tracer, turn: int, specs: list[Spec]) -> None:
    """The spans of `specs`: the first encloses the others. Usage is set at the end, as it is known only then."""
    from opentelemetry.trace import SpanKind

    name, kind, attributes = specs[0]
    with tracer.start_as_current_span(name, kind=SpanKind(kind), attributes=attributes) as root:
        root.set_attribute("turn", turn)
        for name, kind, attributes in specs[1:]:
            late = {key: value for key, value in attributes.items() if ".usage." in key}
            early = {key: value for key, value in attributes.items() if key not in late}
            with tracer.start_as_current_span(name, kind=SpanKind(kind), attributes=early) as span:
                if late:
                    span.set_attributes(late)


def specs_of_ours(url: str) -> list[Spec]:
    """What `ours` makes of one turn, root first. Without the cost, which raw cannot know."""
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    import otel_agents

    memory = InMemorySpanExporter()
    otel_agents.configure(service_name="bench", endpoint=url, exporters=[memory])
    ours(0)
    otel_agents.shutdown(timeout=30)
    *inner, root = memory.get_finished_spans()
    return [
        (span.name, span.kind.value, {k: v for k, v in span.attributes.items() if not k.startswith("operation.cost")})
        for span in (root, *inner)
    ]


def measure(work, flush, turns: int) -> dict[str, float]:
    """Microseconds a span: CPU of the calling thread, and of the whole process until everything is flushed."""
    for turn in range(200):
        work(turn)
    flush()
    process, thread = time.process_time(), time.thread_time()
    for turn in range(turns):
        work(turn)
    thread = time.thread_time() - thread
    flush()
    process = time.process_time() - process
    return {"thread": thread / turns / SPANS * 1e6, "process": process / turns / SPANS * 1e6}
