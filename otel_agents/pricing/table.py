"""What a model call costs, by the price table of ``genai-prices``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Protocol

from otel_agents.pricing import live
from otel_agents.pricing.names import table_name
from otel_agents.pricing.packaged import PackagedTable
from otel_agents.records import Cost, Usage

if TYPE_CHECKING:
    from datetime import datetime

    from genai_prices.data_snapshot import DataSnapshot

logger = logging.getLogger("otel_agents")

_UNKNOWN: Final = Cost(None, "unknown")
_MOST_MODELS: Final = 4_096  # what is remembered; model names are the user's, and may be made up without end
_LONGEST_NAME: Final = 256


class _Rates(Protocol):
    """One model's prices."""

    def cost(self, usage: Usage, at: datetime, tier: str | None) -> float | None:
        """US dollars, or None when there is no price."""


class PriceTable:
    """Prices model calls. Safe to use from several threads."""

    def __init__(self) -> None:
        self._snapshot: DataSnapshot | None = None  # what a program has put in place of the packaged table
        self._packaged: PackagedTable | None = None
        self._source = ""  # not known yet
        self._entries: dict[tuple[str | None, str], _Rates | None] = {}

    def price(
        self, provider: str | None, model: str | None, usage: Usage, at: datetime, *, tier: str | None = None
    ) -> Cost:
        """What a call costs.

        Args:
            provider: a value of gen_ai.provider.name or the table's own name; None lets the model's name decide.
            model: the model, as named in the request or the answer.
            usage: its tokens.
            at: when it was made; prices change. A time without a zone is in UTC.
            tier: the service tier it was served by (flex, priority, batch, fast), None for the standard one.

        Returns:
            The cost in US dollars with the table's version as its source, or an unknown cost: never 0 for a model or a
            tier that the table does not know, or for tokens it has no price for.
        """
        if not model or len(model) > _LONGEST_NAME:
            return _UNKNOWN
        self._refresh()
        key = (provider, model)
        try:
            rates = self._entries[key]
        except KeyError:
            rates = self._remember(key, self._find(provider, model))
        usd = None if rates is None else rates.cost(usage, at, tier)
        return _UNKNOWN if usd is None else Cost(usd, self._source)

    def _refresh(self) -> None:
        """Take the table in force: a program may keep it up to date with genai-prices' own means."""
        snapshot = live.table_in_force()
        if snapshot is not self._snapshot or not self._source:
            self._use(snapshot)

    def _use(self, snapshot: DataSnapshot | None) -> None:
        from importlib.metadata import version  # for the first price: it is large

        updated = f"+{snapshot.timestamp:%Y%m%d}" if snapshot is not None and snapshot.from_auto_update else ""
        self._source = f"table:{version('genai-prices')}{updated}"
        self._entries = {}
        self._snapshot = snapshot

    def _find(self, provider: str | None, model: str) -> _Rates | None:
        if provider is not None:
            provider = table_name(provider)
        name = model.rpartition("models/")[2] if provider == "google" else model  # publishers/google/models/gemini-…
        if self._snapshot is None:
            try:
                if self._packaged is None:
                    self._packaged = PackagedTable()
                return self._packaged.find(provider, name)
            except (OSError, ValueError, SyntaxError) as error:
                logger.debug("The price table is imported, as its file cannot be read: %s", error)
        return live.find(self._snapshot or live.bundled_table(), provider, name)

    def _remember(self, key: tuple[str | None, str], rates: _Rates | None) -> _Rates | None:
        if len(self._entries) >= _MOST_MODELS:
            self._entries = {}
        self._entries[key] = rates
        return rates
