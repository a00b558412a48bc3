"""A model's prices as whole numbers per token, so that a cost is a sum of products.

``genai-prices`` works with decimals and walks its tree of units for every price. The products here are exact too, and
the sum is rounded once, so both give the same float.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agents.pricing.parts import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_agents.records import Usage

# Rates are in units of 10**-30 dollars: the table gives dollars a million tokens, with up to 18 digits after the point.
_UNITS: Final = 10**30
_PER_MILLION: Final = _UNITS // 10**6
_PER_THOUSAND: Final = _UNITS // 10**3

# What the table calls a tier differs from provider to provider; no value is used with two of the names.
_TIER_NAMES: Final = frozenset(("service_tier", "processing", "speed"))

STANDARD_TIERS: Final = frozenset(("default", "auto", "standard", "on_demand"))  # what providers call it


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
    extra: tuple[tuple[str, int], ...] = ()  # what the parts of Extra cost more than those they are parts of

    @classmethod
    def of_dollars(cls, prices: Mapping[str, Decimal]) -> Band:
        """Rates from US dollars a million tokens, by the names of the parts, and a call (request)."""
        rates = {name: int(price * _PER_MILLION) for name, price in prices.items() if name != "request"}
        fresh, output = rates.get("input", 0), rates.get("output", 0)
        cache_write = rates.get("cache_write", fresh)
        return cls(
            above=-1,
            input=fresh,
            cache_read=rates.get("cache_read", fresh),
            cache_write=cache_write,
            cache_write_1h=rates.get("cache_write_1h", cache_write),
            output=output,
            reasoning=rates.get("reasoning", output),
            request=int(prices.get("request", 0) * _UNITS),
            priced=True,
            extra=tuple(
                (part, rates[name] - base)
                for name, part, base in (
                    ("input_audio", "input_audio", fresh),
                    ("input_image", "input_image", fresh),
                    ("output_audio", "output_audio", output),
                    ("output_image", "output_image", output),
                )
                if name in rates
            ),
        )

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
        if usage.extra is not None:
            total += sum(getattr(usage.extra, part) * rate for part, rate in self.extra)
        if not total and not self.priced and usage.total_tokens:
            return None
        return total / _UNITS


class _Choice(NamedTuple):
    """Prices that hold under a constraint, and for variants in a tier; None: always, in any."""

    constraint: Part | None
    prices: dict[str, Any]
    tier: str | None = None


class ModelRates:
    """The prices of one model of the table.

    Args:
        model: its ``ModelInfo``.
        variants: whether its prices for other tiers than the standard one hold.

    Raises:
        ValueError: the prices depend on something that is not known here.
    """

    __slots__ = ("_bands", "_free", "_standard", "_variants")

    def __init__(self, model: Part, *, variants: bool = True) -> None:
        # The table gives no price both for what is free and for what nobody has priced; only these say which they are.
        self._free = str(model.get("id")).endswith(":free")
        prices = model.get("prices") or ()
        self._standard = (
            [_Choice(None, _known(prices, "ModelPrice").fields)]
            if isinstance(prices, Part)
            else [_Choice(_constraint(each), each.get("prices").fields) for each in prices]
        )
        self._variants = list(map(_variant, (model.get("price_variants") or ()) if variants else ()))
        self._bands: dict[tuple[int, ...], tuple[Band, ...]] = {}

    def cost(self, usage: Usage, at: datetime, tier: str | None) -> float | None:
        """US dollars for a usage; None when the table has no price for it, or none for the tier.

        Args:
            usage: the tokens.
            at: when the call was made; a time without a zone is in UTC.
            tier: the service tier; None for the standard one.
        """
        if not self._standard:
            return None
        chosen = self._chosen(at, tier)
        if chosen is None:
            return None
        bands = self._bands.get(chosen)
        if bands is None:
            bands = self._bands[chosen] = self._bands_of(*chosen)
        if len(bands) == 1:
            return bands[0].cost(usage)
        size = usage.input_tokens
        return next(band for band in bands if size > band.above).cost(usage)

    def _chosen(self, at: datetime, tier: str | None) -> tuple[int, ...] | None:
        """Which of the standard prices holds, and which variants do; None for a tier without a price."""
        standard = len(self._standard) - 1
        while standard and not _holds(self._standard[standard].constraint, at):  # if none does, the first
            standard -= 1
        if tier is None:
            return (standard,)
        held = [index for index, each in enumerate(self._variants) if each.tier == tier and _holds(each.constraint, at)]
        return (standard, *held) if held or tier in STANDARD_TIERS else None

    def _bands_of(self, standard: int, *variants: int) -> tuple[Band, ...]:
        prices = dict(self._standard[standard].prices)
        for index in reversed(variants):  # the first that has a price for something counts
            prices.update({name: price for name, price in self._variants[index].prices.items() if price is not None})
        steps = {-1}
        for price in prices.values():
            if isinstance(price, Part):
                steps.update(tier.get("start") for tier in _known(price, "TieredPrices").get("tiers"))
        return tuple(_band(prices, step, free=self._free) for step in sorted(steps, reverse=True))


def _known(part: Part, kind: str) -> Part:
    if part.kind != kind:
        raise ValueError(f"unexpected {part.kind} in the table")
    return part


def _constraint(part: Part) -> Part | None:
    constraint = part.get("constraint")
    if constraint is None:
        return None
    if isinstance(constraint, Part) and constraint.kind in ("StartDateConstraint", "TimeOfDateConstraint"):
        return constraint
    raise ValueError(f"unexpected constraint in the table: {constraint}")


def _variant(part: Part) -> _Choice:
    when: dict[str, str] = _known(part, "PriceVariant").get("when")
    # Of what else a variant may depend on, such as the region, a span says nothing.
    tiers = set(when.values()) if when.keys() <= _TIER_NAMES else set()
    return _Choice(_constraint(part), part.get("prices").fields, tiers.pop() if len(tiers) == 1 else None)


def _holds(constraint: Part | None, at: datetime) -> bool:
    if constraint is None:
        return True
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    if constraint.kind == "StartDateConstraint":
        start: date = constraint.get("start_date")
        return at.date() >= start
    begin, end = _in_utc(constraint.get("start_time")), _in_utc(constraint.get("end_time"))
    now = at.time()
    return begin <= now < end if begin <= end else now >= begin or now < end


def _in_utc(value: time) -> time:
    if value.tzinfo is None:
        return value
    return datetime.combine(date(1970, 1, 1), value).astimezone(UTC).time()


def _band(prices: Mapping[str, Any], above: int, *, free: bool) -> Band:
    """The rates for prompts just larger than ``above``.

    A part without a price of its own costs what the part that contains it costs: that is how the table means it.
    """

    def rate(name: str, otherwise: int, per: int = _PER_MILLION) -> int:
        price = prices.get(name)
        if price is None:
            return otherwise
        if not isinstance(price, Decimal):
            tiers = sorted(price.get("tiers"), key=lambda tier: int(tier.get("start")))
            reached = [tier.get("price") for tier in tiers if tier.get("start") <= above]
            price = reached[-1] if reached else price.get("base")
        return int(price * per)

    fresh = rate("input_mtok", 0)
    cache_write = rate("cache_write_mtok", fresh)
    cache_read = rate("cache_read_mtok", fresh)
    output = rate("output_mtok", 0)
    audio, image = rate("input_audio_mtok", fresh), rate("input_image_mtok", fresh)
    cached = prices.get("cache_read_mtok") is not None  # else what is cached costs what it would cost fresh
    extra = {
        "input_audio": audio - fresh,
        "input_image": image - fresh,
        "input_video": rate("input_video_mtok", fresh) - fresh,
        "cache_read_audio": rate("cache_audio_read_mtok", cache_read if cached else audio) - cache_read,
        "cache_read_image": rate("cache_image_read_mtok", cache_read if cached else image) - cache_read,
        "output_audio": rate("output_audio_mtok", output) - output,
        "output_image": rate("output_image_mtok", output) - output,
        "web_searches": rate("web_searches_kcount", 0, _PER_THOUSAND),
        "file_searches": rate("storage_searches_kcount", 0, _PER_THOUSAND),
    }
    request = prices.get("requests_kcount")
    return Band(
        above,
        fresh,
        cache_read,
        cache_write,
        rate("cache_write_1h_mtok", cache_write),
        output,
        rate("output_reasoning_mtok", output),
        int(request * _PER_THOUSAND) if isinstance(request, Decimal) else 0,
        free or (prices.get("input_mtok") is not None and prices.get("output_mtok") is not None),
        tuple((part, more) for part, more in extra.items() if more),
    )
