"""What is asked again is answered from before, until something changes."""

from __future__ import annotations

from datetime import timedelta

from otel_agents.collector.query.kept import MOST, Kept
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
