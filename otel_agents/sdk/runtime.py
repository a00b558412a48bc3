"""What is configured now: the one thing operations and ``configure()`` share."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import NoOpTracer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.trace import Tracer

    from otel_agents.sdk.trace.tracer import LeanTracer

logger = logging.getLogger("otel_agents")


@dataclass(slots=True)
class Runtime:
    """What an operation needs to know.

    Attributes:
        tracer: makes its span.
        lean: the same tracer, where it is ours.
        enabled: whether spans are made at all.
        capture_content: whether messages, arguments and results are recorded.
        configured: whether ``configure()`` was called.
        baggage_key: the key of OpenTelemetry's baggage in a context, where identity travels by it.
        send_baggage: the attributes of an identity that are put there; None for all.
        changes: gives those of some named values that must not be sent as they are, redacted; None: all may be.
        read_baggage: the attributes that are taken from there; None for all.
        threads: which threads go on in the context they were started in: all, pools or none.
    """

    tracer: Tracer
    lean: LeanTracer | None = None
    enabled: bool = False
    capture_content: bool = False
    configured: bool = False
    baggage_key: str = ""
    send_baggage: frozenset[str] | None = frozenset()
    changes: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    read_baggage: frozenset[str] | None = frozenset()
    threads: str = "none"


current = Runtime(NoOpTracer())

# What an operation asks before it begins, where a budget or a loop may stop it; it raises what the user is to see.
guard: Callable[[str, str | None, Mapping[str, Any], Mapping[str, Any] | None], None] | None = None
guard_others: Callable[[Mapping[str, Any]], None] | None = None  # the same for spans of other instrumentations


def say_unconfigured() -> None:
    """Say once that nothing is recorded because nobody called ``configure()``."""
    if not current.configured:
        current.configured = True
        logger.warning("Nothing is recorded: otel_agents.configure() has not been called")
