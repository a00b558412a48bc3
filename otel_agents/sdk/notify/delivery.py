"""Calls what the user gave us to call, off the program's threads: one thread, one call after the other."""

from __future__ import annotations

import inspect
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from otel_agents.sdk import faults

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_WAITING = 1000


class Delivery:
    """A queue of calls and the thread that makes them; the thread is there while there are calls to make.

    Args:
        what: what is called, for the log.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._loops: dict[int, Any] = {}
        self.after_fork()

    def after_fork(self) -> None:
        """Begin with nothing to do: the parent makes its own calls."""
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()
        self._busy = False
        self._thread: threading.Thread | None = None

    def remember_loop(self, function: Callable[..., Any]) -> None:
        """Note the event loop that runs here, if any: coroutines of ``function`` will run there."""
        asyncio = sys.modules.get("asyncio")
        loop = asyncio._get_running_loop() if asyncio is not None else None  # noqa: SLF001  does not raise without one
        if loop is not None:
            self._loops[id(function)] = loop

    @staticmethod
    def report(where: str, error: Exception) -> None:
        """Note a fault of ours, or of what the user gave us to ask."""
        faults.report(where, error)

    def wait(self, timeout: float) -> bool:
        """Wait until every call is made; say whether they were in time."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
        return not self._waiting

    def put(self, function: Callable[..., Any], *given: Any) -> None:
        """Have ``function(*given)`` called soon; the oldest call is given up, and counted, when too many wait."""
        with self._lock:
            if len(self._waiting) >= _MOST_WAITING:
                self._waiting.popleft()
                faults.counts[f"{self._what} that were too many"] += 1
            self._waiting.append((function, given))
            if self._busy:
                return
            self._busy = True
        try:
            self._thread = threading.Thread(target=self._run, name="otel-agents-alerts", daemon=True)
            self._thread.start()
        except RuntimeError:  # the interpreter is ending
            self._thread = None
            self._run()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._busy = False
                    return
                function, given = self._waiting.popleft()
            try:
                result = function(*given)
                if inspect.isawaitable(result):
                    self._wait_for(result, self._loops.get(id(function)))
            except BaseException as error:  # noqa: BLE001  a SystemExit too ends no more than its own call
                faults.report_users(self._what, error)

    def _wait_for(self, result: Any, loop: Any) -> None:
        import asyncio  # its user has it

        async def finish() -> None:
            try:
                await result
            except Exception as error:  # noqa: BLE001
                faults.report_users(self._what, error)

        if loop is not None and not loop.is_closed():
            asyncio.run_coroutine_threadsafe(finish(), loop)
        else:
            asyncio.run(finish())
