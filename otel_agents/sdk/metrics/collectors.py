"""Functions of the program that are called every so many seconds, to measure what does not announce itself.

Each has a thread of its own, so that one which hangs or fails holds up no other.
"""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from otel_agents.errors import ConfigurationError
from otel_agents.sdk import faults

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[[], Any]")

_SHORTEST_S = 0.01


class _Caller:
    """Calls one function on a thread, at once and then every ``every`` seconds."""

    def __init__(self, function: Callable[[], Any], every: float) -> None:
        self.function = function
        self.every = every
        self._name = getattr(function, "__qualname__", type(function).__name__)
        self._stopped = True

    def start(self) -> None:
        from otel_agents.sdk.bell import Bell  # with the threads, not where a program begins

        self._stopped = False
        self._wake = Bell()
        thread = threading.Thread(target=self._run, name=f"otel-agents collector {self._name}", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending
            return
        self._thread = thread

    def stop(self) -> None:
        self._stopped = True
        self._wake.ring()

    def join(self, deadline: float) -> None:
        if self._thread is not threading.current_thread():
            self._thread.join(max(0.0, deadline - monotonic()))

    def _run(self) -> None:
        wake = self._wake
        while not self._stopped:
            began = monotonic()
            try:
                result = self.function()
                if hasattr(result, "__await__"):
                    import asyncio  # most programs have no such function, and it takes 30 ms to import

                    asyncio.run(_awaited(result))
            except Exception as error:  # noqa: BLE001 - the program's function may raise anything
                faults.report(f"the collector {self._name}", error)
            wake.wait(max(0.0, began + self.every - monotonic()))


async def _awaited(result: Any) -> None:
    await result


class Collectors:
    """The functions that are called while metrics are on."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._callers: list[_Caller] = []
        self._on = False

    def add(self, function: Callable[[], Any], every: float) -> None:
        """Call a function from now on; one that is called already gets the new interval."""
        with self._lock:
            self.remove(function)
            caller = _Caller(function, every)
            self._callers.append(caller)
            if self._on:
                caller.start()

    def remove(self, function: Callable[[], Any]) -> None:
        """Call a function no more."""
        with self._lock:
            for caller in [each for each in self._callers if each.function == function]:
                self._callers.remove(caller)
                if self._on:
                    caller.stop()

    def start(self) -> None:
        """Begin to call."""
        with self._lock:
            if not self._on:
                self._on = True
                for caller in self._callers:
                    caller.start()

    def stop(self, deadline: float) -> None:
        """End the threads, and wait for them until ``deadline`` (``monotonic`` seconds)."""
        with self._lock:
            running = self._callers if self._on else []
            self._on = False
        for caller in running:
            caller.stop()
        for caller in running:
            caller.join(deadline)

    def after_fork_in_child(self) -> None:
        """Begin anew: the parent's threads stayed behind."""
        self._lock = threading.RLock()
        self._on = False


collectors = Collectors()


def add_collector(function: Callable[[], Any], every: float = 60.0) -> None:
    """Call a function every ``every`` seconds while metrics are on, first at once, on a thread of its own.

    It usually sets gauges. A coroutine function runs in an event loop of its own. An exception is logged once, counted
    in ``telemetry_health().faults``, and the function is called again all the same.

    Raises:
        ConfigurationError: ``function`` cannot be called, or ``every`` is no positive number.
    """
    if not callable(function):
        raise ConfigurationError(f"expected a function that can be called without arguments, got {function!r}")
    if isinstance(every, bool) or not isinstance(every, int | float) or not every >= _SHORTEST_S:
        raise ConfigurationError(f"every: expected seconds, at least {_SHORTEST_S}, got {every!r}")
    collectors.add(function, every)


def collector(every: float = 60.0) -> Callable[[F], F]:
    """Decorate a function to have it called every ``every`` seconds; see :func:`add_collector`."""

    def decorate(function: F) -> F:
        add_collector(function, every)
        return function

    return decorate


def remove_collector(function: Callable[[], Any]) -> None:
    """Call a function no more that :func:`add_collector` had called."""
    collectors.remove(function)
