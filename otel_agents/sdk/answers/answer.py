"""The one form every provider's answer is read into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from otel_agents.model import Usage


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
) -> Usage:
    """Parts that never overlap, from totals that include them; a part larger than its total is cut to it."""
    cache_read = min(cache_read, input_total)
    cache_write = min(cache_write, input_total - cache_read)
    reasoning = min(reasoning, output_total)
    return Usage(
        input=input_total - cache_read - cache_write,
        cache_read=cache_read,
        cache_write=cache_write,
        output=output_total - reasoning,
        reasoning=reasoning,
        cache_write_1h=min(cache_write_1h, cache_write),
    )
