"""Queries that one call begins and another ends, for programs in which no block or function is the query.

They are operations of an agent as any other: what is traced meanwhile, in this thread or task, is below them.
"""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING

from opentelemetry.trace import get_current_span

from otel_agents import conventions
from otel_agents.sdk.operations.monitor import monitor_operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agents.sdk.operations.operation import Operation

_MOST_OPEN = 1_000  # beyond it, the one that began first is ended

_open: dict[str, Operation] = {}
_counts: dict[str, dict[str, int]] = {}
_behind: dict[int, Operation] = {}  # by span id, those that ended while another that began later was around
_lock = threading.Lock()


def start(user_input: str, agent: str) -> str:
    """Begin a query; return its id, which is the trace's where nothing is around it."""
    operation = monitor_operation("query", agent_name=str(agent)).__enter__()
    operation.input(user_input)
    span = operation.span.get_span_context()
    root = getattr(operation.span, "parent", None) is None
    query_id = uuid.uuid4().hex if not span.is_valid else operation.trace_id if root else f"{span.span_id:016x}"
    with _lock:
        _open[query_id] = operation
        oldest = next(iter(_open)) if len(_open) > _MOST_OPEN else None
    if oldest is not None:
        finish(oldest, success=False, error_type="Abandoned", error_message="the query was never finished")
    return query_id


def finish(
    query_id: str,
    *,
    success: bool,
    result_size_bytes: int = 0,
    error_type: str | None = None,
    error_message: str | None = None,
) -> None:
    """End a query; one that is not known, or has ended, is left alone."""
    with _lock:
        operation = _open.pop(query_id, None)
        _counts.pop(query_id, None)
    if operation is None:
        return
    operation.set(result_size_bytes=result_size_bytes)
    if not success:
        operation.error(": ".join(filter(None, (error_type, error_message))) or "failed")
        operation.set_attribute(conventions.ERROR_TYPE, error_type)
    operation.end()
    _leave(operation)


def _leave(operation: Operation) -> None:
    """Go back to the context around, as soon as nothing that began later is around."""
    _behind[operation.span.get_span_context().span_id] = operation
    while (ended := _behind.pop(get_current_span().get_span_context().span_id, None)) is not None:
        ended.leave()
    while len(_behind) > _MOST_OPEN:  # those that ended in other threads than they began in
        _behind.pop(next(iter(_behind)), None)


def select(query_id: str, agent: str, score: float, reason: str) -> None:
    """Record which agent was chosen; what is no id of a query that runs is what was asked, before any began."""
    operation = _open.get(query_id)
    if operation is not None:
        operation.route(agent, score=score, reason=reason)
        return
    with monitor_operation("select_agent") as choice:
        choice.input(query_id)
        choice.route(agent, score=score, reason=reason)


def count(query_id: str, what: str) -> None:
    """Count something a query did."""
    with _lock:
        operation = _open.get(query_id)
        if operation is None:
            return
        counts = _counts.setdefault(query_id, {})
        number = counts[what] = counts.get(what, 0) + 1
    operation.set({what: number})


def entities(query_id: str, found: Iterable[str]) -> None:
    """Record which entities a query is about."""
    operation = _open.get(query_id)
    if operation is not None:
        operation.set(entities=[str(each) for each in found])
