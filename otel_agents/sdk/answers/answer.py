"""The one form every provider's answer is read into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from otel_agents.records import Extra, Usage


@dataclass(slots=True)
class Answer:
    """What a model call answered, whichever provider it came from."""

    provider: str | None  # a value of gen_ai.provider.name
    model: str | None = None  # as the provider names it in the answer
    id: str | None = None
    finish_reasons: tuple[str, ...] = ()  # one for each choice, in the provider's words
    usage: Usage | None = None  # None when the answer says nothing about tokens
    output_messages: list[dict[str, Any]] | None = None  # in the GenAI parts form; None when content was not asked for
    service_tier: str | None = None  # the tier it was served by, when that is not the provider's standard one
    cost: float | None = None  # US dollars, only where the provider itself reports them
    error: str | None = None  # the provider's words about why it failed, where it says so without an exception


def usage_of_totals(
    *,
    input_total: int,
    output_total: int,
    cache_read: int = 0,
    cache_write: int = 0,
    cache_write_1h: int = 0,
    reasoning: int = 0,
    extra: Extra | None = None,
) -> Usage:
    """Parts that never overlap, from totals that include them; a part larger than its total is cut to it.

    Those of a medium in ``extra`` are totals too: ``input_audio`` includes ``cache_read_audio``.
    """
    if cache_read + cache_write > input_total:
        cache_read = min(cache_read, input_total)
        cache_write = min(cache_write, input_total - cache_read)
    if reasoning > output_total:
        reasoning = output_total
    fresh = input_total - cache_read - cache_write
    said = output_total - reasoning
    if cache_write_1h > cache_write:
        cache_write_1h = cache_write
    return Usage(
        fresh,
        cache_read,
        cache_write,
        said,
        reasoning,
        cache_write_1h,
        _parts_of(extra, fresh, cache_read, said) if extra is not None and any(extra) else None,
    )


def _parts_of(totals: Extra, fresh: int, cache_read: int, said: int) -> Extra:
    audio_read, image_read = _within(cache_read, totals.cache_read_audio, totals.cache_read_image)
    audio, image, video = _within(
        fresh, totals.input_audio - audio_read, totals.input_image - image_read, totals.input_video
    )
    audio_said, image_said = _within(said, totals.output_audio, totals.output_image)
    return Extra(
        audio,
        image,
        video,
        audio_read,
        image_read,
        audio_said,
        image_said,
        totals.web_searches,
        totals.file_searches,
    )


def _within(total: int, *parts: int) -> list[int]:
    """The parts, cut so that none is negative and together they are no more than the total."""
    cut = []
    for part in parts:
        cut.append(min(max(part, 0), total))
        total -= cut[-1]
    return cut
