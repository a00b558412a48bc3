"""opentelemetry-sdk, batch processor, OTLP/HTTP: the very spans and attributes otel-agents makes of the work."""

import json
import os

from . import turn as work

IMPORT = (
    "from opentelemetry.sdk.trace import TracerProvider\n"
    "from opentelemetry.sdk.trace.export import BatchSpanProcessor\n"
    "from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter"
)


def begin(url: str) -> tuple[work.Turn, work.Flush]:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "bench"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{url}/v1/traces")))
    trace.set_tracer_provider(provider)
    tracer = trace.get_tracer("bench")
    specs = json.loads(os.environ["BENCH_SPECS"])  # what `tests.benchmarks.ours` prints
    return lambda at, prompt, answer: turn(tracer, specs, at, prompt, answer), provider.force_flush


def turn(tracer, specs: list, at: int, prompt: str, answer: str) -> None:
    """The first span encloses the others. Usage and messages are set at the end: only then they are known."""
    from opentelemetry.trace import SpanKind

    name, kind, attributes = specs[0]
    with tracer.start_as_current_span(name, kind=SpanKind(kind), attributes=attributes) as root:
        root.set_attribute("turn", at)
        for name, kind, attributes in specs[1:]:
            late = {key: value for key, value in attributes.items() if ".usage." in key}
            early = {key: value for key, value in attributes.items() if key not in late}
            with tracer.start_as_current_span(name, kind=SpanKind(kind), attributes=early) as span:
                if late:
                    if prompt:
                        span.set_attribute("gen_ai.input.messages", message("user", prompt))
                        span.set_attribute("gen_ai.output.messages", message("assistant", answer))
                    span.set_attributes(late)


def message(role: str, content: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": content}]}])
