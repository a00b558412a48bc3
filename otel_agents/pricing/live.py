"""genai-prices itself: for a table the program keeps up to date with it, and for what cannot be read otherwise."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from otel_agents.pricing.parts import taken
from otel_agents.pricing.rates import STANDARD_TIERS, ModelRates
from otel_agents.records import Extra

if TYPE_CHECKING:
    from datetime import datetime

    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, Provider

    from otel_agents.records import Usage


def table_in_force() -> DataSnapshot | None:
    """The table the program has put in place of the packaged one; None where it has not."""
    module = sys.modules.get("genai_prices.data_snapshot")
    get_snapshot = getattr(module, "get_snapshot", None)  # not there while another thread imports it
    if get_snapshot is None:
        return None
    snapshot: DataSnapshot = get_snapshot()
    packaged = sys.modules.get("genai_prices.data")
    return None if snapshot.providers is getattr(packaged, "providers", None) else snapshot


def bundled_table() -> DataSnapshot:
    """The table of the package; importing it takes 0.3 s."""
    from genai_prices.data_snapshot import get_snapshot

    return get_snapshot()


def find(snapshot: DataSnapshot, provider: str | None, model: str) -> ModelRates | LiveModel | None:
    """A model's prices in a table; None where it is not there."""
    try:
        of, found = snapshot.find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    try:
        return ModelRates(taken(found), variants=any(each is found for each in of.models))
    except ValueError:
        return LiveModel(of, found)


class LiveModel:
    """A model whose prices depend on something that is not known here."""

    def __init__(self, provider: Provider, model: ModelInfo) -> None:
        self._provider = provider
        self._model = model

    def cost(self, usage: Usage, at: datetime, tier: str | None) -> float | None:
        """US dollars by genai-prices' own means, or None where it raises."""
        from genai_prices.types import Usage as TableUsage

        if tier is not None and tier not in STANDARD_TIERS:
            return None
        extra = usage.extra or Extra()
        used = TableUsage(
            input_tokens=usage.input_tokens,
            cache_read_tokens=usage.cache_read,
            cache_write_tokens=usage.cache_write,
            cache_write_1h_tokens=usage.cache_write_1h,
            output_tokens=usage.output_tokens,
            output_reasoning_tokens=usage.reasoning,
            input_audio_tokens=extra.input_audio + extra.cache_read_audio,
            input_image_tokens=extra.input_image + extra.cache_read_image,
            input_video_tokens=extra.input_video,
            cache_audio_read_tokens=extra.cache_read_audio,
            cache_image_read_tokens=extra.cache_read_image,
            output_audio_tokens=extra.output_audio,
            output_image_tokens=extra.output_image,
            web_searches=extra.web_searches,
            storage_searches=extra.file_searches,
        )
        try:
            found = self._model.calc_price(used, self._provider, genai_request_timestamp=at)
        except (ValueError, LookupError):
            return None
        return float(found.total_price)
