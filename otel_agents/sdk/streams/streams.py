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
from typing import TYPE_CHECKING, Any

from otel_agents.sdk.streams.chunks import AsyncChunks, Chunks, Wrapper

if TYPE_CHECKING:
    from types import TracebackType

    from otel_agents.sdk.streams.end import Body, StreamEnd

_MOST_PROXIES = 10  # one inside the other


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


class StreamManager(Wrapper):
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
