"""otel-agents on the common work, as its user writes it; run as a program, it prints what spans it makes of it."""

import functools
import json
from collections.abc import Callable

from . import turn as work

IMPORT = "import otel_agents"


def begin(url: str) -> tuple[work.Turn, work.Flush]:
    import otel_agents

    otel_agents.configure(service_name="bench", endpoint=url)
    return functools.partial(turn, otel_agents.monitor_operation), functools.partial(otel_agents.flush, timeout=60)


def turn(monitor_operation: Callable, at: int, prompt: str, answer: str) -> None:
    with monitor_operation(
        "answer",
        agent_name=work.AGENT,
        user_id=work.USER,
        session_id=work.SESSION,
        turn=at,
        priority="high",
        channel="web",
        plan="pro",
    ):
        for attempt in range(work.CALLS):
            with monitor_operation(
                "chat gpt-4o",
                model=work.MODEL,
                provider=work.PROVIDER,
                attempt=attempt,
                temperature=0.2,
                max_tokens=1024,
            ) as op:
                if prompt:
                    op.input(prompt)
                    op.output(answer)
                op.usage(
                    input_tokens=work.INPUT_TOKENS,
                    output_tokens=work.OUTPUT_TOKENS,
                    cache_read_tokens=work.CACHED_TOKENS,
                )
        for name in work.TOOLS:
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


def specs() -> list[tuple[str, int, dict]]:
    """Name, kind and attributes of each span of one turn, root first. Without the cost, which raw cannot know."""
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    import otel_agents

    memory = InMemorySpanExporter()
    otel_agents.configure(service_name="bench", traces_exporter="none", exporters=[memory], spool=False)
    turn(otel_agents.monitor_operation, 0, "", "")
    otel_agents.shutdown(timeout=30)
    *inner, root = memory.get_finished_spans()
    return [
        (span.name, span.kind.value, {k: v for k, v in span.attributes.items() if not k.startswith("operation.cost")})
        for span in (root, *inner)
    ]


if __name__ == "__main__":
    print(json.dumps(specs()))
