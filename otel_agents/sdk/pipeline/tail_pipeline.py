"""The pipeline of a program with rules for whole traces: between stages and outlets, spans wait for the decision."""

from __future__ import annotations

import logging
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any

from otel_agents.sdk.exporters.ledger import decide_early
from otel_agents.sdk.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

    from otel_agents.sdk.pipeline.tail import Tail

logger = logging.getLogger("otel_agents")


class TailPipeline(Pipeline):
    """Takes every ended span through the stages, and what is kept of them to the outlets.

    Args:
        tail: decides.
        given: what a :class:`~otel_agents.sdk.pipeline.pipeline.Pipeline` is given.
    """

    takes_all = True

    def __init__(self, *given: Any, tail: Tail, **named: Any) -> None:
        self._tail = tail
        self._warned = False
        super().__init__(*given, **named)

    def _reset(self) -> None:
        super()._reset()
        self._tail.forget()
        self._begun: deque[int] = deque(maxlen=self._queue_size)  # traces of local roots that have started

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Take note of a span that starts, and of a local root for its trace."""
        super().on_start(span, parent_context)
        if (span.parent is None or span.parent.is_remote) and span.context is not None:
            self._begun.append(span.context.trace_id)

    def settle(self, most: int | None = None) -> None:
        """Take ended spans through the stages, and decide on traces that are over."""
        with self._settling:
            super().settle(most)
            early = self._tail.decide(monotonic())
            if early:
                decide_early(early)
                if not self._warned:
                    self._warned = True
                    logger.warning("Traces wait for their end beyond hold_for, or too many; some are decided before it")
            self._carry_out()

    def _hand_on(self, spans: Sequence[ReadableSpan]) -> None:
        for outlet in self._outlets:
            outlet.hold(len(spans))
        begun, tail, now = self._begun, self._tail, monotonic()
        while begun:  # they started before any of their spans ended, so all that matter here are in
            tail.begin(begun.popleft())
        for span in spans:
            tail.add(span, now)

    def _release(self) -> None:
        with self._settling:
            self._tail.decide_all()
            self._carry_out()

    def _carry_out(self) -> None:
        kept, left_out = self._tail.take()
        for outlet in self._outlets:
            if kept:
                outlet.offer(kept, held=True)
            if left_out:
                outlet.leave_out(left_out)
