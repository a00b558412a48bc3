"""Spans as they are while they are open: copies that may be redacted and priced, and their encoding in a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util import BoundedList

from otel_agents.sdk import faults
from otel_agents.sdk.exporters.encoder import encode
from otel_agents.sdk.exporters.wire import message_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from otel_agents.sdk.pipeline.pipeline import Stage

MOST_BYTES: Final = 256 * 1024  # of one snapshot; the texts of a larger one are cut
_CUT_TO: Final = 4_096  # characters
_GIVEN_UP: Final = b"\x7a\x02\x18\x02"  # Span.status, an error's


class Snapshot(ReadableSpan):
    """A copy of an open span, its own to be written to."""

    def __init__(self, span: Any) -> None:
        super().__init__(
            name=span._name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=dict(span._attributes or {}),
            events=_copied(span._events),
            links=_copied(span._links),
            kind=span.kind,
            status=span._status,
            start_time=span.start_time,
            instrumentation_scope=span.instrumentation_scope,
        )
        self._agent = getattr(span, "_agent", None)
        self._limits = getattr(span, "_limits", None)
        self._deferred = list(getattr(span, "_deferred", None) or ()) or None
        self._dropped = int(span.dropped_attributes)

    @property
    def dropped_attributes(self) -> int:
        """How many attributes went because of the limits."""
        return self._dropped


def _copied(held: Any) -> Any:
    """Copy events or links; of none, an empty tuple, as the encoder looks for."""
    if not held:
        return ()
    items = list(held)
    copied: BoundedList[Any] = BoundedList.from_seq(len(items), items)
    copied.dropped = getattr(held, "dropped", 0)
    return copied


def looks(span: Any) -> tuple[object, ...]:
    """Give what a snapshot would show, to be compared with what an earlier one did."""
    deferred = getattr(span, "_deferred", None)
    attributes = dict(span._attributes or {})
    return span._name, span._status, len(span._events or ()), len(span._links or ()), len(deferred or ()), attributes


def encoded(span: ReadableSpan, stages: Sequence[Stage]) -> bytes:
    """Encode an open span as it is now, as a request of its own; b"" for one that cannot be."""
    snapshot = Snapshot(span)
    try:
        for stage in stages:
            stage.process(snapshot)
        body = encode([snapshot])
        if len(body) > MOST_BYTES:
            from otel_agents.sdk.processors.cut import CutProcessor  # for what is long

            CutProcessor(_CUT_TO).process(snapshot)
            body = encode([snapshot])
    except Exception as error:
        faults.report("looking at open spans", error)
        return b""
    return body if len(body) <= MOST_BYTES else b""


def stubs(unchanged: Iterable[bytes], given_up: Iterable[bytes]) -> bytes:
    """Encode spans that are as they were told before, and those that will never end, each by its ids alone."""
    spans = [*((ids, b"") for ids in unchanged), *((ids, _GIVEN_UP) for ids in given_up)]
    fields = [message_field(b"\x12", b"\x0a\x10%b\x12\x08%b%b" % (ids[:16], ids[16:], more)) for ids, more in spans]
    return message_field(b"\x0a", message_field(b"\x12", b"".join(fields))) if fields else b""
