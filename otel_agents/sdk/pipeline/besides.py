"""Model calls traced twice side by side, where neither span is inside of the other.

A framework's callbacks are not around what it calls: OpenInference's instrumentation of LangChain makes no span
current, and only says at its end that it was a model call. Where the client's instrumentation has traced the call
meanwhile, the framework's span becomes one of type other. And an answer that is given to an operation may be that of a
call which an instrumentation has just traced.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from otel_agents import conventions
from otel_agents.sdk.processors.dialect import usage_of
from otel_agents.sdk.trace import begun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace import ReadableSpan

_MOST_TRACES = 4096
_MOST_CALLS = 64  # of one trace that are remembered
_OURS = "otel_agents"
_AN_ANSWER = ""  # in the place of an instrumentation's name

Told = tuple[str | None, int, int]  # what a call tells of: its answer's id, its tokens in and out


class _Call:
    """A model call that another instrumentation has traced."""

    __slots__ = ("also", "start", "told")

    def __init__(self, told: Told, start: int, scope: str) -> None:
        self.told = told
        self.start = start
        self.also = {scope}  # who has told of it


_lock = threading.Lock()
_ended: dict[int, list[_Call]] = {}  # by trace


def ended(span: ReadableSpan) -> None:
    """Take note of an ended span; a model call that another instrumentation has traced meanwhile is of type other."""
    attributes: Any = span._attributes or {}
    said = attributes.get(conventions.SPAN_TYPE)
    if said != "model" if said is not None else not begun.calls_model(attributes):
        return
    scope = span.instrumentation_scope
    if scope is None or scope.name == _OURS or span.context is None:
        return
    told = _told_by(attributes)
    if not any(told):
        return
    start = span.start_time or 0
    with _lock:
        if _find(span.context.trace_id, told, scope.name, start):
            attributes[conventions.SPAN_TYPE] = "other"
        else:
            _remember(span.context.trace_id, _Call(told, start, scope.name))


def traced(trace_id: int, told: Told) -> bool:
    """Say, once, whether another instrumentation has traced the call an answer is of."""
    with _lock:
        return _find(trace_id, told, _AN_ANSWER, 0)


def _find(trace_id: int, told: Told, who: str, start: int) -> bool:
    for call in _ended.get(trace_id, ()):
        ids = call.told[0], told[0]
        same = ids[0] == ids[1] if None not in ids else any(told[1:]) and call.told[1:] == told[1:]
        if same and call.start >= start and who not in call.also:
            call.also.add(who)
            return True
    return False


def _remember(trace_id: int, call: _Call) -> None:
    if trace_id not in _ended and len(_ended) >= _MOST_TRACES:
        del _ended[next(iter(_ended))]
    calls = _ended.setdefault(trace_id, [])
    calls.append(call)
    del calls[:-_MOST_CALLS]


def _told_by(attributes: Mapping[str, Any]) -> Told:
    usage = usage_of(attributes)
    counts = (usage.get(key, 0) for key in (conventions.USAGE_INPUT_TOKENS, conventions.USAGE_OUTPUT_TOKENS))
    return attributes.get(conventions.RESPONSE_ID), *counts


def after_fork_in_child() -> None:
    """Forget the parent's."""
    global _lock
    _lock = threading.Lock()
    _ended.clear()
