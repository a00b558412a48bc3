"""logfire: spans as context managers, to an OTLP endpoint of one's own instead of its service."""

from .. import turn as work

PACKAGE = "logfire"
IMPORT = "import logfire"


def begin(url: str) -> tuple[work.Turn, work.Flush]:
    import os

    import logfire

    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = url  # its documented way to another backend
    os.environ["OTEL_METRICS_EXPORTER"] = os.environ["OTEL_LOGS_EXPORTER"] = "none"
    logfire.configure(
        service_name="bench", send_to_logfire=False, console=False, metrics=False, inspect_arguments=False
    )
    return turn, logfire.force_flush


def turn(at: int, prompt: str, answer: str) -> None:
    import logfire

    with logfire.span("answer", agent=work.AGENT, user_id=work.USER, session_id=work.SESSION, turn=at, **work.REQUEST):
        for attempt in range(work.CALLS):
            with logfire.span(
                "chat gpt-4o",
                **{
                    "gen_ai.operation.name": "chat",
                    "gen_ai.request.model": work.MODEL,
                    "gen_ai.provider.name": work.PROVIDER,
                },
                attempt=attempt,
                **work.OPTIONS,
            ) as span:
                if prompt:
                    span.set_attribute("gen_ai.input.messages", [{"role": "user", "content": prompt}])
                    span.set_attribute("gen_ai.output.messages", [{"role": "assistant", "content": answer}])
                span.set_attribute("gen_ai.usage.input_tokens", work.INPUT_TOKENS)
                span.set_attribute("gen_ai.usage.output_tokens", work.OUTPUT_TOKENS)
                span.set_attribute("gen_ai.usage.cache_read.input_tokens", work.CACHED_TOKENS)
        for name in work.TOOLS:
            with logfire.span("execute_tool {tool}", tool=name, **work.ARGUMENTS):
                pass
