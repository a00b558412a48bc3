"""Takes secrets and personal data out of ended spans, before anybody else sees them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event
from opentelemetry.sdk.util import BoundedList
from opentelemetry.trace import Link, Status

from otel_agents.redaction.redactor import Redactor, replacement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.util.types import Attributes

    from otel_agents.sdk.options import SdkSettings

counts: Counter[str] = Counter()  # of this process, by kind; telemetry_health() tells them
_MOST_RESOURCES = 64
_FAILED = replacement("failed")


def redactor(settings: SdkSettings, counts: Counter[str] = counts) -> Redactor | None:
    """Give what redacts as the settings say, and counts what it did; None where nothing is to be."""
    if not settings.redact:
        return None
    return Redactor(
        keys=settings.redact_keys, patterns=settings.redact_patterns, leave=settings.redact_leave, counts=counts
    )


class RedactProcessor:
    """Redacts name, attributes, events, links, status and resource of a span.

    What others hold of the span stays theirs: events, links and resource are replaced, never written to.

    Args:
        redactor: says what goes.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._resources: dict[int, tuple[Resource, Resource]] = {}  # by identity; the first keeps the identity taken

    def process(self, span: ReadableSpan) -> None:
        """Redact one ended span. One that cannot be leaves without any of its texts."""
        try:
            self._redact(span)
        except Exception:
            _blank(span)
            raise

    def _redact(self, span: Any) -> None:
        redactor = self._redactor
        changed = redactor.changes(span._attributes or {})
        if changed:
            write(span, changed)
        name = redactor.text(span._name)
        if name is not span._name:
            span._name = name
        if span._events:
            span._events = _replaced(span._events, self._event)
        if span._links:
            span._links = _replaced(span._links, self._link)
        description = span._status.description
        if description:
            new = redactor.text(description)
            if new is not description:
                span._status = Status(span._status.status_code, new)
        resource = self._resource(span._resource)
        if resource is not span._resource:
            span._resource = resource

    def _event(self, event: Event) -> Event:
        changed = self._redactor.changes(event.attributes or {})
        name = self._redactor.text(event.name)
        if not changed and name is event.name:
            return event
        return Event(name, _with(event.attributes, changed), event.timestamp)

    def _link(self, link: Link) -> Link:
        changed = self._redactor.changes(link.attributes or {})
        return Link(link.context, _with(link.attributes, changed)) if changed else link

    def _resource(self, resource: Resource) -> Resource:
        """Redact what a program says of itself: once, as all its spans have the same."""
        known = self._resources.get(id(resource))
        if known is None:
            changed = self._redactor.changes(resource.attributes)
            new = Resource({**resource.attributes, **changed}, resource.schema_url) if changed else resource
            if len(self._resources) >= _MOST_RESOURCES:
                self._resources.clear()
            known = self._resources[id(resource)] = (resource, new)
        return known[1]


def write(span: Any, changed: Mapping[str, Any]) -> None:
    """Write to an ended span's attributes; those of a span that is not ours may be sealed, so they are replaced."""
    if isinstance(span._attributes, dict):
        span._attributes.update(changed)
    else:
        span._attributes = {**(span._attributes or {}), **changed}


def _with(attributes: Attributes, changed: Mapping[str, Any]) -> BoundedAttributes:
    new = BoundedAttributes(attributes={**(attributes or {}), **changed})
    new.dropped = attributes.dropped if isinstance(attributes, BoundedAttributes) else 0
    return new


def _replaced(held: Sequence[Any], step: Callable[[Any], Any]) -> Sequence[Any]:
    """Give the same list of events or links where nothing in it changes, else another."""
    old = list(held)
    new = [step(each) for each in old]
    if all(one is other for one, other in zip(new, old, strict=True)):
        return held
    made: BoundedList[Any] = BoundedList.from_seq(len(new), new)
    made.dropped = held.dropped if isinstance(held, BoundedList) else 0
    return made


def _blank(span: Any) -> None:
    """Leave of a span what are no texts."""
    write(span, {key: _FAILED for key, value in (span._attributes or {}).items() if not isinstance(value, int | float)})
    span._name, span._events, span._links = _FAILED, (), ()
    span._status = Status(span._status.status_code)
    span._resource = Resource.get_empty()
