"""carry: a function that takes along the context it is made in, to whichever thread or process runs it."""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from opentelemetry.context import _RUNTIME_CONTEXT

from otel_agents.sdk.context.propagation import detach

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.context import Context

P = ParamSpec("P")
R = TypeVar("R")


class Within:
    """A function that runs in a context: in any thread, any number of times."""

    __slots__ = ("_context", "_function")

    def __init__(self, context: Context, function: Callable[..., Any]) -> None:
        self._context = context
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it there."""
        token = _RUNTIME_CONTEXT.attach(self._context)
        try:
            return self._function(*args, **kwargs)
        finally:
            detach(token)


class Carried(Within):
    """The same for coroutines as well, and across processes: pickled, it takes the context along as W3C headers."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it there; a coroutine runs there too."""
        result = super().__call__(*args, **kwargs)
        return self._awaited(result) if result.__class__ is CoroutineType else result

    async def _awaited(self, coroutine: Any) -> Any:
        token = _RUNTIME_CONTEXT.attach(self._context)
        try:
            return await coroutine
        finally:
            detach(token)

    def __reduce__(self) -> tuple[Any, ...]:
        from otel_agents.sdk.context.carriers import carrier_of  # for what leaves the process

        return _arrive, (self._function, carrier_of(self._context))


def _arrive(function: Callable[..., Any], carrier: Mapping[str, str]) -> Carried:
    from otel_agents.sdk.context.carriers import context_of

    return Carried(context_of(carrier), function)


def carry(function: Callable[P, R]) -> Callable[P, R]:
    """Have a function go on in the context around this call, wherever it runs.

    ``pool.map(carry(look_up), cities)``: the spans it makes are below the operation around, and have its session, user,
    tenant and labels. It serves threads, greenlets, callbacks and coroutines, and processes too, if the function itself
    can be pickled.

    Args:
        function: a function, plain or async.
    """
    return cast("Callable[P, R]", Carried(_RUNTIME_CONTEXT.get_current(), function))
