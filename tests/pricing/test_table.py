"""The price table: the numbers of genai-prices itself, by the day of the call, and no number where there is none."""

from __future__ import annotations

import ast
import math
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from pathlib import Path

import genai_prices
import pytest
from genai_prices import data_snapshot
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    Provider,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agents.pricing import PriceTable, packaged, parts
from otel_agents.records import Cost, Extra, Usage

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOURCE = f"table:{version('genai-prices')}"
TABLE = PriceTable()


def by_genai_prices(provider: str | None, model: str, usage: Usage, at: datetime) -> float | None:
    """The price genai-prices itself calculates; None for a model it does not find."""
    extra = usage.extra or Extra()
    tokens = genai_prices.Usage(
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
        found = genai_prices.calc_price(tokens, model, provider_id=provider, genai_request_timestamp=at)
    except LookupError:
        return None
    return float(found.total_price)


def agree(got: Cost, expected: float | None) -> bool:
    """Whether two prices say the same.

    Where genai-prices has no price for tokens, because a model is charged by the page or the hour or because nobody
    knows, it says 0; here that is unknown.
    """
    return not expected if got.usd is None else got.usd == expected


EVERY_MODEL = [
    (provider.id, model.id) for provider in data_snapshot.get_snapshot().providers for model in provider.models
]
USAGES = [
    Usage(input=11, output=7),
    Usage(input=1_000, cache_read=500, cache_write=300, output=200, reasoning=100, cache_write_1h=100),
    Usage(input=200_000, output=1),
    Usage(input=150_000, cache_read=100_000, output=5_000, reasoning=4_000),
    Usage(input=1_000, cache_read=500, output=300, extra=Extra(500, 300, 100, 200, 100, 100, 50, 3, 2)),
]
TIMES = [datetime(2023, 1, 1, tzinfo=UTC), datetime(2025, 7, 1, 18, tzinfo=UTC), NOW]


@pytest.mark.parametrize("at", TIMES, ids=str)
@pytest.mark.parametrize("usage", USAGES, ids=lambda usage: f"{usage.input_tokens} in {usage.output_tokens} out")
def test_every_model_of_the_table_costs_what_genai_prices_says(usage: Usage, at: datetime):
    differences = {}
    for provider, model in EVERY_MODEL:
        got, expected = TABLE.price(provider, model, usage, at), by_genai_prices(provider, model, usage, at)
        if not agree(got, expected):
            differences[provider, model] = (got, expected)
    assert differences == {}


@given(
    st.sampled_from(EVERY_MODEL),
    st.builds(Usage, *[st.integers(10**6, 10**7)] * 5, extra=st.none() | st.builds(Extra, *[st.integers(0, 10**5)] * 9))
    | st.builds(Usage, *[st.integers(0, 10**7)] * 5),
    st.datetimes(TIMES[0].replace(tzinfo=None), NOW.replace(tzinfo=None), timezones=st.just(UTC)),
)
@settings(deadline=None)
def test_any_usage_at_any_time_costs_what_genai_prices_says(model: tuple[str, str], usage: Usage, at: datetime):
    assert agree(TABLE.price(*model, usage, at), by_genai_prices(*model, usage, at))


def test_the_parts_of_a_usage_have_prices_of_their_own():
    million = 1_000_000
    prices = [
        TABLE.price("anthropic", "claude-3-5-haiku-latest", usage, NOW).usd
        for usage in (
            Usage(input=million),
            Usage(cache_read=million),
            Usage(cache_write=million),
            Usage(cache_write=million, cache_write_1h=million),
            Usage(output=million),
            Usage(reasoning=million),
        )
    ]
    assert prices == [0.8, 0.08, 1.0, 1.6, 4.0, 4.0]


@pytest.mark.parametrize(
    ("provider", "model", "same_as"),
    [
        ("azure.ai.openai", "gpt-4o-2024-08-06", ("azure", "gpt-4o")),
        ("gcp.gemini", "models/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("gcp.vertex_ai", "publishers/google/models/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        (
            "aws.bedrock",
            "anthropic.claude-3-5-sonnet-20240620-v1:0",
            ("aws", "anthropic.claude-3-5-sonnet-20240620-v1:0"),
        ),
        ("x_ai", "grok-3", ("x-ai", "grok-3")),
        ("mistral_ai", "mistral-large-latest", ("mistral", "mistral-large-latest")),
        (None, "gpt-4o", ("openai", "gpt-4o")),
    ],
)
def test_the_names_of_the_conventions_find_their_provider(provider: str | None, model: str, same_as: tuple[str, str]):
    usage = Usage(input=1_000, output=100)
    cost = TABLE.price(provider, model, usage, NOW)
    assert cost == Cost(by_genai_prices(*same_as, usage, NOW), SOURCE)
    assert cost.usd


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-nobody-knows"),
        ("openai", "llama3"),  # a server of one's own that speaks OpenAI's protocol
        ("ollama", "gpt-4o"),
        ("openai", None),
        ("openai", ""),
        ("openai", "gpt-4o" * 1_000),
        ("openai", "whisper-1"),  # charged by the hour
        (None, "nobody-knows"),
    ],
)
def test_what_the_table_does_not_know_has_no_cost(provider: str | None, model: str | None):
    assert TABLE.price(provider, model, Usage(input=10, output=10), NOW) == Cost(None, "unknown")


