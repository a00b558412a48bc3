"""Options: which traces are recorded and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace.sampling import Sampler

from otel_agents.sdk.options.checks import part
from otel_agents.settings import flag, number, setting, whole

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLERS = (
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
)


def _sampler(value: object) -> str | Sampler:
    if isinstance(value, Sampler):
        return value
    if isinstance(value, str) and value.lower() in SAMPLERS:
        return value.lower()
    raise ValueError(f"expected one of {', '.join(SAMPLERS)}, or a Sampler")


def _callable(value: object) -> Callable[..., Any]:
    if callable(value):
        return value
    raise ValueError("expected a function of a trace's spans")


@part
class Sampling:
    """Which traces are recorded and kept."""

    sampler: str | Sampler = setting(
        "parentbased_traceidratio",
        env=("OTEL_TRACES_SAMPLER",),
        parse=_sampler,
        doc=f"Which traces are recorded: one of {', '.join(SAMPLERS)}, or a Sampler.",
    )
    sample_ratio: float = setting(
        1.0,
        env=("OTEL_TRACES_SAMPLER_ARG",),
        parse=number(0, 1),
        doc="Share of the traces that is recorded, from 0 to 1, for the samplers that go by ratio.",
    )
    keep_errors: bool = setting(
        False,
        env=("OTEL_AGENTS_KEEP_ERRORS",),
        parse=flag,
        doc="Whether traces with a span that failed are kept, whatever the sampler says.",
    )
    keep_slower_than: float | None = setting(
        None,
        env=("OTEL_AGENTS_KEEP_SLOWER_THAN",),
        parse=number(0, 1e9),
        doc="Traces that take more seconds are kept, whatever the sampler says.",
    )
    keep_dearer_than: float | None = setting(
        None,
        env=("OTEL_AGENTS_KEEP_DEARER_THAN",),
        parse=number(0, 1e9),
        doc="Traces whose model calls cost more US dollars are kept, whatever the sampler says.",
    )
    keep: Callable[[Any], bool] | None = setting(
        None,
        parse=_callable,
        doc="Traces to whose ended spans this function says True are kept, whatever the sampler says.",
    )
    hold_spans: int = setting(
        50_000,
        env=("OTEL_AGENTS_HOLD_SPANS",),
        parse=whole(1, 10_000_000),
        doc="Spans that may wait for the end of their traces, where a keep rule is set; the oldest traces are decided "
        "on first when there are more.",
    )
    hold_bytes: int = setting(
        64 * 1024 * 1024,
        env=("OTEL_AGENTS_HOLD_BYTES",),
        parse=whole(1, 1 << 40),
        doc="Memory for them, in bytes, about.",
    )
    hold_for: float = setting(
        300.0,
        env=("OTEL_AGENTS_HOLD_FOR",),
        parse=number(0, 86_400),
        doc="Seconds they may wait.",
    )
