"""agent, tool, workflow and model on every kind of function."""

import asyncio
import inspect
import json
import traceback
from types import SimpleNamespace

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from otel_agents import agent, model, monitor_operation, tool, workflow


def current_span_name() -> str | None:
    return getattr(trace.get_current_span(), "name", None)


def test_names_types_and_kinds(recorder) -> None:
    @workflow("nightly report")
    def report():
        return plan("x")

    @agent
    def plan(task):
        return ask(task)

    @model(provider="openai", model="gpt-4o")
    def ask(prompt):
        return search(prompt)

    @tool(name="search", kind="web")
    def look(query):
        return query

    search = look
    assert report() == "x"
    assert recorder.tree() == [
        "invoke_workflow nightly report",
        "  invoke_agent plan",
        "    chat gpt-4o",
        "      execute_tool search",
    ]
    spans = {span.attributes["otel_agents.span.type"]: span for span in recorder.spans()}
    assert spans["model"].kind is SpanKind.CLIENT
    assert spans["model"].attributes["gen_ai.provider.name"] == "openai"
    assert spans["agent"].attributes["agent"] == "plan"
    assert spans["workflow"].attributes["gen_ai.workflow.name"] == "nightly report"
    assert (spans["tool"].attributes["gen_ai.tool.name"], spans["tool"].attributes["kind"]) == ("search", "web")


def test_signature_name_and_kind_of_function_stay() -> None:
    @tool
    def function(a: int, *, b: str = "x") -> str:
        """Say it."""
        return b * a

    @tool
    async def coroutine() -> None: ...

    @tool
    def generator():
        yield

    @tool
    async def async_generator():
        yield

    assert (function.__name__, function.__doc__) == ("function", "Say it.")
    assert str(inspect.signature(function)) == "(a: int, *, b: str = 'x') -> str"
    assert inspect.iscoroutinefunction(coroutine)
    assert inspect.isgeneratorfunction(generator)
    assert inspect.isasyncgenfunction(async_generator)


class Desk:
    @tool
    def method(self, a):
        return (self, a)

    @classmethod
    @tool
    def of_class(cls, a):
        return (cls, a)

    @tool
    @classmethod
    def of_class_outside(cls, a):
        return (cls, a)

    @staticmethod
    @tool
    def static(a):
        return a

    @tool
    @staticmethod
    def static_outside(a):
        return a


@pytest.mark.parametrize("name", ["method", "of_class", "of_class_outside", "static", "static_outside"])
def test_methods_of_every_kind(recorder, name) -> None:
    desk = Desk()
    expected = {"method": (desk, 1), "of_class": (Desk, 1), "of_class_outside": (Desk, 1)}.get(name, 1)
    assert getattr(desk, name)(a=1) == getattr(desk, name)(1) == expected
    for span in recorder.spans():
        assert json.loads(span.attributes["gen_ai.tool.call.arguments"]) == {"a": 1}


def test_arguments_and_result_of_a_tool(recorder) -> None:
    class Row:
        def __repr__(self) -> str:
            return "Row(7)"

    @tool
    def look(query, /, limit=3, *rest, deep=False, **more):
        """Look things up.

        In several places.
        """
        return {"rows": [Row(), {1, 2}], "bytes": b"xyz"}

    look("cats", 5, "a", deep=True, tag="t")
    attributes = recorder.span().attributes
    assert attributes["gen_ai.tool.description"] == "Look things up."
    assert json.loads(attributes["gen_ai.tool.call.arguments"]) == {
        "query": "cats",
        "limit": 5,
        "rest": ["a"],
        "deep": True,
        "tag": "t",
    }
    assert json.loads(attributes["gen_ai.tool.call.result"]) == {"rows": ["Row(7)", [1, 2]], "bytes": "<3 bytes>"}


def test_a_result_changed_afterwards_is_recorded_as_it_was(recorder) -> None:
    @tool
    def rows():
        return [{"n": 1}]

    rows().append("later")
    assert json.loads(recorder.span().attributes["gen_ai.tool.call.result"]) == [{"n": 1}]


