"""Wrappers of streams, which tell the end of each chunk and of how it came."""

from __future__ import annotations

import contextlib
import inspect
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from types import TracebackType

    from otel_agents.sdk.streams.end import Body, StreamEnd


class Wrapper:
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


class Chunks(Wrapper):
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


class AsyncChunks(Wrapper):
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
