"""Ways a stream ends that nobody planned: collected, cancelled, read by several at once, run elsewhere than called."""

import asyncio
import copy
import gc
import inspect
from types import FunctionType

from opentelemetry import trace

from otel_agents import agent, model, monitor_operation

USAGE = "gen_ai.usage.input_tokens"
INCOMPLETE = "otel_agents.stream.incomplete"
CHUNK = {
    "id": "c1",
    "object": "chat.completion.chunk",
    "model": "gpt-4o",
    "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8},
}


@model(model="gpt-4o")
async def ask_async(waits: asyncio.Event | None = None):
    with monitor_operation("inside"):
        yield CHUNK
        if waits is not None:
            await waits.wait()
        yield CHUNK


@model(model="gpt-4o")
def ask():
    with monitor_operation("inside"):
        yield CHUNK
        yield CHUNK


def check_cut(recorder) -> None:
    """The model's span ended once, incomplete, with the usage seen; what was open inside it ended too."""
    assert recorder.tree() == ["chat gpt-4o", "  inside"]
    span = recorder.span("chat gpt-4o")
    assert (span.attributes[USAGE], span.attributes[INCOMPLETE], span.status.status_code.name) == (7, True, "UNSET")
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_a_generator_is_collected(recorder, caplog) -> None:
    steps = ask()
    next(steps)
    del steps
    gc.collect()
    check_cut(recorder)
    assert caplog.records == []


async def test_an_async_generator_is_collected_while_its_loop_runs(recorder, caplog) -> None:
    steps = ask_async()
    await anext(steps)
    del steps
    gc.collect()
    await asyncio.sleep(0)  # the loop closes it in a task of its own
    await asyncio.sleep(0)
    check_cut(recorder)
    assert caplog.records == []


def test_an_async_generator_is_left_to_the_end_of_its_loop(recorder, caplog) -> None:
    async def main():
        steps = ask_async()
        await anext(steps)
        return steps

    asyncio.run(main())
    check_cut(recorder)
    assert caplog.records == []


def test_an_async_generator_outlives_its_loop(recorder) -> None:
    async def begin(steps):
        await anext(steps)

    loop = asyncio.new_event_loop()
    steps = ask_async()
    loop.run_until_complete(begin(steps))
    loop.close()
    del steps  # nobody is left to close it: its body never goes on
    gc.collect()
    attributes = recorder.span("chat gpt-4o").attributes
    assert (attributes[USAGE], attributes[INCOMPLETE]) == (7, True)


async def test_a_reader_is_cancelled_between_two_chunks(recorder) -> None:
    async def read():
        async for _ in ask_async(asyncio.Event()):
            begun.set()

    begun = asyncio.Event()
    task = asyncio.create_task(read())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    check_cut(recorder)


async def test_a_reader_of_a_stream_in_a_block_is_cancelled(recorder) -> None:
    class Stream:
        given = False

        def __aiter__(self):
            return self

        async def __anext__(self):
            if self.given:
                await asyncio.Event().wait()
            self.given = True
            return CHUNK

    async def read():
        with monitor_operation("ask", model="gpt-4o") as op:
            async for _ in op.stream(Stream()):
                begun.set()

    begun = asyncio.Event()
    task = asyncio.create_task(read())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])
    span = recorder.span()
    assert (span.attributes[USAGE], span.attributes[INCOMPLETE], span.status.status_code.name) == (7, True, "UNSET")


async def test_a_stream_is_closed_by_another_task(recorder, caplog) -> None:
    steps = ask_async()
    await asyncio.create_task(anext(steps))
    await asyncio.create_task(steps.aclose())
    check_cut(recorder)
    assert caplog.records == []


async def test_two_tasks_read_one_stream_at_once(recorder) -> None:
    class Stream:
        def __aiter__(self):
            return self

        async def __anext__(self):
            await gates.pop(0).wait()
            return CHUNK

    @model(model="gpt-4o")
    async def answer():
        return Stream()

    async def read():
        await anext(stream)
        return trace.get_current_span()

    first, second = asyncio.Event(), asyncio.Event()
    gates = [first, second]
    stream = await answer()
    readers = [asyncio.create_task(read()) for _ in range(2)]
    await asyncio.sleep(0)
    first.set()
    assert await readers[0] is trace.INVALID_SPAN
    second.set()
    assert await readers[1] is trace.INVALID_SPAN
    await stream.aclose()
    assert recorder.span().attributes[INCOMPLETE] is True


# --- Called in one place, run in another --------------------------------------------------------------------------


def test_a_generator_belongs_to_the_operation_it_was_called_in(recorder) -> None:
    with monitor_operation("request"):
        steps = ask()
    with monitor_operation("elsewhere"):
        for _ in steps:
            assert trace.get_current_span().name == "elsewhere"
    assert recorder.span("chat gpt-4o").parent == recorder.span("request").context
    assert recorder.span("inside").parent == recorder.span("chat gpt-4o").context


def test_called_outside_of_every_operation_it_belongs_to_where_it_is_read(recorder) -> None:
    steps = ask()
    with monitor_operation("request"):
        assert list(steps) == [CHUNK] * 2
    assert recorder.tree() == ["request", "  chat gpt-4o", "    inside"]


def test_a_generator_that_is_never_read_leaves_no_span(recorder) -> None:
    ask()
    gc.collect()
    assert recorder.spans() == []


def test_a_decorated_generator_function_is_a_function_to_everybody() -> None:
    class Desk:
        @agent
        def method(self, a: int = 1):
            yield self, a

    desk = Desk()
    assert list(desk.method(2)) == list(Desk.method(desk, 2)) == [(desk, 2)]
    assert str(inspect.signature(desk.method)) == "(a: int = 1)"
    assert inspect.isgeneratorfunction(desk.method)
    assert isinstance(ask, FunctionType)
    assert inspect.isasyncgenfunction(ask_async)
    assert copy.deepcopy(ask) is ask
    assert ask.__reduce__() == "ask"
    assert (ask.__name__, ask().__name__, ask.__code__.co_name) == ("ask", "ask", "run")
