"""mlflow-tracing: `start_span` with span types, exported over OTLP instead of to its tracking server."""

from .. import turn as work

PACKAGE = "mlflow-tracing"
IMPORT = "import mlflow"
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
}
SWITCHES = {"unsampled": {"MLFLOW_TRACE_SAMPLING_RATIO": "0"}}


def begin(url: str) -> tuple[work.Turn, work.Flush]:
    import os

    # Without a server named, it looks for a local store with packages it does not come with.
    os.environ |= {"MLFLOW_TRACKING_URI": url, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{url}/v1/traces"}
    from mlflow.tracing.provider import provider

    return turn, lambda: provider.get().force_flush()


def turn(at: int, prompt: str, answer: str) -> None:
    import mlflow

    with mlflow.start_span(
        "answer", span_type="AGENT", attributes={"agent": work.AGENT, "turn": at, **work.REQUEST}
    ) as root:
        root.set_attributes({"user.id": work.USER, "session.id": work.SESSION})
        for attempt in range(work.CALLS):
            with mlflow.start_span(
                "chat gpt-4o",
                span_type="CHAT_MODEL",
                attributes={
                    "mlflow.llm.model": work.MODEL,
                    "mlflow.llm.provider": work.PROVIDER,
                    "attempt": attempt,
                    **work.OPTIONS,
                },
            ) as span:
                if prompt:
                    span.set_inputs({"messages": [{"role": "user", "content": prompt}]})
                    span.set_outputs({"messages": [{"role": "assistant", "content": answer}]})
                span.set_attribute(
                    "mlflow.chat.tokenUsage",
                    {
                        "input_tokens": work.INPUT_TOKENS,
                        "output_tokens": work.OUTPUT_TOKENS,
                        "cache_read_input_tokens": work.CACHED_TOKENS,
                        "total_tokens": work.INPUT_TOKENS + work.OUTPUT_TOKENS,
                    },
                )
        for name in work.TOOLS:
            with mlflow.start_span(name, span_type="TOOL") as span:
                span.set_inputs(work.ARGUMENTS)
