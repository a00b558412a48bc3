"""One end per stream: whatever becomes of it, its span ends exactly once.

A provider's own stream object is handed on as it is, with the iterator inside it watched: however it is read (``for``,
``next``, ``text_stream``, ``get_final_message()``), every chunk passes there. Any other iterator is handed on in a
wrapper.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import AsyncIterator, Iterator
from types import AsyncGeneratorType, GeneratorType
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.context import _RUNTIME_CONTEXT

from otel_agents import conventions
from otel_agents.sdk import faults, runtime
from otel_agents.sdk.context.propagation import detach

if TYPE_CHECKING:
    from types import TracebackType

    from opentelemetry.context import Context

    from otel_agents.sdk.answers.usage import StreamReader
    from otel_agents.sdk.operations.operation import Operation

_MOST_TEXT = 1_000_000  # characters of a streamed text that are kept
_MOST_PROXIES = 10  # one inside the other


class StreamEnd:
    """Reads the chunks of one stream for its operation, and ends it.

    Args:
        operation: whose stream it is.
        ends_operation: whether the operation's span ends with the stream.
        reads: whether chunks may be a provider's; else only texts are gathered.
    """

    __slots__ = ("_begun", "_ends_operation", "_operation", "_over", "_reader", "_size", "_texts")

    def __init__(self, operation: Operation, *, ends_operation: bool, reads: bool) -> None:
        self._operation = operation
        self._ends_operation = ends_operation
        self._reader = _reader() if reads else None
        self._texts: list[str] = []
        self._size = 0
        self._begun = False
        self._over = False

    def chunk(self, chunk: object) -> None:
        """Note the next chunk."""
        if self._over:
            return
        try:
            if not self._begun:
                self._begun = True
                if self._reader is not None:
                    self._operation.first_chunk()
            if isinstance(chunk, str):
                if self._size < _MOST_TEXT:
                    self._size += len(chunk)
                    self._texts.append(chunk)
            elif self._reader is not None:
                self._reader.feed(chunk)
        except Exception as error:
            faults.report("reading a stream", error)

    def finish(self, error: BaseException | None = None, *, complete: bool = False) -> None:
        """End; only the first call counts.

        Args:
            error: what the stream raised.
            complete: whether it was read to its end.
        """
        if self._over:
            return
        self._over = True
        operation = self._operation
        try:
            answer = self._reader.finish() if self._reader is not None else None
            if answer is not None:
                operation.record(answer)
            elif self._texts:
                operation.output("".join(self._texts))
            if not complete:
                operation.set_attribute(conventions.INCOMPLETE, True)
            if error is not None:
                operation.fail(error)
            if self._ends_operation:
                operation.end()
        except Exception as fault:
            faults.report("ending a stream", fault)

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # at the interpreter's end anything may be gone
            self.finish()

    def release(self, *, hand_on: bool) -> bool:
        """At the end of the operation's block: say whether the operation may end.

        A stream nobody has begun to read was handed on to whoever called; with ``hand_on`` it ends the operation later.
        """
        if hand_on and not self._begun and not self._over:
            self._ends_operation = True
            return False
        self.finish()
        return True


class Body:
    """The context a generator's body runs in, which whoever consumes it does not see.

    ``with body.step():`` around each step attaches the context; afterwards it is kept as the body left it.
    """

    __slots__ = ("context",)

    def __init__(self, context: Context) -> None:
        self.context = context

    def step(self) -> _Step:
        """Give the block of one step; steps of an iterator that several tasks or threads read may overlap."""
        return _Step(self)


class _Step:
    __slots__ = ("_body", "_token")

    def __init__(self, body: Body) -> None:
        self._body = body

    def __enter__(self) -> None:
        self._token = _RUNTIME_CONTEXT.attach(self._body.context)

    def __exit__(self, *_: object) -> None:
        self._body.context = _RUNTIME_CONTEXT.get_current()
        detach(self._token)


def _reader() -> StreamReader:
    from otel_agents.sdk.answers.usage import (
        StreamReader,  # for the first stream: a program imports this module at its start
    )

    return StreamReader(content=runtime.current.capture_content)


def is_stream(value: object, *, of_a_model: bool) -> bool:
    """Say whether what a traced function returned is read later, so that its span must stay open.

    Args:
        value: what it returned.
        of_a_model: whether the function calls a model; then any iterator is one.
    """
    if isinstance(value, GeneratorType | AsyncGeneratorType) or _watchable(value) is not None or _is_manager(value):
        return True
    return of_a_model and isinstance(value, Iterator | AsyncIterator)


def follow(stream: Any, end: StreamEnd, body: Body | None = None) -> Any:
    """Watch a stream: give it back, or a wrapper that behaves as it does.

    Args:
        stream: an iterator or iterable, sync or async, a provider's stream or what gives one in a ``with`` block.
        end: told of chunks and of the end.
        body: the context that what runs inside it runs in: the steps of a generator, the request of a manager.
    """
    inner = _unwrapped(stream)
    # An instrumentation that put a proxy around the stream sees its end after us only if we watch the proxy itself.
    watchable = _watchable(stream) if inner is stream else None
    if watchable is not None and _watch(stream, watchable, end):
        return stream
    if _is_manager(stream):
        return StreamManager(stream, end, body)
    if hasattr(inner, "__aiter__"):
        return AsyncChunks(stream, end, body)
    if hasattr(stream, "__iter__"):
        return Chunks(stream, end, body)
    end.finish()
    return stream


def _unwrapped(stream: Any) -> Any:
    """Give what is inside a proxy as ``wrapt`` makes them, which has the methods of both kinds of streams."""
    for _ in range(_MOST_PROXIES):
        if not hasattr(type(stream), "__wrapped__"):
            break
        stream = stream.__wrapped__
    return stream


def _watchable(stream: object) -> Any:
    """Give the object inside a provider's stream that holds the iterator of its raw chunks, or None."""
    fields = getattr(stream, "__dict__", None)
    if not isinstance(fields, dict):
        return None
    for holder in (fields.get("_raw_stream"), stream):
        iterator = getattr(holder, "__dict__", {}).get("_iterator")
        if isinstance(iterator, Iterator | AsyncIterator):
            return holder
    return None


