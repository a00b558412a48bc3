"""What a model call costs, by the price table of ``genai-prices``.

The table takes 0.3 s to import, so it is loaded when it is first needed, or ahead by :meth:`PriceTable.preload`.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from otel_agents.model import Cost, Usage
from otel_agents.pricing.rates import Period, cost_at, periods_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, Provider

# gen_ai.provider.name to the table's names, where the table would not find its way itself.
_PROVIDERS: Final = {
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "aws.bedrock": "aws",
    "x_ai": "x-ai",
    "mistral_ai": "mistral",
}
_UNKNOWN: Final = Cost(None, "unknown")
_MOST_MODELS: Final = 4_096  # what is remembered; model names are the user's, and may be made up without end
_LONGEST_NAME: Final = 256


class _Entry:
    """One model of the table."""

    __slots__ = ("model", "periods", "provider")

    def __init__(self, provider: Provider, model: ModelInfo) -> None:
        self.provider = provider
        self.model = model
        self.periods: tuple[Period, ...] | None = periods_of(model)


class PriceTable:
    """Prices model calls. Safe to use from several threads."""

    def __init__(self) -> None:
        self._get_snapshot: Callable[[], DataSnapshot] | None = None
        self._snapshot: DataSnapshot | None = None
        self._source = ""
        self._entries: dict[tuple[str | None, str], _Entry | None] = {}

    def preload(self) -> None:
        """Load the table now, on this thread, so that no later call waits for it."""
        self._current()

    def price(
        self, provider: str | None, model: str | None, usage: Usage, at: datetime, *, tier: str | None = None
    ) -> Cost:
        """What a call costs.

        Args:
            provider: a value of gen_ai.provider.name or the table's own name; None lets the model's name decide.
            model: the model, as named in the request or the answer.
            usage: its tokens.
            at: when it was made; prices change. A time without a zone is in UTC.
            tier: the service tier it was served by (flex, priority, batch, fast), None for the standard one. Where the
                table has no price for a tier, the standard price is taken.

        Returns:
            The cost in US dollars with the table's version as its source, or an unknown cost: never 0 for a model that
            the table does not know, or for tokens it has no price for.
        """
        if not model or len(model) > _LONGEST_NAME:
            return _UNKNOWN
        snapshot = self._current()
        key = (provider, model)
        try:
            entry = self._entries[key]
        except KeyError:
            entry = self._remember(key, _find(snapshot, provider, model))
        if entry is None:
            return _UNKNOWN
        usd = None if entry.periods is None else cost_at(entry.periods, usage, at)
        if entry.periods is None or (usd is not None and tier is not None and entry.model.price_variants):
            usd = _by_table(entry, usage, at, tier)
        return _UNKNOWN if usd is None else Cost(usd, self._source)

    def _current(self) -> DataSnapshot:
        """The table in force: a program may keep it up to date with genai-prices' own means."""
        if self._get_snapshot is None:
            from genai_prices.data_snapshot import get_snapshot

            self._get_snapshot = get_snapshot
        snapshot = self._get_snapshot()
        if snapshot is not self._snapshot:
            updated = f"+{snapshot.timestamp:%Y%m%d}" if snapshot.from_auto_update else ""
            self._source = f"table:{version('genai-prices')}{updated}"
            self._entries = {}
            self._snapshot = snapshot
        return snapshot

    def _remember(self, key: tuple[str | None, str], entry: _Entry | None) -> _Entry | None:
        if len(self._entries) >= _MOST_MODELS:
            self._entries = {}
        self._entries[key] = entry
        return entry


def _find(snapshot: DataSnapshot, provider: str | None, model: str) -> _Entry | None:
    if provider is not None:
        provider = _PROVIDERS.get(provider, provider)
    name = model.rpartition("models/")[2] if provider == "google" else model  # publishers/google/models/gemini-…
    try:
        return _Entry(*snapshot.find_provider_model(name, None, provider, None))
    except LookupError:
        return None


def _by_table(entry: _Entry, usage: Usage, at: datetime, tier: str | None) -> float | None:
    """The price by genai-prices' own means, for what depends on more than the day and the size of the prompt."""
    from genai_prices.types import Usage as TableUsage

    context = dict.fromkeys(("service_tier", "processing", "speed"), tier) if tier is not None else None
    tokens = TableUsage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        cache_write_1h_tokens=usage.cache_write_1h,
        output_tokens=usage.output_tokens,
        output_reasoning_tokens=usage.reasoning,
    )
    try:
        calculation = entry.model.calc_price(tokens, entry.provider, genai_request_timestamp=at, price_context=context)
    except (ValueError, LookupError):
        return None
    return float(calculation.total_price)
