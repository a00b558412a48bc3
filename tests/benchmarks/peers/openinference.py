"""openinference-instrumentation: its tracer on opentelemetry-sdk, its helpers for attributes and messages."""

from .. import turn as work

PACKAGE = "openinference-instrumentation"
IMPORT = "import openinference.instrumentation"


def begin(url: str) -> tuple[work.Turn, work.Flush]:
    from openinference.instrumentation import TracerProvider
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{url}/v1/traces")))
    tracer = provider.get_tracer("bench")
    return lambda at, prompt, answer: turn(tracer, at, prompt, answer), provider.force_flush


def turn(tracer, at: int, prompt: str, answer: str) -> None:
    from openinference.instrumentation import get_llm_attributes, using_session, using_user

    with (
        using_session(work.SESSION),
        using_user(work.USER),
        tracer.start_as_current_span(
            "answer",
            openinference_span_kind="agent",
            attributes={"agent.name": work.AGENT, "turn": at, **work.REQUEST},
        ),
    ):
        for attempt in range(work.CALLS):
            with tracer.start_as_current_span(
                "chat gpt-4o", openinference_span_kind="llm", attributes={"attempt": attempt}
            ) as span:
                messages = {}
                if prompt:
                    messages = {
                        "input_messages": [{"role": "user", "content": prompt}],
                        "output_messages": [{"role": "assistant", "content": answer}],
                    }
                span.set_attributes(
                    get_llm_attributes(
                        provider=work.PROVIDER,
                        model_name=work.MODEL,
                        invocation_parameters=work.OPTIONS,
                        token_count={
                            "prompt": work.INPUT_TOKENS,
                            "completion": work.OUTPUT_TOKENS,
                            "prompt_details": {"cache_read": work.CACHED_TOKENS},
                        },
                        **messages,
                    )
                )
        for name in work.TOOLS:
            with tracer.start_as_current_span(f"execute_tool {name}", openinference_span_kind="tool") as span:
                span.set_tool(name=name, parameters={})
                span.set_attributes(work.ARGUMENTS)