def _watch(stream: Any, holder: Any, end: StreamEnd) -> bool:
    """Put a watching iterator in the place of a provider's stream's own; say whether that could be done."""
    iterator = holder._iterator
    watching = AsyncChunks if isinstance(iterator, AsyncIterator) else Chunks
    try:
        for each in {id(stream): stream, id(holder): holder}.values():
            if callable(close := getattr(each, "close", None)):
                each.close = _closing(close, end)
        holder._iterator = watching(iterator, end)
    except (AttributeError, TypeError):  # an object that cannot be changed
        return False
    return True


def _closing(close: Any, end: StreamEnd) -> Any:
    if inspect.iscoroutinefunction(close):

        async def close_async() -> Any:
            try:
                return await close()
            finally:
                end.finish()

        return close_async

    def close_sync() -> Any:
        try:
            return close()
        finally:
            end.finish()

    return close_sync


def _is_manager(value: object) -> bool:
    """Whether it gives a stream in a ``with`` block, as MessageStreamManager and ResponseStreamManager do."""
    kind = type(value)
    return "StreamManager" in kind.__name__ and (hasattr(kind, "__enter__") or hasattr(kind, "__aenter__"))


class _Wrapper:
    """What wrappers share: all that is not theirs is the stream's own."""

    def __init__(self, stream: Any, end: StreamEnd) -> None:
        self._stream = stream
        self._end = end

    def __getattr__(self, name: str) -> Any:
        if name in ("_stream", "_end"):  # not set yet, as in an object that is being copied
            raise AttributeError(name)
        return getattr(self._stream, name)

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # at the interpreter's end anything may be gone
            self._end.finish()


