"""Content cut to a size: head and tail of each text, its length and hash; JSON stays JSON."""

import hashlib
import json
import random

import pytest

import otel_agents
from otel_agents import conventions, model, monitor_operation, tool
from otel_agents.errors import ConfigurationError
from otel_agents.sdk.processors.cut import cut_text
from tests.redaction.corpus import secrets

KEY = secrets.TOKENS["openai_key"][0](random.Random(1))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_head_and_tail_stay_with_length_and_hash():
    text = "a" * 50 + "b" * 900 + "c" * 50
    assert cut_text(text, 100) == (f"{'a' * 50}\n…[900 of 1000 characters cut; sha256 {sha256(text)}]…\n{'c' * 50}")
    assert cut_text(text, 1000) == text


def test_long_texts_of_messages_are_cut_and_short_ones_are_not(recorder):
    recorder.configure(capture_content=64)

    @model
    def ask(messages: list[dict[str, str]]) -> str:
        return "short"

    long = "é" * 500
    ask([{"role": "system", "content": "Be brief."}, {"role": "user", "content": long}])
    attributes = recorder.span().attributes
    assert json.loads(attributes[conventions.INPUT_MESSAGES]) == [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {"role": "user", "parts": [{"type": "text", "content": cut_text(long, 64)}]},
    ]
    assert "short" in attributes[conventions.OUTPUT_MESSAGES]


def test_lists_of_a_tool_are_cut_to_head_and_tail(recorder):
    recorder.configure(capture_content="64")

    @tool
    def query(sql: str) -> list[dict[str, int]]:
        return [{"id": row} for row in range(1000)]

    query("SELECT 1")
    head, note, tail = (
        (made := json.loads(recorder.span().attributes[conventions.TOOL_CALL_RESULT]))[:2],
        made[2],
        made[3:],
    )
    whole = json.dumps([{"id": row} for row in range(1000)])
    assert head == [{"id": 0}, {"id": 1}]
    assert note == f"…[{1000 - 2 - len(tail)} of 1000 elements cut; sha256 {sha256(whole)}]…"
    assert tail == [{"id": row} for row in range(1000 - len(tail), 1000)]


def test_a_secret_goes_before_it_is_cut_or_hashed(recorder):
    recorder.configure(capture_content=64)
    text = "x" * 25 + f" {KEY} " + "y" * 200
    with monitor_operation("work", note=text):
        pass
    redacted = "x" * 25 + " [redacted:openai_key] " + "y" * 200
    assert recorder.span().attributes["note"] == cut_text(redacted, 64)


def test_a_limit_for_attributes_cuts_after_redaction(recorder, monkeypatch):
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "40")
    recorder.configure()

    @tool
    def send(text: str) -> None: ...

    send(f"{'x' * 10}{' '}{KEY}")
    arguments = recorder.span().attributes[conventions.TOOL_CALL_ARGUMENTS]
    assert (len(arguments), "sk-proj" in arguments) == (40, False)


def test_off_records_none(recorder):
    recorder.configure(capture_content=False)

    @tool
    def send(text: str) -> str:
        return text

    send("hello")
    assert not set(conventions.CONTENT_KEYS) & set(recorder.span().attributes)


def test_the_variable_takes_a_size(recorder, monkeypatch):
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "32")
    recorder.configure()
    with monitor_operation("work", note="n" * 100):
        pass
    assert recorder.span().attributes["note"] == cut_text("n" * 100, 32)


@pytest.mark.parametrize("wrong", [5, -1, "some", 3.5])
def test_a_wrong_size_is_named(wrong):
    with pytest.raises(ConfigurationError, match="expected true, false, or a number of characters, 32 or more"):
        otel_agents.configure(traces_exporter="none", capture_content=wrong)
