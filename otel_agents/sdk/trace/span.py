"""The lean span: OpenTelemetry's span at a fraction of its cost on the calling thread.

It is a ``opentelemetry.sdk.trace.Span`` and behaves as one. What differs is how: attributes are a plain dict that is
cleaned as it is filled, events and links exist when there is one, the span handed to ``on_end`` is the span itself, and
there is no lock, because each step that must not be torn is one the interpreter does not tear.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from time import time_ns
from types import MappingProxyType, NoneType
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.attributes import BoundedAttributes, _clean_attribute_value
from opentelemetry.sdk.trace import Event, EventBase, ReadableSpan, Span, SpanLimits
from opentelemetry.sdk.util import BoundedList
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode

from otel_agents.sdk.values import PLAIN, attribute_value, text_of

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.util.types import AnyValue, Attributes

    from otel_agents.sdk.trace.tracer import LeanTracer

logger = logging.getLogger(__name__)

KEYS = frozenset({str})
UNSET = Status(StatusCode.UNSET)
_TYPES = (str, bool, int, float, bytes, NoneType, Sequence, Mapping)


class LeanSpan(Span):
    """A span; made by a :class:`~otel_agents.sdk.trace.tracer.LeanTracer`, which calls :meth:`begin`.

    Attributes:
        counts_as_request: False for an agent's operation inside another operation of the same agent.
    """

    # What most spans never change lives on the class, so that a new span need not set it.
    counts_as_request = True
    _end_time: int | None = None
    _status: Status = UNSET
    _events: Any = ()
    _links: Any = ()
    _dropped_attributes = 0
    _record_exception = True
    _set_status_on_exception = True
    _agent: str | None = None  # at work where another instrumentation has begun the span
    _model_call: LeanSpan | None = None  # the model call around, and
    _inside: list[LeanSpan] | None = None  # the ended model calls inside that wait for it; see pipeline/repeats.py
    _deferred: list[Any] | None = None  # content still to be written, by otel_agents.sdk.trace.deferred

    _name: str
    _context: SpanContext
    _parent: SpanContext | None
    _kind: SpanKind
    _start_time: int
    _attributes: dict[str, AnyValue]
    _tracer: LeanTracer
    _resource: Resource
    _limits: SpanLimits
    _instrumentation_scope: InstrumentationScope

    def __init__(self) -> None:
        raise TypeError("A span is started by a tracer.")

    # --- Attributes -------------------------------------------------------------------------------------------------

    def set_attribute(self, key: str, value: AnyValue) -> None:
        """Set one attribute; the oldest goes when there are more than the limit."""
        if self._end_time is not None:
            logger.warning("Setting attribute on ended span.")
            return
        if key.__class__ is not str or not key:
            logger.warning("invalid key `%s`. must be non-empty string. Dropping key from attributes.", key)
            self._dropped_attributes += 1
            return
        longest = self._limits.max_span_attribute_length
        if value.__class__ not in PLAIN or longest is not None:
            value = _cleaned(value, longest)
        self._put(key, value)

    def set_attributes(self, attributes: Mapping[str, AnyValue]) -> None:
        """Set several attributes."""
        if self._end_time is not None:
            logger.warning("Setting attribute on ended span.")
            return
        longest = self._limits.max_span_attribute_length
        if longest is not None or not is_plain(attributes):
            cleaned = cast("Mapping[str, AnyValue]", _cleaned(attributes, longest))
            self._dropped_attributes += len(attributes) - len(cleaned)
            attributes = cleaned
        for key, value in attributes.items():
            self._put(key, value)

    def _put(self, key: str, value: AnyValue) -> None:
        attributes = self._attributes
        most = self._limits.max_span_attributes
        if key in attributes:
            attributes.pop(key, None)  # a key set again is the youngest
        elif most is not None and len(attributes) >= most:
            self._dropped_attributes += 1
            if not self._make_room():
                return
        attributes[key] = value

    def _make_room(self) -> bool:
        """Let the oldest attribute go; False when there is room for none at all."""
        try:
            self._attributes.pop(next(iter(self._attributes)), None)
        except StopIteration:
            return False
        except RuntimeError:  # another thread is setting attributes: then there is room for one more as well
            return True
        return True

    @property
    def attributes(self) -> Attributes:
        """The attributes, read-only."""
        return MappingProxyType(self._attributes)

    @property
    def dropped_attributes(self) -> int:
        """How many attributes went because of the limits."""
        return self._dropped_attributes

    # --- Events and links -------------------------------------------------------------------------------------------

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        """Add a moment inside the span."""
        bounded = _bounded(self._limits.max_event_attributes, attributes, self._limits.max_attribute_length)
        now = time_ns() if timestamp is None else timestamp
        self._add_event(Event(name=name, attributes=bounded, timestamp=now))

    def _add_event(self, event: EventBase) -> None:
        if self._end_time is not None:
            logger.warning("Tried calling _add_event on an ended span.")
            return
        if self._events.__class__ is tuple:
            self._events = BoundedList(self._limits.max_events)
        self._events.append(event)

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        """Link to another span."""
        link = self._bounded_link(context, attributes)
        if link is None:
            return
        if self._end_time is not None:
            logger.warning("Tried calling _add_link on an ended span.")
            return
        if self._links.__class__ is tuple:
            self._links = BoundedList(self._limits.max_links)
        self._links.append(link)

    def _bounded_link(self, context: SpanContext, attributes: Attributes) -> Link | None:
        if not (context and (context.is_valid or attributes or context.trace_state)):
            return None
        bounded = _bounded(self._limits.max_link_attributes, attributes, self._limits.max_attribute_length)
        return Link(context, bounded)

    def _start_links(self, links: Sequence[Link]) -> None:
        """Take the links a span starts with."""
        bounded = [self._bounded_link(link.context, link.attributes) for link in links if link]
        self._links = BoundedList.from_seq(self._limits.max_links, [link for link in bounded if link])

    # --- Name, status, end ------------------------------------------------------------------------------------------

    def update_name(self, name: str) -> None:
        """Rename the span."""
        if self._end_time is not None:
            logger.warning("Tried calling update_name on an ended span.")
            return
        self._name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Set the status; OK is final, and UNSET is never set."""
        if self._end_time is not None:
            logger.warning("Tried calling set_status on an ended span.")
            return
        code = status.status_code if isinstance(status, Status) else status
        if self._status.status_code is StatusCode.OK or code is StatusCode.UNSET:
            return
        if isinstance(status, Status):
            if description is not None:
                logger.warning(
                    "Description %s ignored. Use either `Status` or `(StatusCode, Description)`", description
                )
            self._status = status
        elif isinstance(status, StatusCode):
            self._status = Status(status, description)

    def is_recording(self) -> bool:
        """Whether the span is still open."""
        return self._end_time is None

    def start(self, start_time: int | None = None, parent_context: Context | None = None) -> None:  # noqa: ARG002
        """Warn: the tracer has started it."""
        logger.warning("Calling start() on a started span.")

    def end(self, end_time: int | None = None) -> None:
        """End the span and hand it on, once."""
        now = time_ns() if end_time is None else end_time
        # No call between the test and the assignment: the interpreter switches threads only at calls and loops, so of
        # two threads that end one span, one sees the other's end.
        if self._end_time is not None:
            logger.warning("Calling end() on an ended span.")
            return
        self._end_time = now
        self._tracer.provider.ended(self)

    def _readable_span(self) -> ReadableSpan:
        return self

    @property
    def _instrumentation_info(self) -> Any:  # type: ignore[override]
        return self._tracer.instrumentation_info

    @property
    def _span_processor(self) -> Any:  # type: ignore[override]  # the tracer's, which may change while the span is open
        return self._tracer.span_processor

    def get_span_context(self) -> SpanContext:
        """Give what names the span."""
        return self._context


def _cleaned(value: object, longest: int | None) -> AnyValue:
    """Clean a value as OpenTelemetry does; what has no type there becomes its text, whatever it does when asked."""
    if not isinstance(value, _TYPES):
        return text_of(value)
    try:
        return _clean_attribute_value(cast("AnyValue", value), longest)
    except Exception:  # something inside has no text
        return _clean_attribute_value(attribute_value(value), longest)


def _bounded(most: int | None, attributes: Attributes, longest: int | None) -> BoundedAttributes:
    if attributes and not is_plain(attributes):
        cleaned = {key: _cleaned(value, longest) for key, value in attributes.items()}
        return BoundedAttributes(most, cleaned)
    return BoundedAttributes(most, attributes, max_value_len=longest)


def is_plain(attributes: Mapping[str, object]) -> bool:
    """Say whether every key is a text with something in it and no value needs cleaning."""
    return (
        PLAIN.issuperset(map(type, attributes.values()))
        and KEYS.issuperset(map(type, attributes))
        and "" not in attributes
    )
