"""Carriers: the context as a mapping of texts that goes through a queue, a header or JSON, and back.

W3C ``traceparent``, ``tracestate`` and ``baggage``, whatever propagators the program has for its requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.trace import Link, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from otel_agents.sdk import faults

_PROPAGATORS = (TraceContextTextMapPropagator(), W3CBaggagePropagator())


def carrier_of(context: Context) -> dict[str, str]:
    """Write a context down."""
    carrier: dict[str, str] = {}
    try:
        for propagator in _PROPAGATORS:
            propagator.inject(carrier, context)
    except Exception as error:
        faults.report("writing a carrier", error)
    return carrier


def context_of(carrier: object, around: Context | None = None) -> Context:
    """Read a carrier; what is malformed in it is as if it were not there.

    Args:
        carrier: a mapping, such as a message's headers: names in upper or lower case, values as texts or bytes.
        around: the context to which what is read is added; without it, none.
    """
    context = Context() if around is None else around
    try:
        read = as_texts(carrier)
        for propagator in _PROPAGATORS:
            context = propagator.extract(read, context)
    except Exception as error:
        faults.report("reading a carrier", error)
    return context


def link_of(carrier: object) -> Link | None:
    """Give a link to the span a carrier comes from; None where it names none."""
    context = get_current_span(context_of(carrier)).get_span_context()
    return Link(context) if context.is_valid else None


def as_texts(carrier: object) -> dict[str, str]:
    """Give a carrier as plain texts by names in lower case; what is no text is left out."""
    texts: dict[str, str] = {}
    for name, value in carrier.items() if isinstance(carrier, Mapping) else ():
        text: Any = bytes(value).decode("latin-1") if isinstance(value, bytes | bytearray | memoryview) else value
        if isinstance(name, str) and isinstance(text, str):
            texts[name.lower()] = text
    return texts
