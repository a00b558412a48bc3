"""A rehearsal: tracing as tests want it, in the place of what is set up; :mod:`otel_agents.testing` holds them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from opentelemetry import trace
from opentelemetry.util._once import Once

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import TracerProvider


class Rehearsal(Protocol):
    """What replaces destinations, ids and clock while it lasts."""

    def amend(self, given: Mapping[str, object]) -> Mapping[str, object]:
        """Say what ``configure()`` is told, when the program tells it ``given``."""

    def process(self, span: ReadableSpan) -> None:
        """Take an ended span, after all other stages."""

    def time_ns(self) -> int:
        """Say what time it is, in nanoseconds since the epoch, for a span or an event."""

    def look(self) -> int:
        """Say the same for what only looks at the clock, which does not go on by that."""


def go_by(time_ns: Callable[[], int]) -> Callable[[], None]:
    """Have the times of spans come from another clock; give what brings back the one there was.

    Each module has the clock as a global of its own, so that reading it costs a span nothing more.
    """
    modules: list[Any] = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("otel_agents.sdk.") and "time_ns" in vars(module)
    ]
    before = [module.time_ns for module in modules]
    for module in modules:
        module.time_ns = time_ns

    def bring_back() -> None:
        for module, clock in zip(modules, before, strict=True):
            module.time_ns = clock

    return bring_back


def forget_provider(provider: TracerProvider) -> None:
    """Unset the process's tracer provider, where it is this one, so that other tests may set theirs."""
    if trace._TRACER_PROVIDER is provider:  # noqa: SLF001  OpenTelemetry sets it once and has no way back
        trace._TRACER_PROVIDER = None  # noqa: SLF001
        trace._TRACER_PROVIDER_SET_ONCE = Once()  # noqa: SLF001
