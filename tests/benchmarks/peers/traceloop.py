"""traceloop-sdk: its decorators for the agent and the tools, `track_llm_call` for model calls."""

from .. import turn as work

PACKAGE = "traceloop-sdk"
IMPORT = "from traceloop.sdk import Traceloop"
ENVIRONMENT = {"TRACELOOP_TELEMETRY": "false", "TRACELOOP_METRICS_ENABLED": "false"}


def begin(url: str) -> tuple[work.Turn, work.Flush]:
    from opentelemetry import trace
    from traceloop.sdk import Traceloop

    Traceloop.init(app_name="bench", api_endpoint=url, api_key="bench", telemetry_enabled=False)
    return traced(), lambda: trace.get_tracer_provider().force_flush()


def traced() -> work.Turn:
    from opentelemetry import trace
    from traceloop.sdk import Traceloop
    from traceloop.sdk.decorators import agent, tool
    from traceloop.sdk.tracing.manual import LLMMessage, LLMUsage, track_llm_call

    def run(path: str, rows: int, cached: bool, score: float, kind: str) -> None:
        pass

    tools = [tool(name=name)(run) for name in work.TOOLS]

    @agent(name=work.AGENT)
    def answer(at: int, prompt: str, text: str, priority: str, channel: str, plan: str) -> None:
        for attempt in range(work.CALLS):
            with track_llm_call(vendor=work.PROVIDER, type="chat") as span:
                span.report_request(work.MODEL, [LLMMessage(role="user", content=prompt)] if prompt else [])
                trace.get_current_span().set_attributes({"attempt": attempt, **work.OPTIONS})
                span.report_response(work.MODEL, [text] if text else [])
                span.report_usage(
                    LLMUsage(
                        prompt_tokens=work.INPUT_TOKENS,
                        completion_tokens=work.OUTPUT_TOKENS,
                        total_tokens=work.INPUT_TOKENS + work.OUTPUT_TOKENS,
                        cache_read_input_tokens=work.CACHED_TOKENS,
                    )
                )
        for each in tools:
            each(**work.ARGUMENTS)

    def turn(at: int, prompt: str, text: str) -> None:
        Traceloop.set_association_properties({"user_id": work.USER, "session_id": work.SESSION})
        answer(at, prompt, text, **work.REQUEST)

    return turn
