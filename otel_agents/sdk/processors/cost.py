"""Puts the cost on spans of model calls, from the usage they carry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from otel_agents import conventions
from otel_agents.pricing import Overrides, PriceTable
from otel_agents.records import Cost
from otel_agents.sdk import unknowns
from otel_agents.sdk.answers.usage import usage_from_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.trace import ReadableSpan

    from otel_agents.records import Usage

_LONGEST_NAME: Final = 256

_UNKNOWN: Final = Cost(None, "unknown")


class CostProcessor:
    """Fills ``operation.cost`` and its source on spans of type model that have usage and no cost yet.

    Args:
        table: the prices.
        overrides: the user's own, which go before the table's.
        note: is told of each model without a price.
    """

    def __init__(
        self,
        table: PriceTable | None = None,
        overrides: Overrides | None = None,
        note: Callable[[str], object] = unknowns.note_price,
    ) -> None:
        self._note = note
        self._table = table or PriceTable()
        self._overrides = overrides or Overrides({})
        self._second = 0
        self._at = datetime.fromtimestamp(0, UTC)

    def process(self, span: ReadableSpan) -> None:
        """Price one ended span."""
        attributes: Any = span._attributes
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
        provider = _name(attributes.get(conventions.PROVIDER_NAME))
        tier = attributes.get(conventions.RESPONSE_SERVICE_TIER)
        answered = _name(attributes.get(conventions.RESPONSE_MODEL))
        asked = _name(attributes.get(conventions.REQUEST_MODEL))
        models = tuple(filter(None, (answered, asked)))
        override = self._overrides.find(provider, models)
        if override is not None and override.band is not None:
            usd = override.cost(usage, tier)
            cost = _UNKNOWN if usd is None else Cost(usd, "override")
        else:
            cost = self._by_table(provider, models, usage, self._time(start_ns), tier)
            if override is not None and cost.usd is not None:
                cost = Cost(cost.usd * override.factor, "override")
        if cost.usd is None and usage.total_tokens:
            self._note(models[0] if models else "")
        return cost

    def _time(self, start_ns: int) -> datetime:
        """The time of a call to the second: prices change at no finer one, and calls of one second come together."""
        second = start_ns // 1_000_000_000
        if second != self._second:
            self._second, self._at = second, datetime.fromtimestamp(second, UTC)
        return self._at

    def _by_table(
        self, provider: str | None, models: tuple[str, ...], usage: Usage, at: datetime, tier: str | None
    ) -> Cost:
        for name in models:
            cost = self._table.price(provider, name, usage, at, tier=tier)
            if cost.usd is not None:
                return cost
        return _UNKNOWN


def _name(value: object) -> str | None:
    """A provider's or a model's name, if it is one."""
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME else None


def _write(span: ReadableSpan, found: dict[str, Any]) -> None:
    """Add to an ended span's attributes; those of a span that is not ours are sealed, so they are replaced."""
    attributes: Any = span._attributes
    if isinstance(attributes, dict):
        attributes.update(found)
    else:
        span._attributes = {**attributes, **found}
