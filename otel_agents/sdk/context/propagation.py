"""What travels down to every span below: the current span, and who is asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.context import _RUNTIME_CONTEXT, Context, create_key
from opentelemetry.trace import NonRecordingSpan
from opentelemetry.trace.propagation import _SPAN_KEY

if TYPE_CHECKING:
    from opentelemetry.trace import Span
    from opentelemetry.util.types import AnyValue


class Identity(NamedTuple):
    """What spans below inherit."""

    attributes: dict[str, AnyValue]  # session.id, user.id, tenant.id and labels; for every span below
    agent: str | None  # the nearest agent around; for the spans of its model calls, tools and messages
    baggage: Any = None  # OpenTelemetry's baggage these agree with; where the context has another, that is read first


NOBODY = Identity({}, None)
IDENTITY = create_key("otel-agents-identity")  # the key of an Identity in an OpenTelemetry Context
NESTED = create_key("otel-agents-nested")  # set where a span is an agent's operation inside one of the same agent


class LeftOut(NonRecordingSpan):
    """A span that is not sampled, by a sampler that leaves out everything below it as well."""


def attach_span(span: Span) -> Any:
    """Make a span current; give the token that :func:`detach` takes."""
    context = Context(_RUNTIME_CONTEXT.get_current())
    dict.__setitem__(context, _SPAN_KEY, span)
    return _RUNTIME_CONTEXT.attach(context)


def detach(token: Any) -> None:
    """Go back to the context before; quietly nothing where that one is of another task or thread.

    A generator that is collected is closed wherever the collection happens, and there is nothing to go back to.
    """
    try:
        _RUNTIME_CONTEXT.detach(token)
    except (ValueError, RuntimeError):
        return
