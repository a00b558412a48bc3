"""agent, tool, workflow and model: decorators for functions, coroutines, generators, async generators and methods."""

from __future__ import annotations

import functools
import inspect
from types import CoroutineType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast, overload

from opentelemetry.context import _RUNTIME_CONTEXT
from opentelemetry.trace.propagation import _SPAN_KEY

from otel_agents import conventions
from otel_agents.sdk import faults, runtime
from otel_agents.sdk.context.propagation import LeftOut, detach
from otel_agents.sdk.operations import content
from otel_agents.sdk.operations.arguments import Arguments, said
from otel_agents.sdk.operations.generator_function import GeneratorFunction
from otel_agents.sdk.operations.operation import NOTHING, Operation
from otel_agents.sdk.streams.end import Body, StreamEnd
from otel_agents.sdk.streams.streams import follow, is_stream
from otel_agents.sdk.trace import deferred
from otel_agents.sdk.values import attribute_values

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Mapping

    from opentelemetry.context import Context

P = ParamSpec("P")
R = TypeVar("R")

# Arguments of a model call that are recorded beside the messages.
_REQUEST = {
    "temperature": conventions.REQUEST_TEMPERATURE,
    "top_p": conventions.REQUEST_TOP_P,
    "max_tokens": conventions.REQUEST_MAX_TOKENS,
    "max_completion_tokens": conventions.REQUEST_MAX_TOKENS,
    "max_output_tokens": conventions.REQUEST_MAX_TOKENS,
    "stream": conventions.REQUEST_STREAM,
}


