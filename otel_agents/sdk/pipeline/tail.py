"""Tail sampling: traces are held until they are over, and then kept or left out as a whole.

Nothing here knows of queues and destinations: :class:`~otel_agents.sdk.pipeline.tail_pipeline.TailPipeline` feeds it,
and carries out what it decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import SpanContext, StatusCode, TraceFlags

from otel_agents import conventions
from otel_agents.sdk import faults
from otel_agents.sdk.trace.probability import marked

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

Keep = Callable[[Sequence["ReadableSpan"]], bool]

_REMEMBERED = 20_000  # traces whose decision is known to spans that come later
_SPAN_BYTES = 2_000  # what a span holds beside its texts, about


@dataclass(frozen=True, slots=True)
class Rules:
    """Which traces are kept, whatever the sampler says of them.

    Attributes:
        errors: those with a span that failed.
        slower_than: those that take longer, in seconds.
        dearer_than: those whose model calls cost more, in US dollars.
        own: those this says True to, given their ended spans.
    """

    errors: bool = False
    slower_than: float | None = None
    dearer_than: float | None = None
    own: Keep | None = None

    def keep(self, trace: Held, *, is_open: bool) -> bool:
        """Judge a trace by its spans so far; one that ``is_open`` has taken until now."""
        if self.errors and trace.failed:
            return True
        if self.slower_than is not None:
            end = max(trace.end, time_ns()) if is_open else trace.end
            if (end - trace.start) / 1e9 > self.slower_than:
                return True
        if self.dearer_than is not None and trace.cost > self.dearer_than:
            return True
        if self.own is None:
            return False
        try:
            return bool(self.own(tuple(trace.spans)))
        except Exception as error:
            faults.report_users("the rule keep", error)
            return False


class Held:
    """The ended spans of a trace that is not decided yet, and what rules ask of them."""

    __slots__ = ("cost", "end", "failed", "since", "size", "spans", "start")

    def __init__(self, since: float) -> None:
        self.since = since
        self.spans: list[ReadableSpan] = []
        self.size = 0
        self.failed = False
        self.cost = 0.0
        self.start = 1 << 63
        self.end = 0

    def add(self, span: ReadableSpan) -> int:
        """Take a span; say how many bytes it holds, about."""
        attributes: Any = span._attributes or {}
        size = _SPAN_BYTES + sum([len(value) for value in attributes.values() if value.__class__ is str])
        self.spans.append(span)
        self.size += size
        self.failed = self.failed or span.status.status_code is StatusCode.ERROR
        if attributes.get(conventions.SPAN_TYPE) == "model":
            self.cost += attributes.get(conventions.COST) or 0.0
        self.start = min(self.start, span.start_time or 0)
        self.end = max(self.end, span.end_time or 0)
        return size


class Tail:
    """Decides on traces: by the rules when the local root has ended, and where none applies by the sampler.

    What the sampler decided is in each span's sampled flag. A local root is a span with none of this process around it;
    a trace can have several, one for each request of another process. It is decided when none of them is open, and anew
    when one starts after it was left out.

    Args:
        rules: what is kept.
        spans: how many may be held.
        size: bytes they may hold, about.
        seconds: how long they may be held.
    """

    def __init__(self, rules: Rules, *, spans: int, size: int, seconds: float) -> None:
        self._rules = rules
        self._most_spans = spans
        self._most_bytes = size
        self._longest = seconds
        self.forget()

    def forget(self) -> None:
        """Begin with nothing held and nothing decided."""
        self._open: dict[int, int] = {}  # local roots that have not ended, by trace
        self._held: dict[int, Held] = {}  # in the order their first spans ended
        self._decided: dict[int, bool] = {}  # whether a rule keeps the trace, in the order of decisions
        self._spans = 0
        self._bytes = 0
        self._kept: list[ReadableSpan] = []
        self._left_out = 0

    def begin(self, trace_id: int) -> None:
        """Note that a local root has started."""
        self._open[trace_id] = self._open.get(trace_id, 0) + 1
        if self._decided.get(trace_id) is False:
            del self._decided[trace_id]  # another request in the same trace: it may be worth keeping
        if len(self._open) > _REMEMBERED + self._most_spans:  # some never end
            del self._open[next(iter(self._open))]

    def add(self, span: ReadableSpan, now: float) -> None:
        """Take an ended span; ``now`` is in monotonic seconds."""
        trace_id = span.context.trace_id if span.context is not None else 0
        decision = self._decided.get(trace_id)
        if decision is not None:
            self._carry_out(span, decision)
        else:
            held = self._held.get(trace_id)
            if held is None:
                held = self._held[trace_id] = Held(now)
            self._bytes += held.add(span)
            self._spans += 1
        if span.parent is None or span.parent.is_remote:
            still_open = self._open.pop(trace_id, 1) - 1
            if still_open:
                self._open[trace_id] = still_open
            elif trace_id in self._held:
                self._decide(trace_id)

    def decide(self, now: float) -> int:
        """Decide on what may not be held any longer, though it is not over; say on how many traces."""
        early = 0
        while self._held:
            trace_id, oldest = next(iter(self._held.items()))
            over = self._spans > self._most_spans or self._bytes > self._most_bytes
            if not over and now - oldest.since < self._longest:
                break
            early += 1
            self._decide(trace_id)
        return early

    def decide_all(self) -> None:
        """Decide on everything that is held."""
        for trace_id in list(self._held):
            self._decide(trace_id)

    def take(self) -> tuple[list[ReadableSpan], int]:
        """Give the spans that are kept since the last time, and how many were left out."""
        kept, left_out = self._kept, self._left_out
        self._kept, self._left_out = [], 0
        return kept, left_out

    def _decide(self, trace_id: int) -> None:
        held = self._held.pop(trace_id, None)
        if held is None:  # the rule asked for figures, and that settled
            return
        self._spans -= len(held.spans)
        self._bytes -= held.size
        decision = self._rules.keep(held, is_open=trace_id in self._open)
        self._decided[trace_id] = decision
        if len(self._decided) > _REMEMBERED:
            del self._decided[next(iter(self._decided))]
        for span in held.spans:
            self._carry_out(span, decision)

    def _carry_out(self, span: ReadableSpan, kept_by_rule: bool) -> None:
        if kept_by_rule:
            _mark(span)
        elif span.context is None or not span.context.trace_flags & TraceFlags.SAMPLED:
            self._left_out += 1
            return
        self._kept.append(span)


def _mark(span: ReadableSpan) -> None:
    """Say that a span was certain to be kept: whoever counts must not count it for others that were left out."""
    context = span.context
    if context is None:
        return
    span._context = SpanContext(
        context.trace_id,
        context.span_id,
        context.is_remote,
        TraceFlags(context.trace_flags | TraceFlags.SAMPLED),
        marked(context.trace_state, 0),
    )
