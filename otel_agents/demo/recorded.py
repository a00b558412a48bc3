"""What a run of the demo amounts to: counted by the demo itself, and as the collector has it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from otel_agents.demo.collector import query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agents.demo.ledger import Bill

READ_BACK = """
SELECT count(DISTINCT trace_id) AS traces,
       count(*) AS spans,
       count(*) FILTER (WHERE type = 'model') AS model_calls,
       coalesce(sum(input_tokens) FILTER (WHERE type = 'model'), 0) AS input_tokens,
       coalesce(sum(cache_read_tokens) FILTER (WHERE type = 'model'), 0) AS cached_tokens,
       coalesce(sum(output_tokens) FILTER (WHERE type = 'model'), 0) AS output_tokens,
       coalesce(sum(cost) FILTER (WHERE type = 'model'), 0) AS cost,
       count(*) FILTER (WHERE type = 'model' AND cost IS NULL AND input_tokens IS NOT NULL) AS unpriced,
       count(*) FILTER (WHERE parent_span_id IS NULL AND status = 'error') AS failed,
       count(*) FILTER (WHERE status = 'error') AS errors
FROM spans WHERE trace_id IN ({})
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """A run in numbers; ``cost`` is US dollars of the calls but the ``unpriced``, whose model has no known price."""

    traces: int = 0
    spans: int = 0
    model_calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0
    failed: int = 0
    errors: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def differences(self, other: Figures) -> list[str]:
        """Name the figures that are not the same in both; costs are the same within rounding."""
        return [
            field.name
            for field in fields(self)
            if not math.isclose(getattr(self, field.name), getattr(other, field.name), rel_tol=1e-9, abs_tol=1e-12)
        ]


def counted(bills: Sequence[Bill]) -> Figures:
    """Sum up what the demo counted."""
    return Figures(
        traces=len(bills),
        spans=sum(bill.spans for bill in bills),
        model_calls=sum(bill.model_calls for bill in bills),
        input_tokens=sum(bill.input_tokens for bill in bills),
        cached_tokens=sum(bill.cached_tokens for bill in bills),
        output_tokens=sum(bill.output_tokens for bill in bills),
        cost=sum(bill.cost for bill in bills),
        unpriced=sum(bill.unpriced for bill in bills),
        failed=sum(bill.failed for bill in bills),
        errors=sum(bill.errors for bill in bills),
    )


def read_back(url: str, bills: Sequence[Bill]) -> Figures:
    """Ask the collector for the same figures of the same traces.

    Raises:
        CollectorUnreachable: no collector answers.
        CollectorError: it refuses the query.
    """
    trace_ids = ", ".join(f"'{bill.trace_id}'" for bill in bills)
    [row] = query(url, READ_BACK.format(trace_ids))
    return Figures(**row)
