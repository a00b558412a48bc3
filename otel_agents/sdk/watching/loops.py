"""Watches for runs that go round in circles or stand still: an alert, or LoopDetected at the run's next operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.context import _RUNTIME_CONTEXT
from opentelemetry.trace import get_current_span

from otel_agents import conventions
from otel_agents.errors import LoopDetected
from otel_agents.health.loops import Loop, Loops
from otel_agents.health.stalls import Open, Stall, stalls
from otel_agents.model import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from opentelemetry.sdk.trace import ReadableSpan

    from otel_agents.alerts.budgets import Call
    from otel_agents.alerts.manager import Look
    from otel_agents.sdk.pipeline.running import OpenSpans

_SHOWN = 200  # characters of a call's arguments
_MOST_NOTED = 4096
_MOST_RUNS = 20  # that are reported as standing still


class LoopWatch:
    """What is watched between two configurations.

    Args:
        open_spans: knows what is open.
        settle: brings in what has ended.
        calls: calls of one tool with the same arguments, in one run, that are a loop; 0: they never are.
        handoffs: handoffs between two agents, one after the other, that are a loop; 0: they never are.
        stall_after: seconds without anything ending in a run in which something is open; 0: it never stalls.
    """

    def __init__(
        self, open_spans: OpenSpans, settle: Callable[[], None], *, calls: int, handoffs: int, stall_after: float
    ) -> None:
        self._open_spans = open_spans
        self._settle = settle
        self._loops = Loops(calls, handoffs)
        self._stall_after = stall_after
        self._arguments: dict[int, int] = {}  # hashes by span, of those being settled, as they were before redaction

    def note(self, span: ReadableSpan) -> None:
        """Note what tells a call's arguments from others, before they are redacted."""
        attributes: Mapping[str, Any] = span._attributes or {}  # noqa: SLF001 - the public one is a slower copy
        text = attributes.get(conventions.TOOL_CALL_ARGUMENTS)
        if text is not None and span.context is not None:
            if len(self._arguments) >= _MOST_NOTED:  # of spans of other types, which nobody looks at
                self._arguments.clear()
            self._arguments[span.context.span_id] = hash(text)

    def look(self, span: ReadableSpan) -> None:
        """Look at an ended span."""
        attributes: Mapping[str, Any] = span._attributes or {}  # noqa: SLF001 - as above
        get, context = attributes.get, span.context
        type_ = get(conventions.SPAN_TYPE)
        if context is None or type_ not in ("tool", "message"):
            return
        told_by = self._arguments.pop(context.span_id, None)
        now_ns = span.end_time or 0
        if type_ == "message":
            giver, taker = get(conventions.HANDOFF_FROM), get(conventions.HANDOFF_TO)
            if giver and taker:
                self._loops.handoff(context.trace_id, str(giver), str(taker), now_ns)
            return
        text = get(conventions.TOOL_CALL_ARGUMENTS)
        if text is not None:  # where content is not captured, nobody knows whether they are the same
            told_by = hash(text) if told_by is None else told_by
            agent, tool = get(conventions.AGENT_NAME), str(get(conventions.TOOL_NAME))
            shown = str(text)[:_SHOWN]
            self._loops.call(context.trace_id, tool, told_by, shown, str(agent) if agent else None, now_ns)

    def before(self, span_type: str, call: Call) -> None:  # noqa: ARG002  as every guard
        """Stop what would begin in a run that goes round in circles.

        Raises:
            LoopDetected: with the evidence.
        """
        around = get_current_span(_RUNTIME_CONTEXT.get_current()).get_span_context()
        if not around.is_valid:
            return
        self._settle()
        loop = self._loops.of(around.trace_id)
        if loop is not None:
            raise LoopDetected(f"{loop.message}; nothing more is begun in this run", loop.evidence)

    def findings(self, look: Look) -> Iterator[Finding]:
        """Return the loops and stalls there are."""
        for loop in self._loops.now(look.now_ns):
            yield _of_loop(loop)
        if self._stall_after:
            spans = (
                Open(span.context.trace_id, span.name, span.start_time or 0)
                for span in self._open_spans.now()
                if span.context is not None
            )
            for stall in stalls(spans, self._open_spans.last_end_ns, self._stall_after, look.now_ns)[:_MOST_RUNS]:
                yield _of_stall(stall, self._stall_after, look.now_ns)


def _of_loop(loop: Loop) -> Finding:
    return Finding(
        rule=loop.rule,
        kind="run",
        subject=f"{loop.run:032x}",
        value=loop.times,
        threshold=loop.limit,
        message=loop.message,
        severity="high",
        evidence=loop.evidence,
    )


def _of_stall(stall: Stall, after_s: float, now_ns: int) -> Finding:
    newest = stall.open[0]
    still = _duration(stall.seconds)
    return Finding(
        rule="stall",
        kind="run",
        subject=f"{stall.run:032x}",
        value=stall.seconds,
        threshold=after_s,
        message=f"Nothing has ended for {still} in a run in which {newest.name} is open (limit {_duration(after_s)})",
        severity="medium",
        evidence={
            "trace_id": f"{stall.run:032x}",
            "open": [{"name": each.name, "seconds": (now_ns - each.start_ns) / 1e9} for each in stall.open],
        },
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
