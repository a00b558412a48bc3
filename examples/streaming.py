"""Streams: a span ends when its stream does, however that comes about. It needs no model and no key."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from otel_agents import agent, configure, flush, monitor_operation

configure(service_name="streaming")


@agent("Storyteller")  # a generator: the span is open while somebody reads, and what was told is its output
def story() -> Iterator[str]:
    yield from ("Once ", "upon ", "a ", "time.")


@agent("Counter")
async def count(to: int) -> AsyncIterator[int]:
    for number in range(to):
        await asyncio.sleep(0.01)
        yield number


def model_stream() -> Iterator[dict]:
    """Stand in for a provider's stream: three chunks as OpenAI's API sends them, the last one with the usage."""
    for word in ("Hello, ", "world."):
        yield {"model": "gpt-4o-mini", "choices": [{"index": 0, "delta": {"content": word}}]}
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
    yield {"model": "gpt-4o-mini", "choices": [], "usage": usage}


async def main() -> None:
    with monitor_operation("all_of_it"):
        print("".join(story()))

        # Broken off after two of ten: the span ends here, and is marked as incomplete.
        numbers = count(10)
        async for number in numbers:
            if number == 1:
                break
        await numbers.aclose()
        print("counted to", number)

        # Without a decorator: the operation reads the chunks as they pass, for tokens, cost and time to the first one.
        with monitor_operation("chat gpt-4o-mini", model="gpt-4o-mini", provider="openai") as call:
            for chunk in call.stream(model_stream()):
                for choice in chunk["choices"]:
                    print(choice["delta"]["content"], end="")
        print()


asyncio.run(main())
print("Sent." if flush() else "Nothing was sent: no collector runs.")
