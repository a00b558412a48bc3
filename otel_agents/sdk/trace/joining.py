"""Joining a tracer provider the program already has: its spans go through our pipeline too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from opentelemetry.context import get_current
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from otel_agents import conventions
from otel_agents.sdk import faults
from otel_agents.sdk.context import identity
from otel_agents.sdk.context.propagation import NESTED
from otel_agents.sdk.trace import begun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span

    from otel_agents.sdk.pipeline.pipeline import Stage


class EndedSpan(ReadableSpan):
    """A stock span that has ended, with attributes of its own that the stages may add to."""

    _agent: str | None = None
    _model_call: _Open | None = None
    _inside: list[ReadableSpan] | None = None

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


class _Open:
    """A span that has begun and not ended, as far as those inside of it need to know."""

    __slots__ = ("__weakref__", "_end_time", "_inside", "agent", "attributes", "model_call", "nested")

    def __init__(self, attributes: Mapping[str, Any], around: _Open | None, agent: str | None, *, nested: bool) -> None:
        self.attributes = attributes  # as they are at any time
        self.model_call: _Open | None = around if around is None or around.calls_model() else around.model_call
        self.agent: str | None = agent or (around.agent if around is not None else None)
        self.nested = nested
        self._inside: list[ReadableSpan] = []
        self._end_time: int | None = None

    def calls_model(self) -> bool:
        said = self.attributes.get(conventions.SPAN_TYPE)
        return said == "model" if said is not None else begun.calls_model(self.attributes)


class JoinedProcessor(SpanProcessor):
    """Our place in a provider that is not ours: added once, it serves whichever processors are configured."""

    def __init__(self) -> None:
        self._targets: tuple[SpanProcessor, ...] = ()
        self._stages: tuple[Stage, ...] = ()
        self._open: WeakValueDictionary[int, _Open] = WeakValueDictionary()  # each held by its span

    def replace(self, targets: tuple[SpanProcessor, ...] = (), stages: tuple[Stage, ...] = ()) -> None:
        """Serve others from now on.

        Args:
            targets: who is told of each span.
            stages: what completes a span as it ends, so that the provider's own exporters have it too.
        """
        self._targets, self._stages = targets, stages

    def set_aside(self) -> Callable[[], None]:
        """Serve nobody; give what brings back those there were."""
        aside = self._targets, self._stages
        self._targets, self._stages = (), ()
        return lambda: self.replace(*aside)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Give the span what it inherits."""
        context = get_current() if parent_context is None else parent_context
        who = identity.of(context)
        own = span.attributes or {}
        if who.attributes:
            span.set_attributes({key: value for key, value in who.attributes.items() if key not in own})
        agent = begun.agent(own, span.name) or who.agent
        around = self._open.get(span.parent.span_id) if span.parent is not None else None
        open_ = _Open(own, around, agent, nested=bool(context.get(NESTED)))
        span._otel_agents = open_  # type: ignore[attr-defined]  # it lives as long as the span
        span._agent = open_.agent  # type: ignore[attr-defined]
        self._open[span.get_span_context().span_id] = open_
        for target in self._targets:
            target.on_start(span, parent_context)

    def _on_ending(self, span: Span) -> None:
        """Complete a span while the provider's own exporters have not seen its end."""
        for stage in self._stages:
            try:
                stage.process(span)
            except Exception as error:
                faults.report(f"{type(stage).__name__}.process", error)

    def on_end(self, span: ReadableSpan) -> None:
        """Hand on a copy."""
        open_ = self._open.pop(span.context.span_id, None) if span.context is not None else None
        ended = EndedSpan(span, counts_as_request=open_ is None or not open_.nested)
        if open_ is not None:
            open_._end_time = span.end_time
            ended._agent, ended._model_call, ended._inside = open_.agent, open_.model_call, open_._inside
        for target in self._targets:
            target.on_end(ended)

    def shutdown(self) -> None:
        """Send what there is. The provider may be set up anew with us in it; our own end is the program's."""
        self.force_flush(2000)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush them."""
        return sum(target.force_flush(timeout_millis) for target in self._targets) == len(self._targets)
