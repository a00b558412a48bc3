"""What is asked again is answered from before, until something changes."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from otel_agents.collector.query import kept as kept_module
from otel_agents.collector.query.kept import MOST, Kept, Recent
from tests.collector.query.filled import NOW, agent, write


def test_an_answer_is_kept_until_something_is_stored_or_removed(store):
    kept = Kept()

    def traces() -> int:
        with store.read() as cursor:
            return cursor.execute("SELECT count(*) FROM traces").fetchall()[0][0]

    write(store, agent("Router", 1, 1))
    assert kept.answer(store, "traces", traces) == 1
    assert kept.answer(store, "traces", lambda: None) == 1
    write(store, agent("Router", 2, 2))
    assert kept.answer(store, "traces", traces) == 2
    store.remove(NOW + timedelta(days=1))
    assert kept.answer(store, "traces", traces) == 0


def test_the_last_answers_are_kept(store):
    kept = Kept()
    for number in range(MOST + 1):
        kept.answer(store, number, lambda number=number: number)
    assert kept.answer(store, MOST, lambda: "asked") == MOST
    assert kept.answer(store, 0, lambda: "asked") == "asked"


def test_an_old_answer_is_shown_while_a_better_one_is_made():
    recent, may_answer = Recent(), threading.Event()
    assert recent.answer("how many", lambda: 1) is None  # nobody knows yet
    recent.note("how many", 1)

    def ask() -> int:
        may_answer.wait(60)
        return 2

    assert recent.answer("how many", ask) == 1
    assert recent.answer("how many", lambda: pytest.fail("it is being asked")) == 1
    assert recent.is_coming("how many")
    may_answer.set()
    while recent.is_coming("how many"):
        time.sleep(0.01)
    assert recent.answer("how many", ask) == 2


def test_one_that_could_not_be_made_is_asked_for_by_the_next():
    recent = Recent()
    recent.note("how many", 1)
    assert recent.answer("how many", lambda: 1 // 0) == 1
    while recent.is_coming("how many"):
        time.sleep(0.01)
    assert recent.answer("how many", lambda: 2) == 1


def test_an_answer_that_is_too_old_is_not_shown(monkeypatch: pytest.MonkeyPatch):
    recent = Recent()
    recent.note("how many", 1)
    monkeypatch.setattr(kept_module, "RECENT_S", 0)
    assert recent.answer("how many", lambda: 2) is None
