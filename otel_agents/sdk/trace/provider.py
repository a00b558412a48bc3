"""The tracer provider: what it is set up with may change while its tracers are in use."""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401  the base describes a forked child with a pool: its hooks must come first
from typing import TYPE_CHECKING, cast

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import (
    SpanLimits,
    SpanProcessor,
    SynchronousMultiSpanProcessor,
    TracerProvider,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from otel_agents.sdk import faults
from otel_agents.sdk.trace.deferred import write_deferred
from otel_agents.sdk.trace.ids import RandomIds
from otel_agents.sdk.trace.sampling import HeadSampler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace.id_generator import IdGenerator
    from opentelemetry.sdk.trace.sampling import Sampler
    from opentelemetry.util.types import Attributes

    from otel_agents.sdk.trace.span import LeanSpan

from otel_agents.sdk.trace.tracer import LeanTracer


class Processors(SynchronousMultiSpanProcessor):
    """The span processors, in order, with those that do nothing at a step left out of that step."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the base has no types
        self.starting: tuple[SpanProcessor, ...] = ()
        self.ending: tuple[SpanProcessor, ...] = ()

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        """Add one at the end."""
        with self._lock:
            self._set((*self._span_processors, span_processor))

    def replace(self, old: Iterable[SpanProcessor], new: Iterable[SpanProcessor]) -> None:
        """Put ``new`` in the place of ``old``; what others added stays."""
        gone = set(map(id, old))
        with self._lock:
            self._set((*new, *(one for one in self._span_processors if id(one) not in gone)))

    def _set(self, processors: tuple[SpanProcessor, ...]) -> None:
        def overriding(method: str) -> tuple[SpanProcessor, ...]:
            stock = getattr(SpanProcessor, method)
            return tuple(one for one in processors if getattr(type(one), method, None) not in (None, stock))

        self._span_processors = processors
        self.starting = overriding("on_start")
        self.ending = overriding("_on_ending")


class LeanProvider(TracerProvider):
    """A ``opentelemetry.sdk.trace.TracerProvider`` that can be set up again while its tracers are in use."""

    _active_span_processor: Processors

    def __init__(self) -> None:
        super().__init__(
            sampler=HeadSampler(1.0, parent_based=True),
            resource=Resource.get_empty(),
            shutdown_on_exit=False,
            active_span_processor=Processors(),
            id_generator=RandomIds(),
            span_limits=SpanLimits(),
        )
        self.enabled = False
        self.successor: TracerProvider | None = None  # makes the spans now, where a provider was set after this one
        self._configured: tuple[SpanProcessor, ...] = ()

    def hand_over(self, successor: TracerProvider) -> None:
        """Have another provider make the spans from now on, with the processors that others added to this one."""
        self.enabled = False
        for processor in self._active_span_processor._span_processors:
            if processor not in self._configured:
                successor.add_span_processor(processor)
        self.successor = successor

    def set_up(
        self,
        *,
        enabled: bool,
        resource: Resource,
        sampler: Sampler,
        id_generator: IdGenerator,
        processors: Sequence[SpanProcessor],
    ) -> None:
        """Replace what an earlier call set; tracers and open spans go on with the new."""
        self._resource = resource
        self.sampler = sampler
        self.id_generator: IdGenerator = id_generator  # type: ignore[assignment]  # the base wants the random one
        self._span_limits = SpanLimits()
        self._active_span_processor.replace(self._configured, processors)
        self._configured = tuple(processors)
        self.enabled = enabled

    def set_aside(self) -> Callable[[], None]:
        """Begin with nothing set up and no processors; give what brings back those there were."""
        names = (
            "enabled",
            "_resource",
            "sampler",
            "id_generator",
            "_span_limits",
            "_active_span_processor",
            "_configured",
        )
        aside = {name: getattr(self, name) for name in names}
        self.enabled = False
        self._active_span_processor, self._configured = Processors(), ()

        def bring_back() -> None:
            for name, value in aside.items():
                setattr(self, name, value)

        return bring_back

    def stop(self) -> None:
        """Make no more spans, and let go of the processors that were set up."""
        self.enabled = False
        self._active_span_processor.replace(self._configured, ())
        self._configured = ()

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> LeanTracer:
        """Give the tracer of a scope."""
        scope = InstrumentationScope(
            instrumenting_module_name or "", instrumenting_library_version or "", schema_url, attributes
        )
        with self._tracers_lock:
            tracer = self._tracers.get(scope)
            if tracer is None:
                tracer = LeanTracer(self, scope, self._apply_tracer_configurator(scope))
                self._tracers[scope] = tracer
        return cast("LeanTracer", tracer)

    def started(self, span: LeanSpan, parent_context: Context | None) -> None:
        """Tell the processors that a span has started."""
        for processor in self._active_span_processor.starting:
            try:
                processor.on_start(span, parent_context=parent_context)
            except Exception as error:
                faults.report(f"{type(processor).__name__}.on_start", error)

    def ended(self, span: LeanSpan) -> None:
        """Tell the processors that a span has ended."""
        processors = self._active_span_processor
        if span._deferred is not None and len(processors._span_processors) > 1:
            write_deferred(span)  # others than our pipeline look at the span now
        for processor in processors.ending:
            try:
                processor._on_ending(span)
            except Exception as error:
                faults.report(f"{type(processor).__name__}._on_ending", error)
        for processor in processors._span_processors:
            try:
                processor.on_end(span)
            except Exception as error:
                faults.report(f"{type(processor).__name__}.on_end", error)
