"""opik: spans as context managers, over its own REST API."""

from .. import turn as work

PACKAGE = "opik"
IMPORT = "import opik"
ENVIRONMENT = {
    "OPIK_SENTRY_ENABLE": "false",
    "OPIK_ANALYTICS_ENABLE": "false",
    "OPIK_ENABLE_LITELLM_MODELS_MONITORING": "false",
    "OPIK_CONSOLE_LOGGING_LEVEL": "ERROR",
    "OPIK_WORKSPACE": "bench",
    "OPIK_API_KEY": "bench",
}
SWITCHES = {"off": None, "unsampled": None}  # OPIK_TRACK_DISABLE is for its decorator, not for its context managers


def begin(url: str) -> tuple[work.Turn, work.Flush]:
    import os

    os.environ["OPIK_URL_OVERRIDE"] = f"{url}/api"
    import opik

    return turn, opik.flush_tracker


def turn(at: int, prompt: str, answer: str) -> None:
    import opik

    with opik.start_as_current_span(
        "answer",
        metadata={"agent": work.AGENT, "user": work.USER, "session": work.SESSION, "turn": at, **work.REQUEST},
    ):
        for attempt in range(work.CALLS):
            with opik.start_as_current_span(
                "chat gpt-4o",
                type="llm",
                model=work.MODEL,
                provider=work.PROVIDER,
                input={"messages": [{"role": "user", "content": prompt}]} if prompt else None,
                metadata={"attempt": attempt, **work.OPTIONS},
            ) as span:
                if answer:
                    span.output = {"content": answer}
                span.usage = {
                    "prompt_tokens": work.INPUT_TOKENS,
                    "completion_tokens": work.OUTPUT_TOKENS,
                    "total_tokens": work.INPUT_TOKENS + work.OUTPUT_TOKENS,
                }
        for name in work.TOOLS:
            with opik.start_as_current_span(name, type="tool", input=work.ARGUMENTS):
                pass
