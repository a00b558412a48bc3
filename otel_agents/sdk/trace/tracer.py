"""The tracer: makes lean spans, for this SDK and for every user of the OpenTelemetry API."""

from __future__ import annotations

import functools
from time import time_ns
from typing import TYPE_CHECKING, cast

from opentelemetry.baggage import _BAGGAGE_KEY
from opentelemetry.context import _RUNTIME_CONTEXT, Context
from opentelemetry.sdk.trace import (
    SpanLimits,
    SynchronousMultiSpanProcessor,
    Tracer,
    TracerProvider,
    _TracerConfig,
)
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationInfo, InstrumentationScope
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    TraceFlags,
    TraceState,
    get_current_span,
)
from opentelemetry.trace.propagation import _SPAN_KEY

from otel_agents import conventions
from otel_agents.sdk import runtime
from otel_agents.sdk.context.identity import read
from otel_agents.sdk.context.propagation import IDENTITY, NOBODY, Identity, LeftOut
from otel_agents.sdk.trace import begun
from otel_agents.sdk.trace.current_span import CurrentSpan
from otel_agents.sdk.trace.ids import RandomIds, new_span_id, new_trace_id
from otel_agents.sdk.trace.probability import LOW_56_BITS
from otel_agents.sdk.trace.sampling import HeadSampler
from otel_agents.sdk.trace.span import LeanSpan, is_plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace.id_generator import IdGenerator
    from opentelemetry.sdk.trace.sampling import Sampler
    from opentelemetry.util.types import AnyValue, Attributes

    from otel_agents.sdk.trace.provider import LeanProvider

_FLAGS = tuple(TraceFlags(value) for value in range(4))
_NO_STATE = TraceState()
_new = object.__new__
_tuple = tuple.__new__

# A SpanContext is a tuple that its constructor checks and fills; filling it directly takes a third of the time. Where a
# later OpenTelemetry lays it out differently, the constructor is used.
_KNOWN_LAYOUT = tuple(SpanContext(1, 2, False, _FLAGS[3], _NO_STATE)) == (1, 2, False, _FLAGS[3], _NO_STATE, True)


def _span_context(trace_id: int, span_id: int, flags: TraceFlags, state: TraceState) -> SpanContext:
    if _KNOWN_LAYOUT:
        return _tuple(SpanContext, (trace_id, span_id, False, flags, state, True))
    return SpanContext(trace_id, span_id, False, flags, state)