def test_question_and_answer_of_an_agent(recorder) -> None:
    @agent("Helper")
    def help_with(question, depth=1):
        return f"about {question}"

    help_with("cats", depth=2)
    attributes = recorder.span().attributes
    assert json.loads(attributes["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "cats"}]}
    ]
    assert json.loads(attributes["gen_ai.output.messages"]) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "about cats"}]}
    ]


def test_without_content_neither_arguments_nor_results(recorder) -> None:
    recorder.configure(capture_content=False)

    @tool
    def look(query):
        return query

    look("secret")
    assert "secret" not in str(dict(recorder.span().attributes))


def test_an_exception_goes_on_with_one_frame_of_ours(recorder) -> None:
    error = RuntimeError("down")

    @tool
    def fetch():
        raise error

    with pytest.raises(RuntimeError) as caught:
        fetch()
    assert caught.value is error
    frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert frames == ["test_an_exception_goes_on_with_one_frame_of_ours", "call", "fetch"]
    span = recorder.span()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "RuntimeError: down")


async def test_coroutines(recorder) -> None:
    @agent("Outer")
    async def outer():
        await asyncio.sleep(0)
        return await asyncio.gather(inner(1), inner(2))

    @tool
    async def inner(n):
        await asyncio.sleep(0)
        assert current_span_name() == "execute_tool inner"
        return n

    assert await outer() == [1, 2]
    assert recorder.tree() == ["invoke_agent Outer", "  execute_tool inner", "  execute_tool inner"]


async def test_a_cancelled_coroutine_is_a_failure(recorder) -> None:
    @tool
    async def slow():
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(slow(), 0.01)
    span = recorder.span()
    assert (span.status.status_code, span.attributes["error.type"]) == (
        StatusCode.ERROR,
        "asyncio.exceptions.CancelledError",
    )


async def test_a_plain_function_that_returns_a_coroutine(recorder) -> None:
    async def work():
        assert current_span_name() == "invoke_agent start"
        return "done"

    @agent
    def start():
        return work()

    pending = start()
    assert current_span_name() is None
    assert await pending == "done"
    assert json.loads(recorder.span().attributes["gen_ai.output.messages"])[0]["parts"][0]["content"] == "done"


def test_a_generators_body_sees_its_span_and_its_consumer_does_not(recorder) -> None:
    @agent("Writer")
    def write(topic):
        for word in (topic, "and", "more"):
            assert current_span_name() == "invoke_agent Writer"
            with monitor_operation("word"):
                yield f"{word} "
        return "end"

    consumed = []
    with monitor_operation("request"):
        for word in write("cats"):
            assert current_span_name() == "request"
            consumed.append(word)
    assert consumed == ["cats ", "and ", "more "]
    assert recorder.tree() == ["request", "  invoke_agent Writer", "    word", "    word", "    word"]
    attributes = recorder.span("invoke_agent Writer").attributes
    assert json.loads(attributes["gen_ai.output.messages"])[0]["parts"][0]["content"] == "cats and more "
    assert "otel_agents.stream.incomplete" not in attributes


def test_a_generator_keeps_send_throw_and_return(recorder) -> None:
    @tool
    def talk():
        heard = yield "first"
        try:
            yield heard
        except ValueError as error:
            yield str(error)
        return "bye"

    conversation = talk()
    assert next(conversation) == "first"
    assert conversation.send("hello") == "hello"
    assert conversation.throw(ValueError("what")) == "what"
    with pytest.raises(StopIteration) as stop:
        next(conversation)
    assert stop.value.value == "bye"
    assert recorder.span().status.status_code is StatusCode.UNSET


def test_a_generator_that_is_broken_off_is_incomplete_and_no_failure(recorder) -> None:
    closed = []

    @agent
    def count():
        try:
            yield from range(10)
        finally:
            closed.append(current_span_name())

    for n in count():
        if n == 2:
            break
    span = recorder.span()
    assert (span.status.status_code, span.attributes["otel_agents.stream.incomplete"]) == (StatusCode.UNSET, True)
    assert closed == ["invoke_agent count"]


