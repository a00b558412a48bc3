"""Threads and pools that go on in the context they were given their work in."""

from __future__ import annotations

import functools
import threading
from concurrent.futures import ThreadPoolExecutor, thread
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.context import _RUNTIME_CONTEXT

from otel_agents.sdk import runtime
from otel_agents.sdk.context.carrying import Within

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context

_work_of_a_pool = getattr(thread, "_worker", object())  # what a pool's own threads run
_gone_on = False


def go_on() -> None:
    """Have threads and pools go on in the context around, where the setting ``threads`` says so at that moment."""
    global _gone_on
    if _gone_on:
        return
    _gone_on = True
    start, submit = threading.Thread.start, cast("Any", ThreadPoolExecutor.submit)

    @functools.wraps(start)
    def start_within(self: Any) -> None:
        context = _RUNTIME_CONTEXT.get_current()
        if not context or runtime.current.threads != "all" or _serves_others(self):
            start(self)
            return
        leave = _run_within(self, context)
        try:
            start(self)
        except BaseException:
            leave()
            raise

    @functools.wraps(submit)
    def submit_within(self: Any, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        context = _RUNTIME_CONTEXT.get_current()
        if context and runtime.current.threads != "none":
            function = Within(context, function)
        return submit(self, function, *args, **kwargs)

    threading.Thread.start = start_within  # type: ignore[method-assign]  # this is what the module is for
    ThreadPoolExecutor.submit = submit_within  # type: ignore[method-assign]


def _run_within(starting: Any, context: Context) -> Callable[[], None]:
    """Have a thread run in a context; give what undoes it.

    It is set on the object, not on the class: classes with a ``run`` of their own are served as well.
    """
    run, own = starting.run, starting.__dict__.get("run")

    def leave() -> None:
        starting.__dict__.pop("run", None)  # or the thread would hold itself
        if own is not None:
            starting.run = own

    def run_within() -> None:
        leave()
        Within(context, run)()

    starting.run = run_within
    return leave


def _serves_others(starting: Any) -> bool:
    """Say whether a thread works for more than who starts it: a pool's, or one of ours."""
    own = getattr(starting, "_name", "").startswith("otel-agents")
    return own or getattr(starting, "_target", None) is _work_of_a_pool
