"""openlit: `start_trace` for each span, `set_metadata` for its attributes."""

from .. import turn as work

PACKAGE = "openlit"
IMPORT = "import openlit"


def begin(url: str) -> tuple[work.Turn, work.Flush]:
    import json
    import tempfile

    import openlit
    from opentelemetry import trace

    with tempfile.NamedTemporaryFile("w", suffix=".json") as prices:
        json.dump({"chat": {work.MODEL: {"promptPrice": 0.0025, "completionPrice": 0.01}}}, prices)
        prices.flush()
        openlit.init(
            application_name="bench",
            otlp_endpoint=url,
            pricing_json=prices.name,  # by default it fetches them from GitHub
            disable_metrics=True,
            disable_events=True,
        )
    return turn, lambda: trace.get_tracer_provider().force_flush()


def turn(at: int, prompt: str, answer: str) -> None:
    import openlit

    with openlit.start_trace("answer") as root:
        root.set_metadata(
            {"gen_ai.agent.name": work.AGENT, "user.id": work.USER, "session.id": work.SESSION, "turn": at}
            | work.REQUEST
        )
        for attempt in range(work.CALLS):
            with openlit.start_trace("chat gpt-4o") as span:
                span.set_metadata(
                    {
                        "gen_ai.operation.name": "chat",
                        "gen_ai.request.model": work.MODEL,
                        "gen_ai.provider.name": work.PROVIDER,
                        "attempt": attempt,
                        **work.OPTIONS,
                    }
                )
                if prompt:
                    span.set_metadata({"gen_ai.input.messages": prompt})
                    span.set_result(answer)
                span.set_metadata(
                    {
                        "gen_ai.usage.input_tokens": work.INPUT_TOKENS,
                        "gen_ai.usage.output_tokens": work.OUTPUT_TOKENS,
                        "gen_ai.usage.cache_read.input_tokens": work.CACHED_TOKENS,
                    }
                )
        for name in work.TOOLS:
            with openlit.start_trace(f"execute_tool {name}") as span:
                span.set_metadata({"gen_ai.tool.name": name, **work.ARGUMENTS})
