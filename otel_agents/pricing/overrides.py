"""The user's own prices and discounts, which go before the table's."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agents.pricing.names import table_name
from otel_agents.pricing.rates import STANDARD_TIERS, Band

if TYPE_CHECKING:
    from otel_agents.records import Usage

_KNOWN: Final = (
    "input",
    "output",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "reasoning",
    "input_audio",
    "input_image",
    "output_audio",
    "output_image",
    "request",
    "discount",
    "tiers",
)
_MOST_MODELS: Final = 4_096  # what is remembered of the models that were asked for


class Override(NamedTuple):
    """What holds for the models a pattern matches.

    Attributes:
        band: their prices; None leaves them to the table.
        factor: what is left of a price after the discount.
        tiers: what is paid of a price in service tiers other than the standard one; empty leaves that to the table.
    """

    band: Band | None
    factor: float
    tiers: Mapping[str, float]

    def cost(self, usage: Usage, tier: str | None) -> float | None:
        """US dollars by the user's own prices; None where they do not say."""
        if self.band is None:
            return None
        share = 1.0 if tier is None or tier in STANDARD_TIERS else self.tiers.get(tier)
        usd = self.band.cost(usage)
        return None if usd is None or share is None else usd * share * self.factor


class Overrides:
    """The user's prices by pattern; the first pattern that matches counts.

    Args:
        given: prices by pattern, such as ``{"openai/gpt-4o*": {"input": 2.5, "output": 10}}``. A pattern is matched
            with ``provider/model`` and with the model alone; ``*``, ``?`` and ``[…]`` as in file names, case aside.
            Each entry holds US dollars a million tokens for ``input``, ``output`` and the parts of them, dollars a call
            for ``request``, percent for ``discount``, and for ``tiers`` what share of the price is paid in each. A part
            without a price of its own (cached, audio, image; reasoning) costs what input or output costs; what else is
            left out costs nothing.

    Raises:
        ValueError: an entry is not like that; says which, and what was expected.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._entries = [(str(pattern).lower(), _override(pattern, entry)) for pattern, entry in given.items()]
        self._found: dict[tuple[str | None, tuple[str, ...]], Override | None] = {}

    def find(self, provider: str | None, models: tuple[str, ...]) -> Override | None:
        """What holds for a call, of the provider, that goes by any of these models' names."""
        if not self._entries:
            return None
        key = (provider, models)
        try:
            return self._found[key]
        except KeyError:
            if len(self._found) >= _MOST_MODELS:
                self._found = {}
            found = self._found[key] = self._first(provider, models)
            return found

    def _first(self, provider: str | None, models: tuple[str, ...]) -> Override | None:
        names = [name.lower() for name in models]
        if provider is not None:
            names += [f"{of}/{name}" for of in {provider.lower(), table_name(provider)} for name in names]
        return next(
            (entry for pattern, entry in self._entries if any(fnmatchcase(name, pattern) for name in names)), None
        )


def _override(pattern: object, entry: object) -> Override:
    expected = f"expected for {pattern!r}"
    if not isinstance(pattern, str) or not pattern.strip():
        raise ValueError(f"expected patterns such as 'openai/gpt-4o*', not {pattern!r}")
    if not isinstance(entry, Mapping) or not entry:
        raise ValueError(f"{expected} prices such as {{'input': 2.5, 'output': 10}}, or a discount")
    for name in entry:
        if name not in _KNOWN:
            raise ValueError(f"{expected} only {', '.join(_KNOWN)}, not {name!r}")
    tiers = entry.get("tiers", {})
    if not isinstance(tiers, Mapping):
        raise ValueError(f"{expected} tiers such as {{'batch': 0.5}}")
    shares = {
        str(tier): float(_number(share, f"{expected} a share for tier {tier!r}")) for tier, share in tiers.items()
    }
    discount = _number(entry.get("discount", 0), f"{expected} a discount in percent", most=100)
    prices = {
        name: _number(price, f"{expected} US dollars for {name!r}")
        for name, price in entry.items()
        if name not in ("discount", "tiers")
    }
    if prices and not {"input", "request"} & prices.keys():
        raise ValueError(f"{expected} a price for 'input' or 'request'")
    if shares and not prices:
        raise ValueError(f"{expected} prices beside the tiers")
    return Override(Band.of_dollars(prices) if prices else None, float(1 - discount / 100), shares)


def _number(value: object, expected: str, most: int = 10**9) -> Decimal:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= most:
        return Decimal(str(value))
    raise ValueError(f"{expected}, from 0 to {most:,}, not {value!r}")
