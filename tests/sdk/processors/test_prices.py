"""Prices and discounts of one's own, and what nobody has a price for, as a program's user sees them."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import otel_agents
from otel_agents import configure, model, monitor_operation, telemetry_health
from otel_agents.errors import ConfigurationError
from otel_agents.sdk import faults, unknowns
from tests.sdk.conftest import Recorder

TABLE = f"table:{version('genai-prices')}"


@pytest.fixture(autouse=True)
def _begin_at_nothing():
    unknowns.after_fork_in_child()
    yield
    otel_agents.shutdown()


def costs(recorder: Recorder, *calls: tuple[str, str]) -> list[tuple[object, object]]:
    """What a thousand tokens in and a hundred out cost at providers and models, and where the price is from."""
    for provider, name in calls:
        with monitor_operation("chat", model=name, provider=provider) as op:
            op.usage(input_tokens=1_000, output_tokens=100)
    attributes = [span.attributes or {} for span in recorder.spans()]
    return [(each.get("operation.cost"), each["operation.cost.source"]) for each in attributes]


def test_prices_and_discounts_of_ones_own_go_before_the_table():
    recorder = Recorder()
    recorder.configure(
        prices={
            "openai/gpt-4o": {"input": 1, "output": 10},
            "llama-*": {"request": 0.002},
            "openai/*": {"discount": 50},
            "nobody/*": {"discount": 10},
        }
    )
    assert costs(
        recorder,
        ("openai", "gpt-4o"),
        ("ollama", "llama-4-scout"),
        ("openai", "gpt-4"),
        ("anthropic", "claude-3-5-haiku-latest"),
        ("nobody", "unheard-of"),
    ) == [(0.002, "override"), (0.002, "override"), (0.018, "override"), (0.0012, TABLE), (None, "unknown")]


def test_what_the_program_says_a_call_cost_stays():
    recorder = Recorder()
    recorder.configure(prices={"*": {"discount": 50}})
    with monitor_operation("chat", model="gpt-4o", provider="openai") as op:
        op.usage(input_tokens=1_000, output_tokens=100, cost=1.0)
    attributes = recorder.span().attributes or {}
    assert (attributes["operation.cost"], attributes["operation.cost.source"]) == (1.0, "reported")


FILES = {
    "prices.json": json.dumps({"openai/*": {"input": 1, "output": 10}}),
    "prices.toml": '["openai/*"]\ninput = 1\noutput = 10\n',
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_the_prices(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / name
    file.write_text(FILES[name])
    monkeypatch.setenv("OTEL_AGENTS_PRICES", str(file))
    assert costs(Recorder(), ("openai", "gpt-4o")) == [(0.002, "override")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.json", None, "expected a file that exists"),
        ("a.json", "{", "expected a JSON or TOML file (Expecting property name"),
        ("a.toml", "input", "expected a JSON or TOML file (Expected '='"),
        ("b.json", "[]", "expected prices by pattern, such as {'openai/gpt-4o*': {'input': 2.5, 'output': 10}}"),
        ("c.json", '{"m": {"inputs": 1}}', "expected for 'm' only input, output,"),
    ],
)
def test_a_file_that_is_wrong_is_named(name: str, content: str | None, message: str, tmp_path: Path):
    file = tmp_path / name
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        configure(prices=file)
    assert str(caught.value).startswith(f"setting 'prices': {message}")
    assert name in str(caught.value)


def test_a_tier_the_table_has_no_price_for_is_unknown_and_one_of_ones_own_counts():
    recorder = Recorder()
    recorder.configure(prices={"gpt-4.1": {"input": 2, "output": 8, "tiers": {"priority": 1.75}}})
    for name in ("gpt-4", "gpt-4.1"):
        with monitor_operation("chat", model=name, provider="openai") as op:
            op.set({"openai.response.service_tier": "priority"})
            op.usage(input_tokens=1_000_000)
    attributes = [span.attributes or {} for span in recorder.spans()]
    assert [each.get("operation.cost") for each in attributes] == [None, 3.5]


def test_the_program_says_which_tier_served_a_call_where_the_answer_does_not():
    recorder = Recorder()
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 0}
    answer = {"object": "chat.completion", "model": "gpt-5", "choices": [], "usage": usage}
    with monitor_operation("chat", model="gpt-5", provider="openai") as op:
        op.response(answer)
    with monitor_operation("chat", model="gpt-5", provider="openai") as op:
        op.response(answer, service_tier="batch")
    with monitor_operation("chat", model="gpt-5", provider="openai") as op:
        op.usage(input_tokens=1_000_000, service_tier="flex")
    attributes = [span.attributes or {} for span in recorder.spans()]
    assert [each["operation.cost"] for each in attributes] == [1.25, 0.625, 0.625]


def test_a_cost_that_is_no_number_leaves_the_price_to_the_table(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(faults, "raising", False)
    recorder = Recorder()
    cost: Any = "a lot"
    with monitor_operation("chat", model="gpt-4o", provider="openai") as op:
        op.usage(input_tokens=1_000, cost=cost)
    assert (recorder.span().attributes or {})["operation.cost"] == 0.0025


# --- What is not known is counted -----------------------------------------------------------------------------------


def test_calls_without_a_price_are_counted_by_model():
    recorder = Recorder()
    costs(recorder, ("ollama", "qwen3"), ("ollama", "qwen3"), ("openai", "gpt-4o"), ("openai", "gpt-next"))
    assert telemetry_health().unpriced_calls == {"qwen3": 2, "gpt-next": 1}


class Reply:
    """An answer of a client nobody here knows."""

    def __init__(self) -> None:
        self.text, self.token_count = "hello", 17


def reply() -> Any:
    return Reply()


def test_an_answer_of_an_unknown_shape_gives_no_usage_and_is_counted():
    recorder = Recorder()
    with monitor_operation("chat", model="m") as op:
        op.response(Reply())
    model(reply)()
    model(lambda: "a text is no answer of a provider")()
    model(lambda: None)()
    assert telemetry_health().unread_answers == {f"{__name__}.Reply": 2}
    assert not any("gen_ai.usage" in name for span in recorder.spans() for name in span.attributes or {})


def test_a_stream_of_an_unknown_shape_is_counted_once():
    recorder = Recorder()
    with monitor_operation("chat", model="m") as op:
        assert len(list(op.stream(iter([Reply(), Reply()])))) == 2
    assert telemetry_health().unread_answers == {f"{__name__}.Reply": 1}
    assert not any("gen_ai.usage" in name for name in recorder.span().attributes or {})


def test_a_usage_of_an_unknown_shape_is_counted_and_the_rest_of_the_answer_read():
    recorder = Recorder()
    with monitor_operation("chat", model="m") as op:
        op.response({"object": "chat.completion", "model": "m-1", "choices": [], "usage": {"credits": 3}})
    assert telemetry_health().unread_answers == {"dict": 1}
    assert (recorder.span().attributes or {})["gen_ai.response.model"] == "m-1"


def test_names_without_end_are_counted_as_others():
    for number in range(150):
        unknowns.note_price(f"made-up-{number}")
    counted = telemetry_health().unpriced_calls
    assert (len(counted), counted["other"]) == (101, 50)
