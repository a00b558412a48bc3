"""The samplers OpenTelemetry names, in one class whose decision costs next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceState, get_current_span

from otel_agents.sdk.trace.probability import LOW_56_BITS, NEVER, marked, randomness, threshold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.context import Context
    from opentelemetry.util.types import Attributes


class HeadSampler(Sampler):
    """Decides by the parent where ``parent_based`` and there is one, else by the trace id.

    Args:
        ratio: share of the traces that is sampled. The low 56 bits of the trace's id decide, as OpenTelemetry specifies
            it for ids that are random, so that programs agree on a trace: what a low ratio keeps, a higher one does.
        parent_based: whether a parent's decision goes before.
        records_all: whether spans that are not sampled are recorded too, for a decision after their end.
    """

    def __init__(self, ratio: float, *, parent_based: bool, records_all: bool = False) -> None:
        self.ratio = ratio
        self.parent_based = parent_based
        self.records_all = records_all
        self.threshold = threshold(ratio)
        # What a sampled span says of its probability, where that is not 1. The spans below have it from their parent.
        self._state = marked(None, self.threshold) if 0 < self.threshold < NEVER else None
        self.decides_below = not parent_based and self._state is not None

    @classmethod
    def named(cls, name: str, ratio: float, *, records_all: bool = False) -> HeadSampler:
        """Give the sampler of a name in ``OTEL_TRACES_SAMPLER``."""
        parent_based = name.startswith("parentbased_")
        root = name.removeprefix("parentbased_")
        share = {"always_on": 1.0, "always_off": 0.0}.get(root, ratio)
        return cls(share, parent_based=parent_based, records_all=records_all)

    def decide(self, parent: SpanContext | None, trace_id: int) -> bool:
        """Say whether a span with this valid parent, or none, is sampled."""
        if parent is not None and self.parent_based:
            return bool(parent[3] & 1)  # the sampled flag, without two properties' calls
        if parent is not None and parent[4]:
            return randomness(trace_id, parent[4]) >= self.threshold
        return trace_id & LOW_56_BITS >= self.threshold

    def state(self, parent: SpanContext | None, sampled: bool) -> TraceState | None:
        """Give the trace state of a span this sampler has decided on by itself."""
        if parent is None or not parent[4]:
            return self._state if sampled else None
        return marked(parent[4], self.threshold if sampled else None)

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
        sampled = self.decide(parent, trace_id)
        state = parent.trace_state if parent else None
        if parent is None or self.decides_below:
            state = self.state(parent, sampled)
        if sampled:
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, state)
        if self.records_all:
            return SamplingResult(Decision.RECORD_ONLY, attributes, state)
        return SamplingResult(Decision.DROP, None, state)

    def get_description(self) -> str:
        """Name the sampler."""
        return f"HeadSampler{{ratio:{self.ratio},parentBased:{self.parent_based}}}"
