"""The published figures hold: what is found of the corpus, and what is found where there is nothing."""

import json

from otel_agents.redaction.redactor import Redactor
from tests.redaction.corpus import cases
from tests.redaction.measure import measure, published, shows


def test_the_published_figures_hold():
    recall, false_alarms = published()
    by_kind, missed, harmless, changed = measure()
    found, count = (sum(each) for each in zip(*by_kind.values(), strict=True))
    assert count >= 650
    assert found / count >= recall, [case.text for case in missed]
    assert harmless >= 650
    assert len(changed) / harmless <= false_alarms, changed


def test_everything_that_names_itself_is_found():
    by_kind, *_ = measure()
    short = {kind for kind, (found, count) in by_kind.items() if found < count}
    assert short <= {"password"}  # of words alone, in prose


def test_nothing_but_the_secret_changes():
    redactor = Redactor()
    for case in cases.with_secrets()[::3]:
        head, _, tail = case.text.partition(case.secret)
        new = redactor.text(case.text)
        if case.kind in ("authorization", "cookie") or shows(case.secret, new) or case.secret not in case.text:
            continue  # there the whole header goes
        if case.text[0] in "[{" and new.count("redacted") and _is_json(case.text):
            assert _is_json(new)
            continue
        assert new.startswith(head.rstrip("+(")), case.text
        assert new.endswith(tail), case.text


def test_redacting_again_changes_nothing():
    redactor = Redactor()
    for case in cases.with_secrets():
        once = redactor.text(case.text)
        assert redactor.text(once) == once


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
