"""What can be said about an operation of any kind while it runs: its attributes, events, failure and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from opentelemetry.trace import Link, Span, SpanContext, Status, StatusCode

from otel_agents import conventions
from otel_agents.sdk import faults
from otel_agents.sdk.values import attribute_value, attribute_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Linked: TypeAlias = "SpanContext | Span | Link | Mapping[str, str]"  # a mapping is a carrier

_NO_FAILURE = (GeneratorExit, SystemExit)  # ways to end that are nobody's fault


class Handle:
    """An operation, as those see it who say something about it.

    Attributes:
        span: the OpenTelemetry span.
    """

    __slots__ = ("_agent", "_failed_with", "span")

    _agent: str | None  # whose operation it is
    _failed_with: BaseException | None
    span: Span

    @property
    def trace_id(self) -> str:
        """The trace's id, as 32 hexadecimal digits."""
        return format(self.span.get_span_context().trace_id, "032x")

    def set(self, values: Mapping[str, Any] | None = None, /, **attributes: Any) -> None:
        """Set attributes: as keywords, or as a mapping where a name has dots."""
        for key, value in {**(values or {}), **attributes}.items():
            self.set_attribute(key, value)

    def set_attribute(self, key: str, value: Any) -> None:
        """Set one attribute. A value OpenTelemetry has no type for becomes its text; None sets nothing."""
        if value is not None:
            self.span.set_attribute(str(key), attribute_value(value))

    def event(self, name: str, **attributes: Any) -> None:
        """Record a moment inside the operation."""
        self.span.add_event(name, attribute_values(attributes))

    def error(self, error: BaseException | str) -> None:
        """Mark the operation as failed, by an exception or in words."""
        if isinstance(error, BaseException):
            self.fail(error)
        elif self.span.is_recording():
            self.span.set_attribute(conventions.ERROR_TYPE, "_OTHER")  # the conventions' word for what has no type
            self.span.set_status(Status(StatusCode.ERROR, str(error)))
            self.span.add_event(conventions.EXCEPTION_EVENT, {conventions.EXCEPTION_MESSAGE: str(error)})

    def fail(self, error: BaseException) -> None:
        """Mark the operation as failed by an exception, once for each."""
        span = self.span
        if isinstance(error, _NO_FAILURE) or error is self._failed_with or not span.is_recording():
            return
        self._failed_with = error
        kind = type(error)
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        try:
            text = str(error)
        except Exception:
            text = ""
        span.set_attribute(conventions.ERROR_TYPE, name)
        span.set_status(Status(StatusCode.ERROR, f"{kind.__name__}: {text}" if text else kind.__name__))
        span.record_exception(error)

    def handoff(self, to: str, reason: str | None = None) -> dict[str, str]:
        """Record that the agent at work hands over to another one, as a span of type message below this one.

        Args:
            to: the other agent.
            reason: why.

        Returns:
            A carrier: the other agent, wherever it runs, links to the hand-over with
            ``monitor_operation(…, links=[carrier])``.
        """
        from otel_agents.sdk.operations.communication import hand_over  # for programs that use it

        return hand_over(self, str(to), reason)

    def route(
        self, selected: str, score: float | None = None, reason: str | None = None, *, candidates: Any = None
    ) -> None:
        """Record a routing decision: which agent, model or tool was chosen to go on.

        It is an event of the span, and its attributes are those of the span as well: where several are made in one
        operation, those of the last.

        Args:
            selected: what was chosen.
            score: the number it was chosen by, such as the complexity of the question or the fitness of the choice.
            reason: why.
            candidates: what there was to choose from: names, or a mapping from names to scores.
        """
        from otel_agents.sdk.operations.decisions import record_route

        self._safely(record_route, self.span, selected, score, reason, candidates)

    def score(
        self, name: str, value: float | None = None, label: str | None = None, explanation: str | None = None
    ) -> None:
        """Record an evaluation of the operation, as the conventions' event ``gen_ai.evaluation.result``.

        When the operation has ended already, as with a judge that takes its time, it becomes a span below it.

        Args:
            name: what was evaluated, such as relevance.
            value: the score.
            label: what the score means in a word, such as pass.
            explanation: how it came about.
        """
        from otel_agents.sdk.operations.decisions import record_score

        self._safely(record_score, self.span, name, value, label, explanation)

    def _safely(self, step: Callable[..., None], *given: Any) -> None:
        try:
            step(*given)
        except Exception as error:
            faults.report("recording an operation", error)


def links_to(given: Iterable[Linked] | Linked) -> list[Link]:
    """Make links of spans, their contexts, and carriers; what names no span gives none."""
    links = []
    for to in [given] if isinstance(given, Link | Span | SpanContext | Mapping) else given:
        if isinstance(to, Mapping):
            from otel_agents.sdk.context.carriers import link_of  # for what comes from elsewhere

            if link := link_of(to):
                links.append(link)
        elif isinstance(to, Link):
            links.append(to)
        elif isinstance(to, Span | SpanContext):
            links.append(Link(to.get_span_context() if isinstance(to, Span) else to))
    return links
