"""A decorated generator function: to everybody a generator function, with something done at the call itself.

The body of a generator begins with its first step, and that is often not where it was called: a web framework streams a
response after the endpoint has returned. A plain function would be called in time, but frameworks ask
``inspect.isgeneratorfunction``; so this is an object in the function's likeness, as ``wrapt`` makes them.
"""

from __future__ import annotations

import functools
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from opentelemetry.context import _RUNTIME_CONTEXT

if TYPE_CHECKING:
    from collections.abc import Callable


class GeneratorFunction:
    """Calls ``run(context, args, kwargs)``, a generator function, with the context of the call.

    Args:
        function: what was decorated, and what this looks like.
        run: makes the generator.
    """

    def __init__(self, function: Callable[..., Any], run: Callable[..., Any]) -> None:
        self._run = functools.wraps(function)(run)  # generators are named after the function that makes them
        functools.update_wrapper(self, self._run)
        self.__wrapped__ = function

    @property  # type: ignore[misc]  # what isinstance() asks: class bodies of pydantic and others sort functions by it
    def __class__(self) -> type:
        return FunctionType

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make the generator."""
        return self._run(_RUNTIME_CONTEXT.get_current(), args, kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __getattr__(self, name: str) -> Any:
        if name == "_run":  # not set yet
            raise AttributeError(name)
        return getattr(self._run, name)  # __code__, __defaults__ and the like

    def __reduce__(self) -> str:
        return str(self.__qualname__)  # by name, as functions are

    def __repr__(self) -> str:
        return repr(self._run)
