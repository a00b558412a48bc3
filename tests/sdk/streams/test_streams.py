"""Every stream ends its span exactly once, whatever becomes of it."""

import gc
import json

import anthropic
import openai
import pytest
from google import genai
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from otel_agents import model, monitor_operation
from tests.recorded_server import serve
from tests.recordings import exchanges

pytestmark = pytest.mark.filterwarnings("ignore:The model:DeprecationWarning")  # the recorded models are old by now

USAGE = "gen_ai.usage.input_tokens"
INCOMPLETE = "otel_agents.stream.incomplete"


def chunk(text: str | None = None, usage: int | None = None) -> dict:
    """One chunk of OpenAI's chat stream."""
    choices = [] if text is None else [{"index": 0, "delta": {"content": text}, "finish_reason": None}]
    tokens = usage and {"prompt_tokens": usage, "completion_tokens": 2, "total_tokens": usage + 2}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "gpt-4o", "choices": choices, "usage": tokens}


CHUNKS = [chunk("Hel"), chunk("lo"), chunk(usage=10)]


class Stream:
    """An iterator with more to it, as a provider's stream has."""

    def __init__(self, chunks=CHUNKS, error: BaseException | None = None) -> None:
        self._left = iter(chunks)
        self._error = error
        self.response = "the response"
        self.closed = 0

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return next(self._left)
        except StopIteration:
            if self._error:
                raise self._error from None
            raise

    def close(self) -> None:
        self.closed += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@model(model="gpt-4o")
def ask(stream):
    return stream


def test_read_to_its_end(recorder) -> None:
    stream = ask(Stream())
    assert recorder.spans() == []
    assert stream.response == "the response"
    assert list(stream) == CHUNKS
    attributes = recorder.span().attributes
    assert attributes[USAGE] == 10
    assert attributes["operation.cost"] > 0
    assert attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert INCOMPLETE not in attributes
    assert json.loads(attributes["gen_ai.output.messages"])[0]["parts"] == [{"type": "text", "content": "Hello"}]


def test_broken_off_it_keeps_what_it_saw(recorder) -> None:
    for seen in ask(Stream([chunk("Hel"), chunk(usage=7), chunk("lo")])):
        if not seen["choices"]:
            break
    attributes = recorder.span().attributes
    assert (attributes[USAGE], attributes[INCOMPLETE]) == (7, True)


@pytest.mark.parametrize("leave", ["close", "with", "del", "never_read"])
def test_left_early_by_every_way(recorder, leave) -> None:
    inner = Stream()
    stream = ask(inner)
    if leave != "never_read":
        next(stream)
    if leave == "close":
        stream.close()
        stream.close()
    elif leave == "with":
        with stream:
            pass
    del stream
    gc.collect()
    assert recorder.span().attributes[INCOMPLETE] is True
    assert inner.closed == {"close": 2, "with": 1}.get(leave, 0)


def test_one_that_raises_has_failed_and_the_exception_goes_on(recorder) -> None:
    error = ConnectionError("reset")
    with pytest.raises(ConnectionError) as caught:
        list(ask(Stream(error=error)))
    assert caught.value is error
    span = recorder.span()
    assert (span.status.description, span.attributes[USAGE]) == ("ConnectionError: reset", 10)
    assert span.attributes[INCOMPLETE] is True


def test_the_consumer_is_not_inside_the_span(recorder) -> None:
    for _ in ask(Stream()):
        assert trace.get_current_span() is trace.INVALID_SPAN


class AsyncStream:
    def __init__(self, chunks=CHUNKS) -> None:
        self._left = iter(chunks)
        self.closed = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return next(self._left)
        except StopIteration:
            raise StopAsyncIteration from None

    async def close(self) -> None:
        self.closed += 1


@model(model="gpt-4o")
async def ask_async(stream):
    return stream


async def test_async_streams(recorder) -> None:
    assert [seen async for seen in await ask_async(AsyncStream())] == CHUNKS
    inner = AsyncStream()
    stream = await ask_async(inner)
    await anext(stream)
    await stream.close()
    whole, cut = recorder.spans()
    assert (whole.attributes[USAGE], INCOMPLETE in whole.attributes) == (10, False)
    assert (USAGE in cut.attributes, cut.attributes[INCOMPLETE], inner.closed) == (False, True, 1)


def test_generators_of_a_model_pass_chunks_through(recorder) -> None:
    @model
    def relay():
        yield from Stream()

    assert list(relay()) == CHUNKS
    span = recorder.span()
    assert (span.name, span.attributes[USAGE]) == ("chat gpt-4o", 10)


# --- op.stream --------------------------------------------------------------------------------------------------------


def test_inside_a_block_the_block_ends_the_span(recorder) -> None:
    with monitor_operation("ask", model="gpt-4o") as op:
        assert list(op.stream(Stream())) == CHUNKS
        assert recorder.spans() == []
    assert (recorder.span().attributes[USAGE], INCOMPLETE in recorder.span().attributes) == (10, False)


def test_broken_off_inside_a_block(recorder) -> None:
    with monitor_operation("ask", model="gpt-4o") as op:
        stream = op.stream(Stream())
        next(stream)
    assert recorder.span().attributes[INCOMPLETE] is True
    list(stream)
    assert len(recorder.spans()) == 1


