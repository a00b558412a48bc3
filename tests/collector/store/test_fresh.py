"""A question sees what was acknowledged before it, which is waited for once."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from otel_agents.collector.store.fresh import Fresh, one_question


class Stored:
    """Stands for a store: what it is asked is no matter here."""

    def read(self, _tenant: str | None) -> Any:
        return nullcontext()

    def state(self, _tenant: str | None) -> int:
        return 1


def test_each_read_waits_for_what_was_acknowledged_before_it():
    waits: list[int] = []
    fresh = Fresh(Stored(), lambda: waits.append(1))
    for _ in range(2):
        with fresh.read():
            assert fresh.state() == 1
    assert len(waits) == 4


def test_a_question_that_reads_twice_waits_once():
    waits: list[int] = []
    fresh = Fresh(Stored(), lambda: waits.append(1))
    for number in (1, 2):
        with one_question():
            for _ in range(2):
                with fresh.read():
                    fresh.state()
        assert len(waits) == number
