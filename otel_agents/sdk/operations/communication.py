"""What agents say to each other: messages with their measures, hand-overs, and links that survive a queue."""

from __future__ import annotations

from time import monotonic_ns, time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry.context import _RUNTIME_CONTEXT, Context
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.propagation import _SPAN_KEY

from otel_agents import conventions
from otel_agents.sdk import runtime
from otel_agents.sdk.context import identity
from otel_agents.sdk.context.carriers import as_texts, carrier_of, context_of
from otel_agents.sdk.context.propagation import IDENTITY
from otel_agents.sdk.operations.handle import Handle, Linked, links_to
from otel_agents.sdk.operations.operation import Operation
from otel_agents.sdk.values import attribute_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SENT = "otel-agents-sent"  # in a carrier: when the message was sent, and
ASKED = "otel-agents-asked"  # in that of an answer: when its question was; nanoseconds since the epoch
_LONGEST_NS = 366 * 86_400 * 10**9  # what took longer is a wrong clock


class Message(Operation):
    """A message between two agents that is being sent or processed: a context manager, made by ``message()``.

    Attributes:
        carrier: a mapping of texts to send along with the message, through a queue, a broker, JSON or headers; who
            receives it gives it to ``message(…, received=carrier)``. It is there once the block is entered.
    """

    __slots__ = ("_asked_ns", "_began", "_errors", "_received", "_retries", "carrier")

    def __init__(
        self,
        name: str,
        attributes: dict[str, Any],
        links: list[Link],
        received: Mapping[str, str] | None,
        asked_ns: int | None,
        retries: int,
    ) -> None:
        super().__init__(name, "message", attributes, links=links)
        self._received = received
        self._asked_ns = asked_ns
        self._retries = retries
        self._errors = 0
        self._began = 0
        self.carrier: dict[str, str] = {}

    def send(self) -> dict[str, str]:
        """Record the message as sent at this moment, without a block, and give its carrier."""
        with self:
            return self.carrier

    def replied(self, size: int | str | bytes | None = None) -> None:
        """Note that the answer is here: the response time is that from the block's beginning.

        Args:
            size: of the answer, in bytes; or the answer itself, to be measured.
        """
        self.set(
            {
                conventions.MESSAGE_RESPONSE_TIME: (monotonic_ns() - self._began) / 1e9,
                conventions.MESSAGE_REPLY_SIZE: in_bytes(size),
            }
        )

    def retried(self, error: BaseException | str | None = None) -> None:
        """Note that the message has to be sent or processed again.

        Args:
            error: what went wrong; it is counted, and the operation has not failed for that.
        """
        self._retries += 1
        said: dict[str, Any] = {}
        if error is not None:
            self._errors += 1
            kind = type(error).__qualname__ if isinstance(error, BaseException) else "_OTHER"
            said = {conventions.ERROR_TYPE: kind, conventions.EXCEPTION_MESSAGE: str(error)}
        self.event("retry", **said)

    def fail(self, error: BaseException) -> None:
        """Mark the message as failed by an exception, once for each, and count it."""
        before = self._failed_with
        super().fail(error)
        self._errors += self._failed_with is not before

    def error(self, error: BaseException | str) -> None:
        """Mark the message as failed, by an exception or in words, and count it."""
        super().error(error)
        self._errors += not isinstance(error, BaseException)

    def end(self) -> None:
        """End the span, with what was counted and measured."""
        if self.span.is_recording():
            took = (monotonic_ns() - self._began) / 1e9 if self._received is not None else None
            counted = {
                conventions.MESSAGE_RETRIES: self._retries or None,
                conventions.MESSAGE_ERRORS: self._errors or None,
            }
            self.set(counted)
            if conventions.MESSAGE_PROCESSING_TIME not in self._attributes:
                self.set_attribute(conventions.MESSAGE_PROCESSING_TIME, took)
        super().end()

    def _begin(self) -> None:
        now = runtime.current
        if not now.enabled:
            runtime.say_unconfigured()
            return
        below = Context(_RUNTIME_CONTEXT.get_current())
        attributes, links = self._attributes, links_to(self._links or ())
        stamp = time_ns()
        if (received := self._received) is not None:
            links = links_to(received) + links
            for key, since in ((conventions.MESSAGE_QUEUE_TIME, SENT), (conventions.MESSAGE_RESPONSE_TIME, ASKED)):
                if (then := _stamp(received.get(since))) is not None and 0 <= stamp - then <= _LONGEST_NS:
                    attributes.setdefault(key, (stamp - then) / 1e9)
            below = _with_baggage(below, received)
        kind = SpanKind.PRODUCER if received is None else SpanKind.CONSUMER
        self.span = span = now.tracer.start_span(self._name, below, kind, attributes, links)
        dict.__setitem__(below, IDENTITY, identity.of(below))
        dict.__setitem__(below, _SPAN_KEY, span)
        self.carrier = {**carrier_of(below), SENT: str(stamp)}
        if self._asked_ns is not None:
            self.carrier[ASKED] = str(self._asked_ns)
        self._began = monotonic_ns()
        self._token = _RUNTIME_CONTEXT.attach(below)


