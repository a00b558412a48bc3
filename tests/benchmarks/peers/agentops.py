"""agentops: its decorators, which record arguments and results; model and usage on the span they make."""

from .. import turn as work

PACKAGE = "agentops"
IMPORT = "import agentops"
ENVIRONMENT = {"AGENTOPS_LOG_LEVEL": "CRITICAL"}


def begin(url: str) -> tuple[work.Turn, work.Flush]:
    import agentops
    from opentelemetry import trace

    agentops.init(
        api_key="00000000-0000-4000-8000-000000000000",
        endpoint=url,
        app_url=url,
        exporter_endpoint=f"{url}/v1/traces",
        auto_start_session=False,
        instrument_llm_calls=False,
        log_session_replay_url=False,
    )
    return traced(), lambda: trace.get_tracer_provider().force_flush()


def traced() -> work.Turn:
    from agentops.sdk.decorators import agent, operation, tool
    from opentelemetry import trace

    @operation(name="chat gpt-4o")
    def chat(prompt: str, text: str, attempt: int, temperature: float, max_tokens: int) -> str:
        trace.get_current_span().set_attributes(
            {
                "gen_ai.system": work.PROVIDER,
                "gen_ai.request.model": work.MODEL,
                "gen_ai.usage.prompt_tokens": work.INPUT_TOKENS,
                "gen_ai.usage.completion_tokens": work.OUTPUT_TOKENS,
                "gen_ai.usage.cache_read_input_tokens": work.CACHED_TOKENS,
            }
        )
        return text

    def run(path: str, rows: int, cached: bool, score: float, kind: str) -> None:
        pass

    tools = [tool(name=name)(run) for name in work.TOOLS]

    @agent(name=work.AGENT)
    def answer(
        at: int, prompt: str, text: str, user: str, session: str, priority: str, channel: str, plan: str
    ) -> None:
        for attempt in range(work.CALLS):
            chat(prompt, text, attempt, **work.OPTIONS)
        for each in tools:
            each(**work.ARGUMENTS)

    return lambda at, prompt, text: answer(at, prompt, text, work.USER, work.SESSION, **work.REQUEST)