def test_a_generator_that_raises_has_failed(recorder) -> None:
    @agent
    def count():
        yield 1
        raise LookupError("no more")

    with pytest.raises(LookupError):
        list(count())
    assert recorder.span().status.description == "LookupError: no more"


async def test_async_generators(recorder) -> None:
    @agent("Writer")
    async def write():
        for word in "ab":
            assert current_span_name() == "invoke_agent Writer"
            await asyncio.sleep(0)
            yield word

    consumed = []
    async for word in write():
        assert current_span_name() is None
        consumed.append(word)
    assert consumed == ["a", "b"]
    assert "otel_agents.stream.incomplete" not in recorder.span().attributes


async def test_an_async_generator_read_by_several_tasks_and_closed_by_another(recorder, caplog) -> None:
    @agent("Writer")
    async def write():
        with monitor_operation("inside"):
            yield 1
            yield 2
            yield 3

    steps = write()
    assert await asyncio.create_task(anext(steps)) == 1
    assert await asyncio.create_task(anext(steps)) == 2
    await asyncio.create_task(steps.aclose())
    assert recorder.tree() == ["invoke_agent Writer", "  inside"]
    assert recorder.span("invoke_agent Writer").attributes["otel_agents.stream.incomplete"] is True
    assert caplog.records == []


def test_a_generator_that_is_returned_keeps_the_span_open(recorder) -> None:
    @agent
    def start():
        def body():
            assert current_span_name() == "invoke_agent start"
            yield "x"

        return body()

    stream = start()
    assert recorder.spans() == []
    assert list(stream) == ["x"]
    assert "otel_agents.stream.incomplete" not in recorder.span().attributes


def test_a_models_name_comes_from_an_argument_or_from_the_answer(recorder) -> None:
    @model
    def ask(messages, model=None, temperature=0.5):
        return SimpleNamespace(
            object="chat.completion",
            id="c1",
            model="gpt-4o-2024-08-06",
            choices=[
                SimpleNamespace(
                    index=0,
                    finish_reason="stop",
                    message=SimpleNamespace(role="assistant", content="Hi", tool_calls=None),
                )
            ],
            usage=SimpleNamespace(prompt_tokens=5, completion_tokens=1, total_tokens=6),
        )

    ask([{"role": "user", "content": "Hello"}])
    ask([{"role": "user", "content": "Hello"}], model="gpt-4o")
    first, second = recorder.spans()
    assert (first.name, "gen_ai.request.model" in first.attributes) == ("chat gpt-4o-2024-08-06", False)
    assert (second.name, second.attributes["gen_ai.request.model"]) == ("chat gpt-4o", "gpt-4o")
    assert first.attributes["gen_ai.request.temperature"] == 0.5
    assert first.attributes["gen_ai.usage.input_tokens"] == 5
    assert first.attributes["operation.cost"] > 0


def test_instructions_and_tools_of_a_model_call(recorder) -> None:
    @model(model="m")
    def ask(**call):
        return "text"

    ask(system="Be brief.", messages="Hi", tools=[{"type": "function", "function": {"name": "look", "parameters": {}}}])
    attributes = recorder.span().attributes
    assert json.loads(attributes["gen_ai.system_instructions"]) == [{"type": "text", "content": "Be brief."}]
    assert json.loads(attributes["gen_ai.tool.definitions"]) == [{"type": "function", "name": "look"}]
    assert json.loads(attributes["gen_ai.output.messages"])[0]["parts"][0]["content"] == "text"


def test_an_answer_of_unknown_shape_gives_a_span_without_usage(recorder) -> None:
    @model(model="m")
    def ask(question):
        return (object(), 3)

    ask("Hi")
    assert [key for key in recorder.span().attributes if "usage" in key or "cost" in key] == []


def test_wrong_arguments_raise_what_they_always_raised(recorder) -> None:
    @tool
    def look(query):
        return query

    with pytest.raises(TypeError, match="missing 1 required positional argument: 'query'"):
        look()
