"""weave: its `op` decorator, over its own API; arguments and results are recorded, usage in the call's summary."""

from .. import turn as work

PACKAGE = "weave"
IMPORT = "import weave"
ENVIRONMENT = {
    "WANDB_API_KEY": "b" * 40,
    "WANDB_ERROR_REPORTING": "false",
    "WEAVE_PRINT_CALL_LINK": "false",
    "WEAVE_CAPTURE_CODE": "false",
    "DO_NOT_TRACK": "true",
}
SWITCHES = {"off": {"WEAVE_DISABLED": "true"}, "unsampled": None}


def begin(url: str) -> tuple[work.Turn, work.Flush]:
    import os

    os.environ |= {"WF_TRACE_SERVER_URL": url, "WANDB_BASE_URL": url}
    import weave

    client = weave.init("bench/bench")
    return traced(), client.flush


def traced() -> work.Turn:
    import weave

    @weave.op(name="chat", kind="llm")
    def chat(model: str, provider: str, prompt: str, text: str, attempt: int, temperature: float, max_tokens: int):
        return {
            "model": model,
            "content": text,
            "usage": {
                "prompt_tokens": work.INPUT_TOKENS,
                "completion_tokens": work.OUTPUT_TOKENS,
                "total_tokens": work.INPUT_TOKENS + work.OUTPUT_TOKENS,
            },
        }

    def run(path: str, rows: int, cached: bool, score: float, kind: str) -> None:
        pass

    tools = [weave.op(name=name, kind="tool")(run) for name in work.TOOLS]

    @weave.op(name="answer", kind="agent")
    def answer(at: int, prompt: str, text: str, priority: str, channel: str, plan: str) -> None:
        for attempt in range(work.CALLS):
            chat(work.MODEL, work.PROVIDER, prompt, text, attempt, **work.OPTIONS)
        for each in tools:
            each(**work.ARGUMENTS)

    def turn(at: int, prompt: str, text: str) -> None:
        with weave.attributes({"agent": work.AGENT, "user": work.USER, "session": work.SESSION}):
            answer(at, prompt, text, **work.REQUEST)

    return turn
