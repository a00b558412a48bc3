from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from otel_agents.collector.handoff import MemoryBudget, OverloadedError, SpanBatch
from otel_agents.collector.intake.committer import Committer
from otel_agents.collector.receiver.decode_spans import decode_spans
from tests.collector import otlp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

MIB = 1024 * 1024


def batch(name: str) -> SpanBatch:
    return decode_spans(otlp.request(otlp.span(name=name)).SerializeToString()).batch


def name(stored: SpanBatch) -> str:
    return stored.rows["name"][0].as_py()


class Disk:
    """Stores names of spans, one group at a time; writes wait until the gate is open."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.gate = threading.Event()
        self.writing = threading.Event()
        self.refuse: dict[str, Exception] = {}

    def write(self, batches: Sequence[SpanBatch]) -> int:
        self.writing.set()
        assert self.gate.wait(10)
        names = [name(b) for b in batches]
        for error in (self.refuse[n] for n in names if n in self.refuse):
            raise error
        self.groups.append(names)
        return len(names)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def published() -> list[int]:
    return []


@pytest.fixture
def committer(disk: Disk, published: list[int]) -> Iterator[Committer[int]]:
    made = Committer(disk.write, published.append, MemoryBudget(MIB))
    yield made
    disk.gate.set()
    made.close()


def submit(committer: Committer[int], disk: Disk, *names: str) -> list[Future[None]]:
    """Submit batches so that the first is written alone and the others wait for it."""
    first, *rest = names
    futures = [committer.submit(batch(first))]
    assert disk.writing.wait(10)
    return futures + [committer.submit(batch(n)) for n in rest]


def test_what_comes_during_a_write_is_one_group(committer: Committer[int], disk: Disk, published: list[int]):
    futures = submit(committer, disk, "a", "b", "c")
    assert [f.done() for f in futures] == [False, False, False]
    disk.gate.set()
    assert [f.result(10) for f in futures] == [None, None, None]
    assert disk.groups == [["a"], ["b", "c"]]
    committer.close()
    assert published == [1, 2]


def test_a_batch_that_cannot_be_stored_does_not_fail_its_neighbours(committer: Committer[int], disk: Disk):
    disk.refuse["bad"] = ValueError("poison")
    futures = submit(committer, disk, "a", "b", "bad", "c")
    disk.gate.set()
    assert [f.exception(10) for f in futures] == [None, None, disk.refuse["bad"], None]
    assert disk.groups == [["a"], ["b"], ["c"]]


def test_a_full_disk_is_told_to_all_and_later_ones_are_stored(committer: Committer[int], disk: Disk):
    disk.refuse["b"] = OverloadedError("the disk is full")
    futures = submit(committer, disk, "a", "b", "c")
    disk.gate.set()
    assert [f.exception(10) for f in futures] == [None, disk.refuse["b"], disk.refuse["b"]]
    assert committer.submit(batch("d")).result(10) is None
    assert disk.groups == [["a"], ["d"]]


def test_a_sender_that_went_away_is_not_stored(committer: Committer[int], disk: Disk):
    _, gone, kept = submit(committer, disk, "a", "gone", "kept")
    assert gone.cancel()
    disk.gate.set()
    kept.result(10)
    assert disk.groups == [["a"], ["kept"]]


def test_beyond_the_budget_there_is_no_room_until_something_is_stored(disk: Disk):
    one = batch("a")
    committer = Committer(disk.write, lambda _: None, MemoryBudget(2 * one.size + 1))
    futures = [committer.submit(one), committer.submit(one)]
    with pytest.raises(OverloadedError, match="more arrives than can be stored"):
        committer.submit(one)
    disk.gate.set()
    for future in futures:
        future.result(10)
    committer.close()
    assert disk.groups in ([["a"], ["a"]], [["a", "a"]])


def test_the_budget_is_whole_again_at_the_end(disk: Disk):
    budget = MemoryBudget(MIB)
    committer = Committer(disk.write, lambda _: None, budget)
    disk.refuse["bad"] = ValueError("poison")
    submit(committer, disk, "a", "bad", "c", "gone")[-1].cancel()
    disk.gate.set()
    committer.close()
    budget.take(MIB)  # all of it


def test_closing_stores_what_was_taken(committer: Committer[int], disk: Disk):
    futures = submit(committer, disk, "a", "b")
    disk.gate.set()
    committer.close()
    assert [f.done() for f in futures] == [True, True]
    assert disk.groups == [["a"], ["b"]]
