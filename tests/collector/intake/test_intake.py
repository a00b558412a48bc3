from __future__ import annotations

import errno
import os
import threading
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from otel_agents.collector.handoff import MemoryBudget, OverloadedError
from otel_agents.collector.intake import intake as module
from otel_agents.collector.intake.intake import Intake
from otel_agents.collector.intake.journal import Journal
from otel_agents.collector.receiver.decode_spans import decode_spans
from tests.collector import otlp
from tests.collector.intake.batches import Disk, batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

MIB = 1024 * 1024


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def published() -> list[int]:
    return []


@pytest.fixture
def budget() -> MemoryBudget:
    return MemoryBudget(MIB)


@pytest.fixture
def make(disk: Disk, published: list[int], budget: MemoryBudget, tmp_path: Path) -> Iterator[Callable[[], Intake[int]]]:
    """Make an intake over the same disk and journal, as one run after another does."""
    made: list[Intake[int]] = []

    def start() -> Intake[int]:
        journal = Journal(tmp_path / "journal", stored=disk.number)
        made.append(Intake(disk.write, published.append, lambda: None, budget, journal, disk.spare))
        return made[-1]

    yield start
    disk.gate.set()
    for intake in made:
        intake.close()


@pytest.fixture
def intake(make: Callable[[], Intake[int]]) -> Intake[int]:
    return make()


def submit(intake: Intake[int], disk: Disk, *names: str) -> list[Future[None]]:
    """Submit batches so that the first is stored alone and the others wait for it."""
    first, *rest = names
    futures = [intake.submit(batch(first))]
    assert disk.writing.wait(60)
    return futures + [intake.submit(batch(n)) for n in rest]


def test_a_sender_is_answered_before_the_store_is_done(intake: Intake[int], disk: Disk):
    futures = submit(intake, disk, "a", "b", "c")
    assert [f.result(10) for f in futures] == [None, None, None]
    assert disk.groups == []


def test_what_comes_during_a_commit_is_one_group(intake: Intake[int], disk: Disk, published: list[int]):
    for future in submit(intake, disk, "a", "b", "c"):
        future.result(10)
    disk.gate.set()
    intake.catch_up()
    assert disk.groups == [["a"], ["b", "c"]]
    intake.close()
    assert published == [1, 2]


def test_whoever_was_answered_finds_what_it_sent(intake: Intake[int], disk: Disk):
    disk.gate.set()
    for number in range(5):
        intake.submit(batch(f"{number}")).result(10)
        intake.catch_up()
        assert disk.names == [f"{n}" for n in range(number + 1)]


def test_what_was_acknowledged_and_not_stored_is_stored_by_the_next_run(make, disk: Disk, monkeypatch):
    monkeypatch.setattr(module, "CLOSE_S", 0.2)
    disk.gate.set()
    disk.refuse["b"] = [OverloadedError("the disk is full")] * 100
    first = make()
    first.submit(batch("a")).result(10)
    first.catch_up()
    first.submit(batch("b")).result(10)
    first.submit(batch("c")).result(10)
    first.close()
    assert disk.names == ["a"]
    disk.refuse.clear()
    second = make()
    second.submit(batch("d")).result(10)
    second.catch_up()
    assert disk.names == ["a", "b", "c", "d"]


def test_a_full_disk_under_the_store_passes(intake: Intake[int], disk: Disk):
    disk.gate.set()
    disk.refuse["a"] = [OverloadedError("the disk is full")]
    intake.submit(batch("a")).result(10)
    intake.catch_up()
    assert disk.names == ["a"]


def test_a_full_disk_under_the_journal_is_told_and_passes(intake: Intake[int], disk: Disk, monkeypatch):
    disk.gate.set()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", full)
        with pytest.raises(OverloadedError, match="disk is full"):
            intake.submit(batch("a")).result(10)
    intake.submit(batch("b")).result(10)
    intake.catch_up()
    assert disk.names == ["b"]


