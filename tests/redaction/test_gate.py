"""The gates let everything pass that a finder finds, wherever in a text it stands."""

import pytest

from otel_agents.redaction import finders
from otel_agents.redaction.gate import digits_gate, names_gate, pieces, tokens_gate
from otel_agents.redaction.keys import Keys
from tests.redaction.corpus import cases

KEYS = Keys()
FINDERS = {
    "tokens": (tokens_gate(), finders.tokens),
    "names": (names_gate(), lambda *where: finders.named(*where, KEYS)),
    "digits": (digits_gate(), finders.digits),
}
WORDS = "the quick brown fox, "


@pytest.mark.parametrize("name", FINDERS)
@pytest.mark.parametrize("before", [0, 12, 203])
def test_what_a_finder_finds_is_found_behind_the_gate(name: str, before: int):
    gate, find = FINDERS[name]
    for case in cases.with_secrets()[::2]:
        text = f"{WORDS * before}\n{case.text}\n{WORDS * 20}"
        without_gate = list(find(text, 0, len(text)))
        behind_it = [found for piece in pieces(text, gate) for found in find(text, *piece)]
        assert behind_it == without_gate, case.text


def test_most_texts_are_not_looked_at_twice():
    texts = [text for text in cases.without() if tokens_gate()(text)]
    assert len(texts) <= len(cases.without()) // 50