def test_returned_out_of_its_block_it_ends_the_span_itself(recorder) -> None:
    def start():
        with monitor_operation("ask", model="gpt-4o") as op:
            return op.stream(Stream())

    stream = start()
    assert recorder.spans() == []
    assert list(stream) == CHUNKS
    assert recorder.span().attributes[USAGE] == 10


def test_a_list_streams_too(recorder) -> None:
    with monitor_operation("ask", model="gpt-4o") as op:
        assert list(op.stream(CHUNKS)) == CHUNKS
    assert recorder.span().attributes[USAGE] == 10


async def test_an_async_stream_in_a_block(recorder) -> None:
    with monitor_operation("ask", model="gpt-4o") as op:
        assert [seen async for seen in op.stream(AsyncStream())] == CHUNKS
    assert recorder.span().attributes[USAGE] == 10


# --- The providers' own packages ----------------------------------------------------------------------------------


def usage(recorder) -> tuple[int, int]:
    (span,) = [span for span in recorder.spans() if span.name.startswith("chat ")]
    attributes = span.attributes
    assert INCOMPLETE not in attributes
    assert attributes["gen_ai.response.time_to_first_chunk"] > 0
    return attributes[USAGE], attributes["gen_ai.usage.output_tokens"]


@pytest.fixture
def recorded():
    """A server of the first exchange of a recording."""
    with serve([]) as server:

        def play(name: str):
            server.exchanges[:] = exchanges(name)[:1]
            return server.exchanges[0]

        yield server, play


@model
def returning(make):
    return make()


def test_openai_chat(recorder, recorded) -> None:
    server, play = recorded
    request = play("openai_chat_stream").request
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        stream = returning(lambda: client.chat.completions.create(**request))
        assert isinstance(stream, openai.Stream)
        expected = [event.usage for event in stream][-1]
    assert usage(recorder) == (expected.prompt_tokens, expected.completion_tokens)


async def test_openai_chat_async(recorder, recorded) -> None:
    server, play = recorded
    request = play("openai_chat_stream").request

    @model
    async def returning_async(client):
        return await client.chat.completions.create(**request)

    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        stream = await returning_async(client)
        assert isinstance(stream, openai.AsyncStream)
        async with stream:
            expected = [event.usage async for event in stream][-1]
    assert usage(recorder) == (expected.prompt_tokens, expected.completion_tokens)


def test_openai_closed_early(recorder, recorded) -> None:
    server, play = recorded
    request = play("openai_chat_stream").request
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        with returning(lambda: client.chat.completions.create(**request)) as stream:
            next(stream)
        assert recorder.span().attributes[INCOMPLETE] is True


def test_openai_responses_manager(recorder, recorded) -> None:
    server, play = recorded
    request = {
        key: value for key, value in play("openai_responses_stream_handoff_tools").request.items() if key != "stream"
    }
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        with returning(lambda: client.responses.stream(**request)) as stream:
            expected = stream.get_final_response().usage
    assert usage(recorder) == (expected.input_tokens, expected.output_tokens)


@pytest.mark.parametrize("how", ["events", "text_stream", "get_final_message"])
def test_anthropic_manager(recorder, recorded, how) -> None:
    server, play = recorded
    request = {key: value for key, value in play("anthropic_thinking_stream").request.items() if key != "stream"}
    with anthropic.Anthropic(base_url=server.url, api_key="none", max_retries=0) as client:
        with returning(lambda: client.messages.stream(**request)) as stream:
            if how == "events":
                list(stream)
            elif how == "text_stream":
                assert "".join(stream.text_stream)
            expected = stream.get_final_message().usage
    assert usage(recorder) == (expected.input_tokens, expected.output_tokens)
    # The package traces its own requests; they belong to ours.
    assert recorder.tree() == ["chat claude-3-7-sonnet-20250219", "  anthropic.messages.create"]


async def test_anthropic_manager_async(recorder, recorded) -> None:
    server, play = recorded
    request = {key: value for key, value in play("anthropic_thinking_stream").request.items() if key != "stream"}
    async with anthropic.AsyncAnthropic(base_url=server.url, api_key="none", max_retries=0) as client:
        async with returning(lambda: client.messages.stream(**request)) as stream:
            expected = (await stream.get_final_message()).usage
    assert usage(recorder) == (expected.input_tokens, expected.output_tokens)


def test_anthropic_manager_never_entered(recorder) -> None:
    client = anthropic.Anthropic(api_key="none")
    returning(lambda: client.messages.stream(model="m", max_tokens=1, messages=[]))
    gc.collect()
    assert recorder.span().attributes[INCOMPLETE] is True


def test_gemini(recorder, recorded) -> None:
    server, play = recorded
    name = play("gemini_generate_stream").path.rpartition("/")[2].partition(":")[0]
    with genai.Client(api_key="none", http_options={"base_url": server.url}) as client:
        events = list(returning(lambda: client.models.generate_content_stream(model=name, contents="-")))
    expected = events[-1].usage_metadata
    assert usage(recorder)[0] == expected.prompt_token_count


def test_a_failing_request_fails_the_span_of_its_manager(recorder, recorded) -> None:
    server, _ = recorded
    with anthropic.Anthropic(base_url=server.url, api_key="none", max_retries=0) as client:
        with pytest.raises(anthropic.NotFoundError):
            with returning(lambda: client.messages.stream(model="m", max_tokens=1, messages=[])):
                pass
    span = recorder.span("chat")
    assert (span.status.status_code, span.attributes["error.type"]) == (StatusCode.ERROR, "anthropic.NotFoundError")