def test_a_model_that_is_free_costs_nothing_and_that_is_known():
    free = next(model for provider, model in EVERY_MODEL if provider == "openrouter" and model.endswith(":free"))
    assert TABLE.price("openrouter", free, Usage(input=10, output=10), NOW) == Cost(0.0, SOURCE)


def test_a_tier_has_its_price_from_the_day_the_table_knows_it():
    usage = Usage(input=1_000_000, output=1_000_000)
    prices = [TABLE.price("openai", "gpt-5", usage, NOW, tier=tier).usd for tier in (None, "default", "flex", "batch")]
    assert prices == [11.25, 11.25, 5.625, 5.625]
    assert TABLE.price("openai", "gpt-5", usage, datetime(2026, 1, 1, tzinfo=UTC), tier="flex").usd is None


# --- A table of our own making --------------------------------------------------------------------------------------


def mtok(dollars: str) -> ModelPrice:
    return ModelPrice(input_mtok=Decimal(dollars))


def from_day(day: date, dollars: str) -> ConditionalPrice:
    return ConditionalPrice(StartDateConstraint(day), prices=mtok(dollars))


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch):
    """Puts models into the table in force; gives the function that does it."""

    def use(**models: ModelPrice | list[ConditionalPrice]) -> None:
        made = [ModelInfo(id=name, match=ClauseEquals(name), prices=prices) for name, prices in models.items()]
        providers = [Provider(id="test", name="Test", api_pattern="-", models=made)]
        snapshot = data_snapshot.DataSnapshot(providers=providers, from_auto_update=True, timestamp=NOW)
        monkeypatch.setattr(data_snapshot, "_custom_snapshot", snapshot)

    return use


MILLION = Usage(input=1_000_000)


def test_the_price_of_the_day_of_the_call_in_utc(models):
    models(m=[ConditionalPrice(prices=mtok("1")), from_day(date(2026, 2, 1), "2"), from_day(date(2026, 3, 1), "3")])
    east = timezone(timedelta(hours=9))
    times = [
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2026, 2, 1, 8, tzinfo=east),  # still January in UTC
        datetime(2026, 2, 1),  # noqa: DTZ001 - a time without a zone is in UTC
        datetime(2026, 2, 28, 23, 59, tzinfo=UTC),
        datetime(2026, 3, 1, tzinfo=UTC),
    ]
    assert [TABLE.price("test", "m", MILLION, at).usd for at in times] == [1.0, 1.0, 2.0, 2.0, 3.0]


def test_a_prompt_above_a_tiers_start_pays_its_price_for_every_token(models):
    tiered = TieredPrices(base=Decimal(1), tiers=[Tier(100, Decimal(2)), Tier(200, Decimal(4))])
    models(m=ModelPrice(input_mtok=tiered, output_mtok=Decimal(1)))
    dollars = [TABLE.price("test", "m", Usage(input=count), NOW).usd for count in (100, 101, 200, 201)]
    assert dollars == [100e-6, 202e-6, 400e-6, 804e-6]


def test_a_price_may_depend_on_the_hour(models):
    night = TimeOfDateConstraint(NOW.time().replace(hour=0), NOW.time().replace(hour=6))
    models(m=[ConditionalPrice(prices=mtok("4")), ConditionalPrice(night, prices=mtok("1"))])
    assert [TABLE.price("test", "m", MILLION, NOW.replace(hour=hour)).usd for hour in (3, 12)] == [1.0, 4.0]


def test_a_request_may_cost_something_itself(models):
    models(m=ModelPrice(input_mtok=Decimal(1), requests_kcount=Decimal(5)))
    assert TABLE.price("test", "m", MILLION, NOW).usd == 1.005


