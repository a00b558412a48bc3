"""A span that is current for a block, or for each call of a function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from opentelemetry.trace import (
    Span,
    Status,
    StatusCode,
)

from otel_agents.sdk.context.propagation import attach_span, detach

if TYPE_CHECKING:
    from types import TracebackType


F = TypeVar("F", bound=Callable[..., Any])


class CurrentSpan:
    """Starts a span and makes it current for a block or, as a decorator, for each call of a function."""

    __slots__ = ("_end_on_exit", "_record", "_set_status", "_span", "_start", "_token")

    def __init__(self, start: Callable[[], Span], record: bool, set_status: bool, end_on_exit: bool) -> None:
        self._start = start
        self._record = record
        self._set_status = set_status
        self._end_on_exit = end_on_exit

    def __enter__(self) -> Span:
        self._span = span = self._start()
        self._token = attach_span(span)
        return span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        detach(self._token)
        span = self._span
        # As opentelemetry.trace.use_span: what is no Exception, such as GeneratorExit, is no failure.
        if isinstance(error, Exception) and span.is_recording():
            if self._record:
                span.record_exception(error)
            if self._set_status:
                span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))
        if self._end_on_exit:
            span.end()

    def __call__(self, function: F) -> F:
        """Trace each call of a function, as the stock tracer's context manager does."""
        again = functools.partial(CurrentSpan, self._start, self._record, self._set_status, self._end_on_exit)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def traced_coroutine(*args: Any, **kwargs: Any) -> Any:
                with again():
                    return await function(*args, **kwargs)

            return cast("F", traced_coroutine)

        @functools.wraps(function)
        def traced(*args: Any, **kwargs: Any) -> Any:
            with again():
                return function(*args, **kwargs)

        return cast("F", traced)
