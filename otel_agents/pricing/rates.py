"""A model's prices from the table as whole numbers per token, so that a cost is a sum of products.

``genai-prices`` works with decimals and walks its tree of units for every price. The products here are exact too, and
the sum is rounded once, so both give the same float.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

    from otel_agents.model import Usage

# Rates are in units of 10**-30 dollars: the table gives dollars a million tokens, with up to 18 digits after the point.
_UNITS: Final = 10**30
_PER_MILLION: Final = _UNITS // 10**6
_PER_THOUSAND: Final = _UNITS // 10**3


class Band(NamedTuple):
    """What each token costs in prompts of one size."""

    above: int  # holds for prompts of more tokens than this; -1 for all
    input: int
    cache_read: int
    cache_write: int
    cache_write_1h: int
    output: int
    reasoning: int
    request: int  # for the call itself
    priced: bool  # whether the table has a price for input and for output

    def cost(self, usage: Usage) -> float | None:
        """US dollars for the usage, or None when nothing of it has a price.

        A part without a price beside parts that have one is not charged for: a summariser's output, for example.
        """
        total = self.request + usage.input * self.input + usage.output * self.output
        if usage.cache_read:
            total += usage.cache_read * self.cache_read
        if usage.cache_write:
            hour = usage.cache_write_1h
            total += (usage.cache_write - hour) * self.cache_write + hour * self.cache_write_1h
        if usage.reasoning:
            total += usage.reasoning * self.reasoning
        if not total and not self.priced and usage.total_tokens:
            return None
        return total / _UNITS


class Period(NamedTuple):
    """The bands that hold from a day (UTC) on, those of the largest prompts first."""

    start: date
    bands: tuple[Band, ...]


def cost_at(periods: tuple[Period, ...], usage: Usage, at: datetime) -> float | None:
    """US dollars for a usage at a time; None when the table has no price for part of it.

    Args:
        periods: newest first, the last one without a beginning.
        usage: the tokens.
        at: when the call was made; a time without a zone is in UTC.
    """
    bands = periods[0].bands
    if len(periods) > 1:
        day = (at if at.tzinfo is None else at.astimezone(UTC)).date()
        bands = next(period.bands for period in periods if day >= period.start)
    if len(bands) == 1:
        return bands[0].cost(usage)
    size = usage.input_tokens
    return next(band for band in bands if size > band.above).cost(usage)


def periods_of(model: ModelInfo) -> tuple[Period, ...] | None:
    """A model's prices over time, or None when they do not depend on the day alone (or there are none)."""
    from genai_prices.types import ModelPrice, StartDateConstraint

    # The table gives no price both for what is free and for what nobody has priced; only these say which they are.
    free = model.id.endswith(":free")
    if isinstance(model.prices, ModelPrice):
        return (Period(date.min, _bands(model.prices, free=free)),)
    if not model.prices:
        return None
    periods: list[Period] = []
    for condition in reversed(model.prices):  # of several that hold, the last in the table counts
        if condition.constraint is None:
            periods.append(Period(date.min, _bands(condition.prices, free=free)))
            break
        if not isinstance(condition.constraint, StartDateConstraint):
            return None
        periods.append(Period(condition.constraint.start_date, _bands(condition.prices, free=free)))
    else:  # before all of them, the first in the table counts
        periods.append(Period(date.min, _bands(model.prices[0].prices, free=free)))
    return tuple(periods)


def _bands(prices: ModelPrice, *, free: bool) -> tuple[Band, ...]:
    steps = {-1}
    for price in vars(prices).values():
        steps.update(tier.start for tier in getattr(price, "tiers", ()))
    return tuple(_band(prices, step, free=free) for step in sorted(steps, reverse=True))


def _band(prices: ModelPrice, above: int, *, free: bool) -> Band:
    """The rates for prompts just larger than ``above``.

    A part without a price of its own costs what the part that contains it costs: that is how the table means it.
    """

    def rate(price: Decimal | TieredPrices | None, otherwise: int) -> int:
        if price is None:
            return otherwise
        if not isinstance(price, Decimal):
            reached = [tier.price for tier in price.tiers if tier.start <= above]
            price = reached[-1] if reached else price.base
        return int(price * _PER_MILLION)

    fresh = rate(prices.input_mtok, 0)
    cache_write = rate(prices.cache_write_mtok, fresh)
    output = rate(prices.output_mtok, 0)
    request = prices.requests_kcount
    return Band(
        above,
        fresh,
        rate(prices.cache_read_mtok, fresh),
        cache_write,
        rate(prices.cache_write_1h_mtok, cache_write),
        output,
        rate(prices.output_reasoning_mtok, output),
        int(request * _PER_THOUSAND) if isinstance(request, Decimal) else 0,
        free or (prices.input_mtok is not None and prices.output_mtok is not None),
    )
