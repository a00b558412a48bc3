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
    """What a token costs in prompts of one size. None where the table has no price."""

    above: int  # holds for prompts of more tokens than this; -1 for all
    input: int | None
    cache_read: int | None
    cache_write: int | None
    cache_write_1h: int | None
    output: int | None
    reasoning: int | None
    request: int  # for the call itself

    def cost(self, usage: Usage) -> float | None:
        """US dollars for the usage, or None when nothing of it has a price.

        A part without a price beside parts that have one is not charged for: a summariser's output, for example.
        """
        _, fresh, cache_read, cache_write, cache_write_1h, output, reasoning, total = self
        if fresh is None and output is None:
            return None
        known = False
        for count, rate in (
            (usage.input, fresh),
            (usage.cache_read, cache_read),
            (usage.cache_write - usage.cache_write_1h, cache_write),
            (usage.cache_write_1h, cache_write_1h),
            (usage.output, output),
            (usage.reasoning, reasoning),
        ):
            if count and rate is not None:
                known = True
                total += count * rate
        return total / _UNITS if known or not usage.total_tokens else None


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

    if isinstance(model.prices, ModelPrice):
        return (Period(date.min, _bands(model.prices)),)
    if not model.prices:
        return None
    periods: list[Period] = []
    for condition in reversed(model.prices):  # of several that hold, the last in the table counts
        if condition.constraint is None:
            periods.append(Period(date.min, _bands(condition.prices)))
            break
        if not isinstance(condition.constraint, StartDateConstraint):
            return None
        periods.append(Period(condition.constraint.start_date, _bands(condition.prices)))
    else:  # before all of them, the first in the table counts
        periods.append(Period(date.min, _bands(model.prices[0].prices)))
    return tuple(periods)


def _bands(prices: ModelPrice) -> tuple[Band, ...]:
    steps = {-1}
    for price in vars(prices).values():
        steps.update(tier.start for tier in getattr(price, "tiers", ()))
    return tuple(_band(prices, step) for step in sorted(steps, reverse=True))


def _band(prices: ModelPrice, above: int) -> Band:
    """The rates for prompts just larger than ``above``.

    A part without a price of its own costs what the part that contains it costs: that is how the table means it.
    """

    def rate(price: Decimal | TieredPrices | None, otherwise: int | None = None) -> int | None:
        if price is None:
            return otherwise
        if not isinstance(price, Decimal):
            reached = [tier.price for tier in price.tiers if tier.start <= above]
            price = reached[-1] if reached else price.base
        return int(price * _PER_MILLION)

    input_rate = rate(prices.input_mtok)
    cache_write = rate(prices.cache_write_mtok, input_rate)
    output = rate(prices.output_mtok)
    request = prices.requests_kcount
    return Band(
        above,
        input_rate,
        rate(prices.cache_read_mtok, input_rate),
        cache_write,
        rate(prices.cache_write_1h_mtok, cache_write),
        output,
        rate(prices.output_reasoning_mtok, output),
        int(request * _PER_THOUSAND) if isinstance(request, Decimal) else 0,
    )
