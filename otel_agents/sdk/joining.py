"""Joining a tracer provider the program already has: its spans go through our pipeline too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.context import get_current
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from otel_agents.sdk import identity
from otel_agents.sdk.propagation import NESTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span


class EndedSpan(ReadableSpan):
    """A stock span that has ended, with attributes of its own that the stages may add to."""

    def __init__(self, span: ReadableSpan, *, counts_as_request: bool) -> None:
        super().__init__(
            name=span.name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=dict(span.attributes or {}),
            events=span._events,
            links=span._links,
            kind=span.kind,
            status=span.status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )
        self.counts_as_request = counts_as_request
        self._dropped_attributes = span.dropped_attributes

    @property
    def dropped_attributes(self) -> int:
        """How many attributes went because of the limits."""
        return self._dropped_attributes


class JoinedProcessor(SpanProcessor):
    """Our place in a provider that is not ours: added once, it serves whichever processors are configured."""

    def __init__(self) -> None:
        self._targets: tuple[SpanProcessor, ...] = ()
        self._nested: set[int] = set()

    def replace(self, targets: tuple[SpanProcessor, ...]) -> None:
        """Serve others from now on."""
        self._targets = targets

    def set_aside(self) -> Callable[[], None]:
        """Serve nobody; give what brings back those there were."""
        aside, self._targets = self._targets, ()
        return lambda: self.replace(aside)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Give the span what it inherits."""
        context = get_current() if parent_context is None else parent_context
        if inherited := identity.of(context).attributes:
            own = span.attributes or {}
            span.set_attributes({key: value for key, value in inherited.items() if key not in own})
        if context.get(NESTED):
            self._nested.add(span.get_span_context().span_id)
        for target in self._targets:
            target.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        """Hand on a copy."""
        nested = span.context is not None and span.context.span_id in self._nested
        if nested and span.context is not None:
            self._nested.discard(span.context.span_id)
        ended = EndedSpan(span, counts_as_request=not nested)
        for target in self._targets:
            target.on_end(ended)

    def shutdown(self) -> None:
        """Shut them down."""
        for target in self._targets:
            target.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush them."""
        return sum(target.force_flush(timeout_millis) for target in self._targets) == len(self._targets)
