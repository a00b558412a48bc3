"""The samplers OpenTelemetry names, in one class whose decision costs next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceState, get_current_span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.context import Context
    from opentelemetry.util.types import Attributes

LOW_64_BITS = (1 << 64) - 1


class HeadSampler(Sampler):
    """Decides by the parent where ``parent_based`` and there is one, else by the trace id.

    Args:
        ratio: share of the traces that is sampled; those whose id's low 64 bits are below ``ratio * 2**64``, as
            OpenTelemetry's ``TraceIdRatioBased`` does it, so that programs agree on a trace.
        parent_based: whether a parent's decision goes before.
    """

    def __init__(self, ratio: float, *, parent_based: bool) -> None:
        self.ratio = ratio
        self.parent_based = parent_based
        self.bound = round(ratio * (LOW_64_BITS + 1))

    @classmethod
    def named(cls, name: str, ratio: float) -> HeadSampler:
        """Give the sampler of a name in ``OTEL_TRACES_SAMPLER``."""
        parent_based = name.startswith("parentbased_")
        root = name.removeprefix("parentbased_")
        return cls({"always_on": 1.0, "always_off": 0.0}.get(root, ratio), parent_based=parent_based)

    def decide(self, parent: SpanContext | None, trace_id: int) -> bool:
        """Say whether a span with this valid parent, or none, is sampled."""
        if parent is not None and self.parent_based:
            return bool(parent[3] & 1)  # the sampled flag, without two properties' calls
        return trace_id & LOW_64_BITS < self.bound

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,  # noqa: ARG002  the interface has more than this sampler needs
        kind: SpanKind | None = None,  # noqa: ARG002
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,  # noqa: ARG002
        trace_state: TraceState | None = None,  # noqa: ARG002
    ) -> SamplingResult:
        """Answer as OpenTelemetry's interface asks."""
        context = get_current_span(parent_context).get_span_context()
        parent = context if context.is_valid else None
        state = parent.trace_state if parent else None
        if self.decide(parent, trace_id):
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, state)
        return SamplingResult(Decision.DROP, None, state)

    def get_description(self) -> str:
        """Name the sampler."""
        return f"HeadSampler{{ratio:{self.ratio},parentBased:{self.parent_based}}}"
