"""Logfire's own package in the same program: its tracer provider is joined, whichever is configured first.

Nothing here imports that package; what is used of it is asked for by name, and its absence is no fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry import trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import TracerProvider


def is_logfires(provider: object) -> bool:
    """Say whether a tracer provider is the one ``logfire.configure()`` sets."""
    return type(provider).__module__.partition(".")[0] == "logfire"


def sends(provider: object) -> bool:
    """Say whether Logfire's package sends spans to Logfire itself; it does where nobody can tell."""
    config: Any = getattr(provider, "config", None)
    if not is_logfires(provider):
        return False
    return bool(getattr(config, "send_to_logfire", True) and getattr(config, "token", True))


def stay_in(provider: Any, processor: SpanProcessor) -> None:
    """Have a processor stay when ``logfire.configure()`` is called again, which replaces what its provider holds."""
    replace = getattr(provider, "set_provider", None)
    if replace is None:
        return

    def set_provider(inside: Any) -> None:
        replace(inside)
        inside.add_span_processor(processor)

    provider.set_provider = set_provider


def await_one(join: Callable[[Any], None]) -> None:
    """Have ``join`` called when ``logfire.configure()`` sets its provider after ours is set.

    OpenTelemetry would refuse it, with a warning: the first provider stays. Spans of the two would each know half of a
    trace. Any other provider is refused as ever.
    """
    refuse = trace.set_tracer_provider

    def set_tracer_provider(tracer_provider: TracerProvider) -> None:
        if is_logfires(tracer_provider):
            join(tracer_provider)
        else:
            refuse(tracer_provider)

    trace.set_tracer_provider = set_tracer_provider
