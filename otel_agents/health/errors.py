"""The recent errors, each once: an exception that travels up through enclosing spans is one error, not one a span."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from otel_agents.model import ErrorEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agents.records import SpanRecord

KEPT = 500
MESSAGE_LENGTH = 500
_TRAVELLING = 1000


class ErrorLog:
    """The newest errors, oldest first, at most ``KEPT``."""

    def __init__(self) -> None:
        self._entries: deque[ErrorEntry] = deque(maxlen=KEPT)
        # What left a failed span, by the span it left for: a parent that fails with the same adds no error.
        self._travelling: dict[int, set[tuple[str | None, str | None]]] = {}

    def __iter__(self) -> Iterator[ErrorEntry]:
        return iter(self._entries)

    def add(self, entry: ErrorEntry) -> None:
        """Keep an error."""
        self._entries.append(entry)

    def add_span(self, record: SpanRecord) -> bool:
        """Keep the error of a failed span, unless it came out of a span below; say whether it was kept.

        Relies on spans arriving as they end, a child before its parent.
        """
        error = (record.error_type, record.error_message)
        came_from_below = error in self._travelling.pop(record.span_id, ())
        if record.parent_id is not None:
            self._travelling.setdefault(record.parent_id, set()).add(error)
            if len(self._travelling) > _TRAVELLING:  # parents that caught it never ask
                del self._travelling[next(iter(self._travelling))]
        if not came_from_below:
            self.add(_entry(record))
        return not came_from_below


def _entry(record: SpanRecord) -> ErrorEntry:
    component = {"agent": record.agent, "tool": record.tool, "model": record.model}.get(record.type) or record.name
    context: dict[str, object] = {"span": record.name, "type": record.type}
    if record.agent:
        context["agent"] = record.agent
    if record.trace_id:
        context["trace_id"] = f"{record.trace_id:032x}"
    return ErrorEntry(
        time=record.end_ns / 1e9,
        component=component,
        error_type=record.error_type or "Error",
        message=(record.error_message or "")[:MESSAGE_LENGTH],
        context=context,
    )