class LeanTracer(Tracer):
    """A tracer whose spans are lean."""

    def __init__(self, provider: LeanProvider, scope: InstrumentationScope, config: _TracerConfig) -> None:
        self.provider = provider
        self._instrumentation_scope = scope
        self._tracer_config = config

    # What the stock tracer keeps for itself is the provider's here, so that it can change.

    @property
    def instrumentation_info(self) -> InstrumentationInfo:  # type: ignore[override]
        """The scope, as a deprecated class of OpenTelemetry has it."""
        scope = self._instrumentation_scope
        return InstrumentationInfo(scope.name, scope.version or "", scope.schema_url)

    @property
    def sampler(self) -> Sampler:  # type: ignore[override]  # an attribute in the base
        """The provider's sampler."""
        return self.provider.sampler

    @property
    def resource(self) -> Resource:  # type: ignore[override]
        """The provider's resource."""
        return self.provider.resource

    @property
    def span_processor(self) -> SynchronousMultiSpanProcessor:  # type: ignore[override]
        """The provider's processors."""
        return self.provider._active_span_processor

    @property
    def id_generator(self) -> IdGenerator:  # type: ignore[override]
        """The provider's source of ids."""
        return self.provider.id_generator

    @property
    def _span_limits(self) -> SpanLimits:  # type: ignore[override]
        return self.provider._span_limits

    def draw(self) -> int | LeftOut:
        """Begin a trace: give its id, or a span that stands for all of it where the sampler leaves it out.

        Nothing need be known of the first span for this, so a trace that is left out costs next to nothing.
        """
        provider = self.provider
        ids: IdGenerator = provider.id_generator
        sampler = provider.sampler
        if sampler.__class__ is not HeadSampler or not sampler.parent_based or ids.__class__ is not RandomIds:
            return ids.generate_trace_id()
        trace_id = new_trace_id()
        if trace_id & LOW_56_BITS >= sampler.threshold or sampler.records_all:
            return trace_id
        return LeftOut(_span_context(trace_id, new_span_id(), _FLAGS[2], _NO_STATE))

    def _succeeding(self, provider: TracerProvider) -> Tracer:
        """Give the tracer of this scope from the provider that makes the spans now."""
        tracer: Tracer | None = self.__dict__.get("_successor")
        if tracer is None:
            scope = self._instrumentation_scope
            tracer = cast("Tracer", provider.get_tracer(scope.name, scope.version, scope.schema_url, scope.attributes))
            self._successor = tracer
        return tracer

    def _set_resource(self, resource: Resource) -> None:
        """Do nothing: the provider's resource is the tracer's."""

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> Span:
        """Start a span; see ``opentelemetry.trace.Tracer.start_span``.

        Raises:
            BudgetExceeded: it is of a model call, and a budget is to raise.
            LoopDetected: its run goes round in circles, and that is to raise.
        """
        if runtime.guard_others is not None and attributes:
            runtime.guard_others(attributes)
        span = self.begin(name, context, kind, attributes, links, start_time)
        if not record_exception:
            span._record_exception = False  # type: ignore[attr-defined]
        if not set_status_on_exception:
            span._set_status_on_exception = False  # type: ignore[attr-defined]
        return span

    def begin(
        self,
        name: str,
        context: Context | None,
        kind: SpanKind,
        attributes: Mapping[str, AnyValue] | None,
        links: Sequence[Link] | None,
        start_time: int | None,
        *,
        clean: bool = False,
        trace_id: int | None = None,
    ) -> Span:
        """Start a span, or give one that records nothing where the sampler says so.

        Args:
            name: as in ``opentelemetry.trace.Tracer.start_span``, and so are those that follow.
            context: see there.
            kind: see there.
            attributes: see there.
            links: see there.
            start_time: see there.
            clean: whether every attribute is known to be one already, and the context's baggage has been read.
            trace_id: the id of the trace this span begins, where it is drawn.
        """
        provider = self.provider
        current = _RUNTIME_CONTEXT.get_current() if context is None else context
        parent_span = current.get(_SPAN_KEY)
        if parent_span.__class__ is LeanSpan:
            parent: SpanContext | None = parent_span._context
        else:
            parent = get_current_span(current).get_span_context()
            if parent is not None and not isinstance(parent, SpanContext):
                raise TypeError("parent_span_context must be a SpanContext or None.")
        if not (provider.enabled and self._tracer_config.is_enabled):
            if provider.successor is not None:
                return self._succeeding(provider.successor).start_span(
                    name, context, kind, attributes, links, start_time
                )
            return NonRecordingSpan(cast("SpanContext", parent))

        ids: IdGenerator = provider.id_generator
        our_ids = ids.__class__ is RandomIds
        if parent is None or not parent[5]:  # is_valid, without the property's call
            parent = None
            state = None
            if trace_id is None:
                trace_id = new_trace_id() if our_ids else ids.generate_trace_id()
            flags = 2 if our_ids or ids.is_trace_id_random() else 0
        else:
            trace_id = parent[0]
            state = parent[4]
            flags = parent[3] & 2

        sampler = provider.sampler
        if sampler.__class__ is HeadSampler:
            sampled = sampler.decide(parent, trace_id)
            recorded = sampled or sampler.records_all
            if parent is None or sampler.decides_below:
                state = sampler.state(parent, sampled)
        else:
            result = sampler.should_sample(context, trace_id, name, kind, attributes, links or ())
            recorded, sampled = result.decision is not Decision.DROP, result.decision is Decision.RECORD_AND_SAMPLE
            attributes, state = result.attributes, result.trace_state
        if sampled:
            flags |= 1
        span_id = new_span_id() if our_ids else ids.generate_span_id()
        span_context = _span_context(trace_id, span_id, _FLAGS[flags], _NO_STATE if state is None else state)
        if not recorded:
            settled = sampler.__class__ is HeadSampler and sampler.parent_based
            return LeftOut(span_context) if settled else NonRecordingSpan(span_context)

        span: LeanSpan = _new(LeanSpan)
        span._name = name
        span._context = span_context
        span._parent = parent
        span._kind = kind
        span._tracer = self
        span._resource = provider._resource
        span._limits = limits = provider._span_limits
        span._instrumentation_scope = self._instrumentation_scope
        if parent_span.__class__ is LeanSpan:
            around = parent_span._attributes
            said = around.get(conventions.SPAN_TYPE)
            calls = said == "model" if said is not None else begun.calls_model(around)  # by us, or by somebody else
            span._model_call = parent_span if calls else parent_span._model_call
        identity = cast("Identity", current.get(IDENTITY) or NOBODY)
        if not clean and (baggage := current.get(_BAGGAGE_KEY)) is not identity.baggage:  # such as that of a request
            identity = read(identity, baggage)
        span._attributes = filled = dict(identity.attributes)
        if attributes:
            most = limits.max_span_attributes
            if (
                limits.max_span_attribute_length is None
                and (most is None or len(attributes) + len(filled) <= most)
                and (clean or is_plain(attributes))
            ):
                filled.update(attributes)
            else:
                span.set_attributes(attributes)
        if not clean:  # of another instrumentation, which may not name the agent at work
            agent = identity.agent
            if agent is None and parent_span.__class__ is LeanSpan:
                agent = parent_span._agent
            if begun.says(filled):
                agent = begun.agent(filled, name) or agent
            if agent is not None:
                span._agent = agent
        if links:
            span._start_links(links)
        span._start_time = time_ns() if start_time is None else start_time
        if provider._active_span_processor.starting:
            provider.started(span, context)
        return span

    def start_as_current_span(  # type: ignore[override]  # a class does here what a generator does in the base
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> CurrentSpan:
        """Start a span and make it the current one; a context manager and a decorator."""
        start = functools.partial(
            self.start_span,
            name,
            context,
            kind,
            attributes,
            links,
            start_time,
            record_exception,
            set_status_on_exception,
        )
        return CurrentSpan(start, record_exception, set_status_on_exception, end_on_exit)
