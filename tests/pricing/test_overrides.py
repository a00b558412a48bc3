"""The user's own prices: which calls they are for, what they come to, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from otel_agents.pricing import Overrides
from otel_agents.pricing.overrides import _KNOWN
from otel_agents.records import Extra, Usage

MILLION = 1_000_000


def cost(entry: dict[str, Any], usage: Usage, tier: str | None = None) -> float | None:
    found = Overrides({"*": entry}).find("openai", ("gpt-4o",))
    assert found is not None
    return found.cost(usage, tier)


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("gpt-4o", True),
        ("GPT-4o", True),
        ("gpt-*", True),
        ("openai/gpt-4o", True),
        ("openai/*", True),
        ("*/gpt-4?", True),
        ("*", True),
        ("gpt-4", False),
        ("azure/*", False),
        ("anthropic/gpt-4o", False),
    ],
)
def test_a_pattern_is_for_a_model_alone_or_after_its_provider(pattern: str, matches: bool):
    found = Overrides({pattern: {"input": 1}}).find("openai", ("gpt-4o",))
    assert (found is not None) == matches


@pytest.mark.parametrize("pattern", ["gcp.gemini/*", "google/*"])
def test_a_provider_goes_by_the_name_of_the_conventions_and_that_of_the_table(pattern: str):
    assert Overrides({pattern: {"input": 1}}).find("gcp.gemini", ("gemini-2.5-pro",)) is not None


def test_the_first_pattern_that_matches_any_name_of_the_model_counts():
    overrides = Overrides({"gpt-4o": {"request": 1}, "*": {"request": 2}})
    found = [overrides.find("openai", models) for models in (("gpt-4o-2024-08-06", "gpt-4o"), ("gpt-4o-2024-08-06",))]
    assert [each and each.cost(Usage(), None) for each in found] == [1.0, 2.0]


def test_every_part_has_its_price():
    prices = {
        "input": 1,
        "cache_read": 2,
        "cache_write": 3,
        "cache_write_1h": 4,
        "output": 5,
        "reasoning": 6.5,
        "request": 0.25,
    }
    usages = [
        Usage(input=MILLION),
        Usage(cache_read=MILLION),
        Usage(cache_write=MILLION),
        Usage(cache_write=MILLION, cache_write_1h=MILLION),
        Usage(output=MILLION),
        Usage(reasoning=MILLION),
    ]
    assert [cost(prices, usage) for usage in usages] == [1.25, 2.25, 3.25, 4.25, 5.25, 6.75]


def test_parts_without_a_price_cost_what_they_are_part_of():
    usage = Usage(input=MILLION, cache_read=MILLION, cache_write=MILLION, output=MILLION, reasoning=MILLION)
    assert cost({"input": 1, "output": 10}, usage) == 23.0
    assert cost({"input": 1}, usage) == 3.0
    assert cost({"request": 0.5}, usage) == 0.5


def test_audio_and_images_may_have_prices_of_their_own():
    usage = Usage(input=MILLION, output=MILLION, extra=Extra(input_audio=MILLION // 2, output_image=MILLION // 4))
    assert cost({"input": 1, "output": 4, "input_audio": 3, "output_image": 8}, usage) == 0.5 + 1.5 + 3 + 2
    assert cost({"input": 1, "output": 4}, usage) == 5.0


def test_a_discount_is_in_percent():
    assert cost({"input": 2, "discount": 25}, Usage(input=MILLION)) == 1.5
    found = Overrides({"*": {"discount": 12.5}}).find(None, ("m",))
    assert found is not None
    assert (found.band, found.factor, found.cost(Usage(input=1), None)) == (None, 0.875, None)


def test_a_tier_costs_its_share_and_one_without_a_share_is_unknown():
    entry = {"input": 2, "tiers": {"batch": 0.5, "priority": 1.75}}
    tiers = (None, "default", "batch", "priority", "flex")
    assert [cost(entry, Usage(input=MILLION), tier) for tier in tiers] == [2.0, 2.0, 1.0, 3.5, None]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"m": 3}, "expected for 'm' prices such as {'input': 2.5, 'output': 10}, or a discount"),
        ({"m": {}}, "expected for 'm' prices such as {'input': 2.5, 'output': 10}, or a discount"),
        ({"": {"input": 1}}, "expected patterns such as 'openai/gpt-4o*', not ''"),
        ({3: {"input": 1}}, "expected patterns such as 'openai/gpt-4o*', not 3"),
        ({"m": {"input": -1}}, "expected for 'm' US dollars for 'input', from 0 to 1,000,000,000, not -1"),
        ({"m": {"input": "2"}}, "expected for 'm' US dollars for 'input', from 0 to 1,000,000,000, not '2'"),
        ({"m": {"input": True}}, "expected for 'm' US dollars for 'input', from 0 to 1,000,000,000, not True"),
        ({"m": {"input": float("nan")}}, "expected for 'm' US dollars for 'input', from 0 to 1,000,000,000, not nan"),
        ({"m": {"discount": 101}}, "expected for 'm' a discount in percent, from 0 to 100, not 101"),
        ({"m": {"output": 1}}, "expected for 'm' a price for 'input' or 'request'"),
        ({"m": {"tiers": {"batch": 0.5}}}, "expected for 'm' prices beside the tiers"),
        ({"m": {"input": 1, "tiers": 2}}, "expected for 'm' tiers such as {'batch': 0.5}"),
        (
            {"m": {"input": 1, "tiers": {"batch": "half"}}},
            "expected for 'm' a share for tier 'batch', from 0 to 1,000,000,000, not 'half'",
        ),
        (
            {"m": {"prompt": 1}},
            f"expected for 'm' only {', '.join(_KNOWN)}, not 'prompt'",
        ),
    ],
)
def test_what_is_wrong_is_named(given: dict[Any, Any], message: str):
    with pytest.raises(ValueError) as caught:
        Overrides(given)
    assert str(caught.value) == message


def test_names_without_end_do_not_fill_the_memory():
    overrides = Overrides({"*": {"input": 1}})
    for number in range(5_000):
        overrides.find("openai", (f"made-up-{number}",))
    assert len(overrides._found) <= 4_096
