"""The spans that are open now: what runs, and since when it has not moved."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any
from weakref import ref

from otel_agents import conventions
from otel_agents.dialects import span_type
from otel_agents.health.aggregates import KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.sdk.trace import ReadableSpan

_MOST_STARTED = 65_536  # spans that started since the last look
_MOST_LOST = 1_024
_MOST_TRACES = 10_000  # whose last end is remembered
_NAMES: dict[Kind, str] = {
    "agent": conventions.AGENT_NAME,
    "tool": conventions.TOOL_NAME,
    "model": conventions.REQUEST_MODEL,
}


class OpenSpans:
    """Knows which spans have started and not ended.

    The calling thread only appends; one that nobody holds any more, as it was never ended, is forgotten.
    """

    def __init__(self) -> None:
        self.after_fork()

    def after_fork(self) -> None:
        """Start empty: what is open in the parent ends there."""
        self._started: deque[ReadableSpan] = deque(maxlen=_MOST_STARTED)
        self.started = self._started.append  # called as a span starts
        self._open: dict[int, tuple[int, ref[ReadableSpan]]] = {}  # trace id and span, by span id
        self._lost: deque[bytes] = deque(maxlen=_MOST_LOST)
        self._last_end: dict[int, int] = {}

    def process(self, span: ReadableSpan) -> None:
        """Take note of an ended span; a stage of the pipeline."""
        self._take_started()
        if span.context is not None:
            self._open.pop(span.context.span_id, None)
            last_end, trace_id = self._last_end, span.context.trace_id
            last_end.pop(trace_id, None)  # the newest is last
            last_end[trace_id] = span.end_time or 0
            if len(last_end) > _MOST_TRACES:
                del last_end[next(iter(last_end))]

    def _take_started(self) -> None:
        started = self._started
        while started:
            try:
                span = started.popleft()
            except IndexError:  # another thread was faster
                return
            if span.end_time is None and span.context is not None:
                self._open[span.context.span_id] = (span.context.trace_id, ref(span))

    def now(self) -> list[ReadableSpan]:
        """Return the spans that are open now."""
        self._take_started()
        found, gone = [], []
        for span_id, (trace_id, held) in list(self._open.items()):
            span = held()
            if span is not None and span.end_time is None:
                found.append(span)
                continue
            gone.append(span_id)
            if span is None:
                self._lost.append(trace_id.to_bytes(16, "big") + span_id.to_bytes(8, "big"))
        for span_id in gone:
            self._open.pop(span_id, None)
        return found

    def lost(self) -> list[bytes]:
        """Return the spans nobody holds any more that never ended, as far as that was found since it was last asked.

        Each is its trace id and its span id in one.
        """
        return [self._lost.popleft() for _ in range(len(self._lost))]

    def last_end_ns(self, trace_id: int) -> int:
        """Return when a span of a trace last ended; 0 when none has."""
        return self._last_end.get(trace_id, 0)


def running(spans: Iterable[ReadableSpan]) -> dict[Kind, Counter[str]]:
    """Count what runs, by kind and name: agents' requests, tool and model calls, and the tenants' requests.

    The name "" of the kind agent is the whole program's: its agents' requests, or its roots when it has no agent.
    """
    counts: dict[Kind, Counter[str]] = {kind: Counter() for kind in KINDS}
    roots: Counter[str] = Counter()
    for span in spans:
        attributes: Any = span._attributes or {}
        type_ = attributes.get(conventions.SPAN_TYPE) or span_type(attributes)
        tenant = str(attributes.get(conventions.TENANT) or "")
        if type_ == "agent":
            if not getattr(span, "counts_as_request", True):
                continue
            counts["agent"][""] += 1
            if tenant:
                counts["tenant"][tenant] += 1
        elif span.parent is None:
            roots[tenant] += 1
        for kind, key in _NAMES.items():
            if type_ == kind and (name := attributes.get(key)):
                counts[kind][str(name)] += 1
    if not counts["agent"]:
        counts["agent"][""] = roots.total()
        counts["tenant"] = Counter({tenant: number for tenant, number in roots.items() if tenant})
    return counts