@overload
def agent(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def agent(
    function: str | None = None, /, *, name: str | None = None, **attributes: Any
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def agent(function: Any = None, /, *, name: str | None = None, **attributes: Any) -> Any:
    """Trace a function that is an agent: ``@agent``, ``@agent("Name")`` or ``@agent(name="Name", team="search")``.

    Args:
        function: the function, or the agent's name.
        name: the agent's name; without it, the function's.
        attributes: further attributes of each span.
    """
    return _decorate("agent", function, name, attributes)


@overload
def tool(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def tool(
    function: str | None = None, /, *, name: str | None = None, **attributes: Any
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def tool(function: Any = None, /, *, name: str | None = None, **attributes: Any) -> Any:
    """Trace a function that is a tool, with its arguments and result; used as :func:`agent` is."""
    return _decorate("tool", function, name, attributes)


@overload
def workflow(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def workflow(
    function: str | None = None, /, *, name: str | None = None, **attributes: Any
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def workflow(function: Any = None, /, *, name: str | None = None, **attributes: Any) -> Any:
    """Trace a function that runs a workflow; used as :func:`agent` is."""
    return _decorate("workflow", function, name, attributes)


@overload
def model(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def model(
    function: None = None, /, *, provider: str | None = None, model: str | None = None, **attributes: Any
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def model(function: Any = None, /, *, provider: str | None = None, model: str | None = None, **attributes: Any) -> Any:
    """Trace a function that calls a model: ``@model`` or ``@model(provider="openai", model="gpt-4o")``.

    The function returns the provider's answer or stream; usage, cost, model and messages are read from it. A stream
    keeps the span open to its end.

    Args:
        function: the function.
        provider: who serves the model, such as openai, anthropic or gcp.gemini; without it, the answer says.
        model: the model; without it, an argument of that name or the answer says.
        attributes: further attributes of each span.
    """
    if provider:
        attributes[conventions.PROVIDER_NAME] = provider
    return _decorate("model", function, model, attributes)


def _decorate(span_type: str, function: Any, name: str | None, attributes: dict[str, Any]) -> Any:
    if function is None or isinstance(function, str):
        return functools.partial(_decorate, span_type, name=name or function, attributes=attributes)
    if isinstance(function, staticmethod | classmethod):
        return type(function)(_decorate(span_type, function.__func__, name, attributes))
    traced = _Traced(span_type, function, name, attributes)
    if inspect.isasyncgenfunction(function):
        return _around_async_generator(traced, function)
    if inspect.iscoroutinefunction(function):
        return _around_coroutine(traced, function)
    if inspect.isgeneratorfunction(function):
        return _around_generator(traced, function)
    return _around_function(traced, function)


class _Traced:
    """One decorated function: how its spans are named, and what of a call is recorded."""

    def __init__(
        self, span_type: str, function: Callable[..., Any], name: str | None, attributes: Mapping[str, Any]
    ) -> None:
        self.type = span_type
        self._arguments = Arguments(function)
        self._attributes = attribute_values(attributes)
        own_name = getattr(function, "__name__", None) or type(function).__name__
        name = name if name or span_type == "model" else own_name
        self._model = name if span_type == "model" else None
        self._agent = name if span_type == "agent" else None
        if span_type == "tool":
            self._span_name = f"{conventions.OPERATION_EXECUTE_TOOL} {name}"
            self._attributes[conventions.TOOL_NAME] = cast("str", name)
            if description := (inspect.getdoc(function) or "").partition("\n\n")[0]:
                self._attributes.setdefault(conventions.TOOL_DESCRIPTION, description)
        elif span_type == "workflow":
            self._span_name = f"{conventions.OPERATION_INVOKE_WORKFLOW} {name}"
            self._attributes[conventions.WORKFLOW_NAME] = cast("str", name)
        elif span_type == "agent":
            self._span_name = f"{conventions.OPERATION_INVOKE_AGENT} {name}"

    def begin(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Operation:
        """Start the span of one call and make it current."""
        if not runtime.current.enabled:
            runtime.say_unconfigured()
            return NOTHING
        if _RUNTIME_CONTEXT.get_current().get(_SPAN_KEY).__class__ is LeftOut:
            return NOTHING
        attributes = dict(self._attributes)
        try:
            operation = self._model_call(attributes, args, kwargs) if self.type == "model" else None
        except Exception as error:
            faults.report("reading a call's arguments", error)
            operation = None
        if operation is None:
            name = self._span_name if self.type != "model" else conventions.OPERATION_CHAT
            operation = Operation(name, self.type, attributes, self._agent)
        operation.__enter__()
        if runtime.current.capture_content and operation.span.is_recording():
            try:
                self._record_input(operation, args, kwargs)
            except Exception as error:
                faults.report("recording a call's arguments", error)
        return operation

    def _model_call(self, attributes: dict[str, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Operation:
        arguments = self._arguments.all(args, kwargs)
        name = self._model or arguments.get("model")
        named = isinstance(name, str) and bool(name)
        if named:
            attributes[conventions.REQUEST_MODEL] = str(name)
        for argument, key in _REQUEST.items():
            if isinstance(value := arguments.get(argument), int | float):
                attributes[key] = value
        span_name = f"{conventions.OPERATION_CHAT} {name}" if named else conventions.OPERATION_CHAT
        return Operation(span_name, "model", attributes, named_by_answer=not named)

    def _record_input(self, operation: Operation, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        given = self._arguments.given(args, kwargs)
        span = operation.span
        if self.type == "tool":
            deferred.put(span, conventions.TOOL_CALL_ARGUMENTS, content.to_json, given)
            return
        if (messages := said(given)) is not None:
            content.put_input(span, self.type, messages)
        if self.type == "model":
            # here: a program imports this module at its start
            from otel_agents.sdk.answers.messages import system_instructions, tool_definitions

            for key, found in (
                (conventions.SYSTEM_INSTRUCTIONS, system_instructions(given)),
                (conventions.TOOL_DEFINITIONS, tool_definitions(given)),
            ):
                if found:
                    deferred.put(span, key, content.to_json, found)

    def finish(self, operation: Operation, result: Any) -> Any:
        """Record the result of a call and end its span; give the result, watched where it is a stream."""
        if operation is NOTHING:
            return result
        try:
            if result.__class__ is CoroutineType:
                body = Body(_RUNTIME_CONTEXT.get_current())
                operation.leave()
                return self._awaited(operation, body, result)
            if is_stream(result, of_a_model=self.type == "model"):
                return self._streamed(operation, result)
            self._record_result(operation, result)
        except Exception as error:
            faults.report("recording a call's result", error)
        operation.__exit__(None, None, None)
        return result

    def _record_result(self, operation: Operation, result: Any) -> None:
        if self.type == "model":
            operation.response(result)
        elif result is not None and runtime.current.capture_content:
            if self.type == "tool":
                from otel_agents.sdk.answers.shapes import jsonable

                operation.output(result if isinstance(result, str) else jsonable(result))
            else:
                operation.output(result)

    def _streamed(self, operation: Operation, stream: Any) -> Any:
        body = Body(_RUNTIME_CONTEXT.get_current())
        operation.leave()
        return follow(stream, self.stream_end(operation), body)

    def stream_end(self, operation: Operation) -> StreamEnd:
        """Make the end of a stream that ends the operation too."""
        return StreamEnd(operation, ends_operation=True, reads=self.type == "model")

    async def _awaited(self, operation: Operation, body: Body, coroutine: Any) -> Any:
        """Await a coroutine that a plain function returned, with the span current."""
        try:
            with body.step():
                result = await coroutine
        except BaseException as error:
            operation.__exit__(type(error), error, None)
            raise
        return self.finish(operation, result)


def _around_function(traced: _Traced, function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        operation = traced.begin(args, kwargs)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            operation.__exit__(type(error), error, None)
            raise
        return cast("R", traced.finish(operation, result))

    return call


def _around_coroutine(traced: _Traced, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        operation = traced.begin(args, kwargs)
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            operation.__exit__(type(error), error, None)
            raise
        return traced.finish(operation, result)

    return call


def _open(
    traced: _Traced, called_in: Context, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[StreamEnd, Body]:
    """Start the span of a generator's run, current for its body alone.

    It is below the span the generator was called in; where that was none, below the one of the first step.
    """
    token = _RUNTIME_CONTEXT.attach(called_in) if _SPAN_KEY in called_in else None
    try:
        operation = traced.begin(args, kwargs)
        body = Body(_RUNTIME_CONTEXT.get_current())
        operation.leave()
    finally:
        if token is not None:
            detach(token)
    return traced.stream_end(operation), body


def _around_generator(traced: _Traced, function: Callable[..., Any]) -> Callable[..., Any]:
    def run(called_in: Context, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Generator[Any, Any, Any]:
        end, body = _open(traced, called_in, args, kwargs)
        try:
            steps = function(*args, **kwargs)
            with body.step():
                chunk = next(steps)
            while True:
                end.chunk(chunk)
                try:
                    sent = yield chunk
                except GeneratorExit:
                    with body.step():
                        steps.close()
                    raise
                except BaseException as thrown:
                    with body.step():
                        chunk = steps.throw(thrown)
                else:
                    with body.step():
                        chunk = steps.send(sent)
        except StopIteration as stop:
            end.finish(complete=True)
            return stop.value
        except BaseException as error:
            end.finish(error)
            raise

    return GeneratorFunction(function, run)


def _around_async_generator(traced: _Traced, function: Callable[..., Any]) -> Callable[..., Any]:
    async def run(called_in: Context, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> AsyncGenerator[Any, Any]:
        end, body = _open(traced, called_in, args, kwargs)
        try:
            steps = function(*args, **kwargs)
            with body.step():
                chunk = await anext(steps)
            while True:
                end.chunk(chunk)
                try:
                    sent = yield chunk
                except GeneratorExit:
                    with body.step():
                        await steps.aclose()
                    raise
                except BaseException as thrown:
                    with body.step():
                        chunk = await steps.athrow(thrown)
                else:
                    with body.step():
                        chunk = await steps.asend(sent)
        except StopAsyncIteration:
            end.finish(complete=True)
        except BaseException as error:
            end.finish(error)
            raise

    return GeneratorFunction(function, run)
