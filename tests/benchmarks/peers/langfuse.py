"""langfuse: observations of its own types; what has no field of its own goes into the metadata."""

from .. import turn as work

PACKAGE = "langfuse"
IMPORT = "import langfuse"
SWITCHES = {"off": {"LANGFUSE_TRACING_ENABLED": "false"}, "unsampled": {"LANGFUSE_SAMPLE_RATE": "0"}}


def begin(url: str) -> tuple[work.Turn, work.Flush]:
    from langfuse import Langfuse

    client = Langfuse(public_key="pk-bench", secret_key="sk-bench", base_url=url)
    return lambda at, prompt, answer: turn(client, at, prompt, answer), client.flush


def turn(client, at: int, prompt: str, answer: str) -> None:
    from langfuse import propagate_attributes

    with (
        client.start_as_current_observation(
            name="answer", as_type="agent", metadata={"agent": work.AGENT, "turn": at, **work.REQUEST}
        ),
        propagate_attributes(user_id=work.USER, session_id=work.SESSION),
    ):
        for attempt in range(work.CALLS):
            with client.start_as_current_observation(
                name="chat gpt-4o",
                as_type="generation",
                model=work.MODEL,
                model_parameters=work.OPTIONS,
                input=[{"role": "user", "content": prompt}] if prompt else None,
                metadata={"provider": work.PROVIDER, "attempt": attempt},
            ) as call:
                call.update(
                    output=answer or None,
                    usage_details={
                        "input": work.INPUT_TOKENS,
                        "output": work.OUTPUT_TOKENS,
                        "cache_read_input_tokens": work.CACHED_TOKENS,
                    },
                )
        for name in work.TOOLS:
            with client.start_as_current_observation(name=name, as_type="tool", input=work.ARGUMENTS):
                pass
