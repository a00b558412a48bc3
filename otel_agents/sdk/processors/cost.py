"""Puts the cost on spans of model calls, from the usage they carry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from otel_agents import conventions
from otel_agents.model import Cost
from otel_agents.pricing import PriceTable
from otel_agents.sdk.usage import usage_from_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace import ReadableSpan


class CostProcessor:
    """Fills ``operation.cost`` and its source on spans of type model that have usage and no cost yet.

    Args:
        table: the prices.
    """

    def __init__(self, table: PriceTable | None = None) -> None:
        self._table = table or PriceTable()

    def process(self, span: ReadableSpan) -> None:
        """Price one ended span."""
        attributes = span.attributes
        if not attributes or attributes.get(conventions.SPAN_TYPE) != "model":
            return
        if conventions.COST in attributes:
            if conventions.COST_SOURCE not in attributes:
                _write(span, {conventions.COST_SOURCE: "reported"})
            return
        cost = self._price(attributes, span.start_time or 0)
        if cost is not None:
            found: dict[str, Any] = {} if cost.usd is None else {conventions.COST: cost.usd}
            _write(span, {**found, conventions.COST_SOURCE: cost.source})

    def _price(self, attributes: Mapping[str, Any], start_ns: int) -> Cost | None:
        """The price by the model that answered, else by the one that was asked; None without usage."""
        usage = usage_from_attributes(attributes)
        if usage is None:
            return None
        at = datetime.fromtimestamp(start_ns / 1e9, UTC)
        provider = attributes.get(conventions.PROVIDER_NAME)
        tier = attributes.get(conventions.RESPONSE_SERVICE_TIER)
        cost = Cost(None, "unknown")
        for name in (conventions.RESPONSE_MODEL, conventions.REQUEST_MODEL):
            cost = self._table.price(provider, attributes.get(name), usage, at, tier=tier)
            if cost.usd is not None:
                break
        return cost


def _write(span: ReadableSpan, found: dict[str, Any]) -> None:
    """Add to an ended span's attributes; those of a span that is not ours are sealed, so they are replaced."""
    attributes: Any = span._attributes  # noqa: SLF001 - stages add to the ended span before it is encoded
    if isinstance(attributes, dict):
        attributes.update(found)
    else:
        span._attributes = {**attributes, **found}  # noqa: SLF001
