"""What was looked through is not looked through again, and what comes of a text is the same as without that."""

import itertools
import json
from collections import Counter

import pytest

from otel_agents.redaction.redactor import Redactor
from tests.redaction.corpus import cases

WORDS = "the quick brown fox, " * 40


def alone(text: str) -> tuple[str, Counter[str]]:
    """What becomes of a text nobody has looked at before, and what was found."""
    counts: Counter[str] = Counter()
    return Redactor(counts=counts).text(text), +counts


def among_others(redactor: Redactor, counts: Counter[str], text: str) -> tuple[str, Counter[str]]:
    counts.clear()
    return redactor.text(text), +counts


@pytest.mark.parametrize("first", [0, 1], ids=["even", "odd"])
def test_a_secret_is_found_wherever_the_text_that_came_before_has_ended(first: int):
    counts: Counter[str] = Counter()
    redactor = Redactor(counts=counts)
    for number, case in enumerate(cases.with_secrets()[first::12]):
        head = f"{number} {WORDS}"
        text = f"{head}{case.text}\n{WORDS}"
        for end in range(len(head), len(head) + len(case.text) + 1, 5):
            redactor.text(text[:end])
        assert among_others(redactor, counts, text) == alone(text), case.text


def test_a_conversation_that_grows_is_redacted_as_each_of_its_states_alone():
    counts: Counter[str] = Counter()
    redactor = Redactor(counts=counts)
    texts = [*cases.without()[::40], *(case.text for case in cases.with_secrets()[::40]), "half a pair \ud83d", "@" * 9]
    messages = [{"role": "system", "content": WORDS}]
    for text in texts:
        messages.append({"role": "user", "content": f"{text} {WORDS}"})
        said = json.dumps(messages, ensure_ascii=False)
        assert among_others(redactor, counts, said) == alone(said), text
        assert among_others(redactor, counts, said) == alone(said), text  # and said again


def test_what_is_remembered_is_bounded():
    redactor = Redactor()
    for letters in itertools.islice(itertools.permutations("abcdefgh"), 200):
        redactor.text(f"{''.join(letters)} {WORDS * 48}")
        redactor.text(f"{''.join(letters)} {WORDS * 48} ada@example.com")
    for number in range(8_000):
        redactor.text(f"user{number}@example.com")
    memory = redactor._memory
    assert 0 < len(memory._done) < 7_500
    assert 0 < sum(map(len, memory.clean.values())) < 5_000_000
    assert 0 < sum(map(len, memory._done)) < 5_000_000