class Chunks(_Wrapper):
    """A sync stream, watched."""

    def __init__(self, stream: Any, end: StreamEnd, body: Body | None = None) -> None:
        super().__init__(stream, end)
        self._steps = iter(stream)
        self._inside: Any = body.step if body is not None else contextlib.nullcontext

    def __iter__(self) -> Chunks:
        return self

    def __next__(self) -> Any:
        return self._step(self._steps.__next__)

    def send(self, value: Any) -> Any:
        """As a generator's."""
        return self._step(cast("Any", self._steps).send, value)

    def throw(self, *error: Any) -> Any:
        """As a generator's."""
        return self._step(cast("Any", self._steps).throw, *error)

    def _step(self, step: Any, *given: Any) -> Any:
        try:
            with self._inside():
                chunk = step(*given)
        except StopIteration:
            self._end.finish(complete=True)
            raise
        except BaseException as error:
            self._end.finish(error)
            raise
        self._end.chunk(chunk)
        return chunk

    def close(self) -> None:
        """Close the stream, where it can be closed."""
        try:
            if callable(close := getattr(self._stream, "close", None)):
                with self._inside():
                    close()
        finally:
            self._end.finish()

    def __enter__(self) -> Any:
        if hasattr(self._stream, "__enter__"):
            entered = self._stream.__enter__()
            if entered is not self._stream:
                return entered
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        try:
            if hasattr(self._stream, "__exit__"):
                return self._stream.__exit__(kind, error, trace)
            return None
        finally:
            self._end.finish(error)


class AsyncChunks(_Wrapper):
    """An async stream, watched."""

    def __init__(self, stream: Any, end: StreamEnd, body: Body | None = None) -> None:
        super().__init__(stream, end)
        self._steps = aiter(stream)
        self._inside: Any = body.step if body is not None else contextlib.nullcontext

    def __aiter__(self) -> AsyncChunks:
        return self

    async def __anext__(self) -> Any:
        return await self._step(self._steps.__anext__)

    async def asend(self, value: Any) -> Any:
        """As an async generator's."""
        return await self._step(cast("Any", self._steps).asend, value)

    async def athrow(self, *error: Any) -> Any:
        """As an async generator's."""
        return await self._step(cast("Any", self._steps).athrow, *error)

    async def _step(self, step: Any, *given: Any) -> Any:
        try:
            with self._inside():
                chunk = await step(*given)
        except StopAsyncIteration:
            self._end.finish(complete=True)
            raise
        except BaseException as error:
            self._end.finish(error)
            raise
        self._end.chunk(chunk)
        return chunk

    async def aclose(self) -> None:
        """Close the stream, where it can be closed."""
        await self._close("aclose")

    async def close(self) -> None:
        """Close the stream, where it can be closed."""
        await self._close("close")

    async def _close(self, how: str) -> None:
        try:
            if callable(close := getattr(self._stream, how, None)):
                with self._inside():
                    closed = close()
                    if inspect.isawaitable(closed):
                        await closed
        finally:
            self._end.finish()

    async def __aenter__(self) -> Any:
        if hasattr(self._stream, "__aenter__"):
            entered = await self._stream.__aenter__()
            if entered is not self._stream:
                return entered
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        try:
            if hasattr(self._stream, "__aexit__"):
                return await self._stream.__aexit__(kind, error, trace)
            return None
        finally:
            self._end.finish(error)


class StreamManager(_Wrapper):
    """What gives a stream in a ``with`` block, watched. The request is made on entering, so it belongs to the span."""

    def __init__(self, stream: Any, end: StreamEnd, body: Body | None = None) -> None:
        super().__init__(stream, end)
        self._inside: Any = body.step if body is not None else contextlib.nullcontext

    def __enter__(self) -> Any:
        try:
            with self._inside():
                entered = self._stream.__enter__()
            return follow(entered, self._end)
        except BaseException as error:
            self._end.finish(error)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        try:
            return self._stream.__exit__(kind, error, trace)
        finally:
            self._end.finish(error)

    async def __aenter__(self) -> Any:
        try:
            with self._inside():
                entered = await self._stream.__aenter__()
            return follow(entered, self._end)
        except BaseException as error:
            self._end.finish(error)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        try:
            return await self._stream.__aexit__(kind, error, trace)
        finally:
            self._end.finish(error)