def test_a_model_without_any_price_has_no_cost(models):
    models(m=[])
    assert TABLE.price("test", "m", MILLION, NOW) == Cost(None, "unknown")


def test_a_tier_without_a_price_has_no_cost(models, monkeypatch: pytest.MonkeyPatch):
    models(m=mtok("1"))
    model = data_snapshot.get_snapshot().providers[0].models[0]
    monkeypatch.setattr(model, "price_variants", [PriceVariant(when={"service_tier": "flex"}, prices=mtok("0.5"))])
    assert [TABLE.price("test", "m", MILLION, NOW, tier=tier).usd for tier in ("priority", "flex")] == [None, 0.5]


def test_a_table_the_program_has_updated_is_used_and_named(models):
    table = PriceTable()
    assert table.price("test", "m", MILLION, NOW) == Cost(None, "unknown")
    models(m=mtok("1"))
    assert table.price("test", "m", MILLION, NOW) == Cost(1.0, f"{SOURCE}+20261120")


def test_names_without_end_do_not_fill_the_memory():
    table = PriceTable()
    for number in range(5_000):
        table.price("openai", f"made-up-{number}", MILLION, NOW)
    assert len(table._entries) <= 4_096


def test_a_price_is_found_without_importing_genai_prices():
    program = """
import sys
from datetime import UTC, datetime
from otel_agents.records import Usage
from otel_agents.pricing import PriceTable, packaged, parts
table, at = PriceTable(), datetime(2026, 11, 20, tzinfo=UTC)
for tier in (None, "flex"):
    print(table.price("openai", "gpt-5", Usage(input=1_000_000), at, tier=tier).usd)
print(table.price(None, "claude-3-5-haiku-latest", Usage(input=1_000_000), at).usd)
print({"genai_prices", "pydantic"} & set(sys.modules))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["1.25", "0.625", "0.8", "set()"]


@pytest.mark.parametrize("content", [None, b"", b"providers = []\n", b"\n    Provider(\n" * 2, b"\xff" * 100])
def test_without_a_file_that_can_be_read_genai_prices_is_asked(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    if content is not None:
        (tmp_path / "data.py").write_bytes(content)
    spec = ModuleSpec("genai_prices", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(packaged, "find_spec", lambda name: spec)
    assert PriceTable().price("openai", "gpt-4o", MILLION, NOW) == Cost(2.5, SOURCE)


def test_a_constraint_that_is_not_known_here_is_left_to_genai_prices(models):
    class Never(StartDateConstraint):
        def active(self, request_timestamp: datetime) -> bool:
            return False

    models(m=[ConditionalPrice(prices=mtok("1")), ConditionalPrice(Never(date(2020, 1, 1)), prices=mtok("2"))])
    assert TABLE.price("test", "m", MILLION, NOW).usd == 1.0


@given(
    st.sampled_from(
        [None, "litellm", "LiteLLM", " OpenAI ", "azure-openai", *{provider for provider, _ in EVERY_MODEL}]
    ),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "", "openai/", "anthropic/", "nobody/"]),
        st.sampled_from([*{model for _, model in EVERY_MODEL}]).map(lambda name: name)
        | st.sampled_from(["GPT-4o", "x"]),
        st.sampled_from(["", "", "-20251211", "-20251341", "-2025-12-11", ":free", "-preview", "@eu"]),
    ),
)
@settings(deadline=None, max_examples=500)
def test_a_name_means_the_model_that_genai_prices_takes_it_for(provider: str | None, name: str):
    usage = USAGES[0]
    assert agree(TABLE.price(provider, name, usage, NOW), by_genai_prices(provider, name, usage, NOW))


def test_the_sum_is_rounded_once():
    usage = Usage(input=3, cache_read=7, output=11)
    cost = TABLE.price("openai", "gpt-4o", usage, NOW)
    assert cost.usd == float(Decimal("2.5e-6") * 3 + Decimal("1.25e-6") * 7 + Decimal("1e-5") * 11)
    assert math.isclose(cost.usd, 0.00012625)


def test_another_thread_that_parses_at_the_same_time_is_waited_for(monkeypatch):
    parse, faults = ast.parse, [SystemError("AST constructor recursion depth mismatch (before=30, after=29)")] * 3

    def parsed(*given, **named):
        if faults:
            raise faults.pop()  # as Python 3.11 does now and then
        return parse(*given, **named)

    monkeypatch.setattr(parts.ast, "parse", parsed)
    assert parts.read(b"Model(id='a', prices=Prices(input=Decimal('2.5')))", "id").fields == {"id": "a"}
    assert faults == []