def begin_message(
    source: str,
    target: str,
    kind: str,
    size: Any,
    received: Mapping[str, str] | None,
    reply_to: Message | Mapping[str, str] | None,
    retries: int,
    links: Iterable[Linked] | Linked | None,
    measures: Mapping[str, Any],
    more: Mapping[str, Any],
) -> Message:
    """Make a message; see :func:`otel_agents.message`."""
    linked = links_to(links or ())
    asked_ns = None
    if isinstance(reply_to, Message):
        reply_to = reply_to.carrier if reply_to._received is None else reply_to._received
    if reply_to is not None:
        question = as_texts(reply_to)
        asked_ns = _stamp(question.get(SENT))
        linked += links_to(question)
    operation = "send" if received is None else "process"
    attributes = attribute_values(
        {
            **more,
            conventions.SPAN_TYPE: "message",
            conventions.OPERATION_NAME: operation,
            conventions.AGENT_NAME: source if received is None else target,
            conventions.MESSAGE_SOURCE: source,
            conventions.MESSAGE_TARGET: target,
            conventions.MESSAGE_TYPE: kind,
            conventions.MESSAGE_SIZE: in_bytes(size),
            **measures,
            conventions.MESSAGE_CONTEXT_SIZE: in_bytes(measures[conventions.MESSAGE_CONTEXT_SIZE]),
        }
    )
    name = f"{operation} {target}"
    return Message(name, attributes, linked, None if received is None else as_texts(received), asked_ns, retries)


def hand_over(operation: Handle, to: str, reason: str | None) -> dict[str, str]:
    """Record a hand-over as a span below an operation, and give its carrier; see ``Operation.handoff``."""
    if not operation.span.is_recording():
        return {}
    context = Context(_RUNTIME_CONTEXT.get_current())
    dict.__setitem__(context, _SPAN_KEY, operation.span)
    giver = operation._agent or identity.of(context).agent
    said = {
        conventions.SPAN_TYPE: "message",
        conventions.OPERATION_NAME: "handoff",
        conventions.AGENT_NAME: giver,
        conventions.HANDOFF_FROM: giver,
        conventions.HANDOFF_TO: to,
        conventions.HANDOFF_REASON: reason,
    }
    span = runtime.current.tracer.start_span(f"handoff {to}", context, attributes=attribute_values(said))
    span.end()
    dict.__setitem__(context, _SPAN_KEY, span)
    return carrier_of(context)


def in_bytes(size: Any) -> Any:
    """Give a size in bytes, measured where it is the thing itself."""
    if isinstance(size, str):
        return len(size.encode("utf-8", "replace"))
    return len(size) if isinstance(size, bytes | bytearray | memoryview) else size


def _with_baggage(around: Context, received: Mapping[str, str]) -> Context:
    """Give the context around with who is asking according to a message; it becomes no parent."""
    below = Context(context_of(received, around))
    dict.pop(below, _SPAN_KEY, None)
    if _SPAN_KEY in around:
        dict.__setitem__(below, _SPAN_KEY, around[_SPAN_KEY])
    return below


def _stamp(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 20 else None