def test_a_batch_that_cannot_be_stored_is_kept_aside_and_does_not_fail_its_neighbours(
    intake: Intake[int], disk: Disk, tmp_path: Path, caplog
):
    disk.refuse["bad"] = [ValueError("poison")] * 2  # in the group, and alone
    for future in submit(intake, disk, "a", "b", "bad", "c"):
        future.result(10)
    disk.gate.set()
    intake.catch_up()
    assert disk.names == ["a", "b", "c"]
    (aside,) = (tmp_path / "journal").glob("*.arrow")
    assert pa.ipc.open_stream(aside.read_bytes()).read_all()["name"].to_pylist() == ["bad"]
    assert str(aside) in caplog.text
    assert disk.set_aside == [("traces", 1)]


def test_a_sender_that_went_away_is_not_stored(intake: Intake[int], disk: Disk, monkeypatch):
    writing, go_on = threading.Event(), threading.Event()
    sync = os.fdatasync

    def slow(file: int) -> None:
        writing.set()
        assert go_on.wait(60)
        sync(file)

    disk.gate.set()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", slow)
        intake.submit(batch("first"))
        assert writing.wait(60)
        gone, kept = intake.submit(batch("gone")), intake.submit(batch("kept"))
        assert gone.cancel()
        go_on.set()
        kept.result(10)
    intake.catch_up()
    assert disk.names == ["first", "kept"]


def test_beyond_the_budget_there_is_no_room_until_something_is_stored(make, disk: Disk, budget: MemoryBudget):
    intake = make()
    one = batch("a")
    budget.take(MIB - 2 * one.size - 1)
    futures = [intake.submit(one), intake.submit(one)]
    with pytest.raises(OverloadedError, match="more arrives than can be stored"):
        intake.submit(one)
    disk.gate.set()
    for future in futures:
        future.result(10)
    intake.catch_up()
    intake.submit(one).result(10)
    assert len(disk.names) >= 2


def test_beyond_the_backlog_senders_wait_for_the_store(make, disk: Disk, monkeypatch):
    monkeypatch.setattr(module, "BACKLOG_SHARE", 1 / MIB)
    first, second = submit(make(), disk, "a", "b")
    first.result(10)
    assert not second.done()
    disk.gate.set()
    second.result(10)


def test_under_load_a_commit_is_a_whole_row_group(make, disk: Disk, budget: MemoryBudget, monkeypatch):
    monkeypatch.setattr(module, "GROUP_SPANS", 3)
    monkeypatch.setattr(module, "LINGER_S", 60)
    sent = [
        decode_spans(otlp.request(*(otlp.span(name=name) for name in names)).SerializeToString()).batch
        for names in ("a", "bcde", "f", "gh", "ij")
    ]
    intake = make()
    intake.submit(sent[0]).result(10)
    intake.catch_up()
    disk.gate.clear()
    for each in sent[1:]:
        intake.submit(each).result(10)
    disk.gate.set()
    intake.close()
    assert disk.groups == [["a"], ["b", "c", "d"], ["e", "f", "g"], ["h", "i", "j"]]
    budget.take(MIB)  # all of it is back


def test_a_batch_that_is_stored_in_part_comes_again_whole(make, disk: Disk, monkeypatch):
    monkeypatch.setattr(module, "GROUP_SPANS", 2)
    monkeypatch.setattr(module, "CLOSE_S", 0.2)
    disk.gate.set()
    disk.refuse["c"] = [OverloadedError("the disk is full")] * 100
    first = make()
    request = otlp.request(*(otlp.span(name=name) for name in "abc"))
    first.submit(decode_spans(request.SerializeToString()).batch).result(10)
    first.close()
    assert disk.groups == [["a", "b"]]
    disk.refuse.clear()
    make().catch_up()
    assert disk.groups == [["a", "b"], ["a", "b", "c"]]  # the database drops what it has


def test_the_budget_is_whole_again_at_the_end(intake: Intake[int], disk: Disk, budget: MemoryBudget):
    disk.refuse["bad"] = [ValueError("poison")] * 2
    submit(intake, disk, "a", "bad", "c", "gone")[-1].cancel()
    disk.gate.set()
    intake.close()
    budget.take(MIB)  # all of it


def test_closing_stores_what_was_taken_and_leaves_no_journal(intake: Intake[int], disk: Disk, tmp_path: Path):
    futures = submit(intake, disk, "a", "b")
    disk.gate.set()
    intake.close()
    assert [f.done() for f in futures] == [True, True]
    assert disk.names == ["a", "b"]
    assert list(tmp_path.iterdir()) == []
