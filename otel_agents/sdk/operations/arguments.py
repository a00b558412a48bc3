"""The arguments of a traced call, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

# Names under which providers' calls, and functions around them, take what is said to the model.
MESSAGES = ("messages", "input", "contents", "prompt", "question", "query", "text", "message")


class Arguments:
    """Names a call's arguments without the cost of ``inspect.Signature.bind``.

    Args:
        function: whose arguments they are; a method's ``self`` or ``cls`` is left out.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):  # built-in functions may not say
            parameters = []
        positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        is_method = "." in getattr(function, "__qualname__", "").rpartition("<locals>.")[2]
        self._skip = 1 if is_method and positional and positional[0] in ("self", "cls") else 0
        self._names = positional
        self._rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "args")
        self._defaults = {p.name: p.default for p in parameters if p.default is not p.empty}

    def given(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Name what was given."""
        names, skip = self._names, self._skip
        named = dict(zip(names[skip:], args[skip:], strict=False))
        if len(args) > len(names):
            named[self._rest] = list(args[len(names) :])
        named.update(kwargs)
        return named

    def all(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Name what was given, and what stood for the rest."""
        return {**self._defaults, **self.given(args, kwargs)}


def said(arguments: Mapping[str, Any]) -> Any:
    """Find what is said to an agent or a model: by the usual names, else the first text or list of messages."""
    for name in MESSAGES:
        if arguments.get(name):
            return arguments[name]
    return next((value for value in arguments.values() if _is_said(value)), None)


def _is_said(value: object) -> bool:
    if isinstance(value, str):
        return bool(value)
    if isinstance(value, list | tuple) and value:
        first = value[0]
        return (isinstance(first, Mapping) and "role" in first) or hasattr(first, "role")
    return False
