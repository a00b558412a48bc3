"""From a decoded request to the store: acknowledged once it is in the journal, stored in groups right after."""

from __future__ import annotations

import errno
import logging
import threading
from collections import deque
from concurrent.futures import Future
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import pyarrow as pa

from otel_agents.collector.handoff import Batch, MemoryBudget, OverloadedError, SpanBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from otel_agents.collector.intake.journal import Entry, Journal

T = TypeVar("T")

# DuckDB writes a commit of a whole row group straight to compressed blocks: less than half the work of a smaller one,
# which goes to its log first, and half the bytes. So under load a commit is exactly that.
GROUP_SPANS: Final = 122_880
GROUP_BYTES: Final = 192 * 1024 * 1024  # where records are large, a group has fewer
APPEND_BYTES: Final = 16 * 1024 * 1024  # to the journal, at a time
# From the beginning of one commit to that of the next, unless somebody waits for it: while little comes in; under load;
# and when a whole row group will be there by then, which is waited for the longer while nobody reads.
LINGER_S: Final = 0.2
LOADED_LINGER_S: Final = 1.0
FULL_LINGER_S: Final = 4.0
UNREAD_LINGER_S: Final = 10.0
IDLE_S: Final = 2.0  # without anything to store, and memory is given back
CLOSE_S: Final = 3.0
FULL_RETRY_S: Final = 10.0
_INTERRUPT_S: Final = 0.05  # from one attempt to interrupt a write to the next: between two statements one is lost
_PAUSES_S: Final = (0.25, 5.0)  # between attempts to store, the first and the longest
_READER_S: Final = 5.0  # what a reader waits for what was acknowledged before it asked
_LOAD_BYTES: Final = 3 * 1024 * 1024  # waits to be stored while more comes in: that is load
_LOAD_PAUSE_S: Final = 0.3  # without anything coming in, and it is no load any more
BACKLOG_SHARE: Final = 0.7  # of the budget, for what is acknowledged and not stored; the rest is for what comes in
_PACED_SHARE: Final = 0.55  # of the backlog, from where on senders are slowed down to what is stored
_LONGEST_PACE_S: Final = 0.5

_log = logging.getLogger(__name__)


class Intake(Generic[T]):
    """A sink that acknowledges what is safe on disk, and stores it in the order it came.

    Args:
        write: stores all of some batches and the journal's number of the last of them, or nothing and raises.
        publish: is told what each write returned.
        check: raises ``OverloadedError`` when the disk has no room.
        budget: what waits here is claimed from it.
        journal: what an earlier run left in it is stored first.
        set_aside: is told of each batch that the database does not take: its signal, and how many records it has.
        interrupt: makes a write that runs fail, when the time to close is over.
    """

    def __init__(
        self,
        write: Callable[[Iterable[Batch], int], T],
        publish: Callable[[T], None],
        check: Callable[[], None],
        budget: MemoryBudget,
        journal: Journal,
        set_aside: Callable[[str, int], None] = lambda _signal, _records: None,
        interrupt: Callable[[], None] = lambda: None,
    ) -> None:
        self._set_aside = set_aside
        self._interrupt = interrupt
        self._write = write
        self._publish = publish
        self._check = check
        self._budget = budget
        self._journal = journal
        self._changed = threading.Condition()
        self._arrived: deque[tuple[Batch, Future[None]]] = deque()  # not in the journal yet
        self._arrived_at = 0.0
        self._accepted: deque[Entry] = deque()  # not in the store yet
        self._backlog = self._backlog_spans = 0  # bytes and spans of what is in the journal and not in the store
        self._most_backlog = int(BACKLOG_SHARE * budget.limit)
        self._bytes_per_s = 0.0  # that are stored, as of the last commits
        self._acknowledged = self._left_by_others = journal.last
        self._stored = 0
        self._committed_at = 0.0
        self._readers = 0
        self._read_at = 0.0
        self._closing = threading.Event()
        self._all_acknowledged = False
        self._give_up_at = float("inf")
        self._acknowledger = threading.Thread(target=self._acknowledge, name="journal", daemon=True)
        self._committer = threading.Thread(target=self._store, name="committer", daemon=True)
        self._acknowledger.start()
        self._committer.start()

    def submit(self, batch: Batch) -> Future[None]:
        """Take a batch; see ``Sink``."""
        self._budget.take(batch.size)
        kept: Future[None] = Future()
        with self._changed:
            self._arrived.append((batch, kept))
            self._arrived_at = monotonic()
            self._changed.notify_all()
        return kept

    @property
    def backlog(self) -> int:
        """Bytes that are acknowledged and not in the database yet."""
        return self._backlog

    def catch_up(self) -> None:
        """Wait until what was acknowledged so far is stored, so that who was answered finds what it sent.

        Once it is seen that more comes in than is stored at once, a reader does not wait: it sees what was there a
        moment ago.
        """
        began = monotonic()
        with self._changed:
            target = self._acknowledged
            self._readers += 1
            self._read_at = began
            self._changed.notify_all()
            while self._stored < target:
                is_loaded = self._arrived_at > began and self._backlog > _LOAD_BYTES
                left_s = began + _READER_S - monotonic()
                if is_loaded or left_s <= 0:
                    break
                self._changed.wait(left_s)
            self._readers -= 1

    def close(self) -> None:
        """Store what was taken, for a few seconds; what is left then is stored by the next run.

        Nothing may be submitted any more.
        """
        if self._closing.is_set():
            return
        with self._changed:
            self._closing.set()
            self._give_up_at = monotonic() + CLOSE_S
            self._changed.notify_all()
        self._acknowledger.join()
        self._committer.join(CLOSE_S)
        while self._committer.is_alive():
            self._interrupt()  # what it writes is in the journal
            self._committer.join(_INTERRUPT_S)
        self._journal.close()

    # --- Into the journal -------------------------------------------------------------------------------------------

    def _acknowledge(self) -> None:
        while group := self._next_arrived():
            # A sender that went away comes again: what it sent was not acknowledged and need not be stored.
            wanted = [(batch, kept) for batch, kept in group if kept.set_running_or_notify_cancel()]
            self._budget.give_back(sum(batch.size for batch, _ in group) - sum(batch.size for batch, _ in wanted))
            if wanted:
                self._keep(wanted)
        with self._changed:
            self._all_acknowledged = True
            self._changed.notify_all()

    def _next_arrived(self) -> list[tuple[Batch, Future[None]]]:
        with self._changed:
            self._changed.wait_for(
                lambda: self._closing.is_set() or (self._arrived and self._backlog < self._most_backlog)
            )
            group: list[tuple[Batch, Future[None]]] = []
            size = 0
            while self._arrived and size < APPEND_BYTES:
                group.append(self._arrived.popleft())
                size += group[-1][0].size
        self._pace(size)
        return group

    def _pace(self, size: int) -> None:
        """Wait for as long as the store takes for so many bytes, or less while the backlog is not so long yet.

        Without it senders would be answered at once until the backlog is full, and then not until a commit is done.
        """
        paced = _PACED_SHARE * self._most_backlog
        fill = 2 * (self._backlog - paced) / (self._most_backlog - paced)
        if fill > 0 and self._bytes_per_s:
            self._closing.wait(min(fill * size / self._bytes_per_s, _LONGEST_PACE_S))

    def _keep(self, group: list[tuple[Batch, Future[None]]]) -> None:
        size = sum(batch.size for batch, _ in group)
        try:
            self._check()
            entries = self._journal.append([batch for batch, _ in group])
        except Exception as error:  # noqa: BLE001 - whatever it is, the senders must hear of it
            self._budget.give_back(size)
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                error = OverloadedError("the collector's disk is full", retry_after_s=FULL_RETRY_S)
            elif not isinstance(error, OverloadedError):
                _log.exception("The journal could not be written")
            for _, kept in group:
                kept.set_exception(error)
            return
        with self._changed:
            self._accepted.extend(entries)
            self._backlog += size
            self._backlog_spans += sum(_spans(entry) for entry in entries)
            self._acknowledged = entries[-1].number
            self._changed.notify_all()
        for _, kept in group:
            kept.set_result(None)

    # --- Into the store ---------------------------------------------------------------------------------------------

    def _store(self) -> None:
        for group in _groups(self._journal.unstored()):
            if not self._commit(group):
                return
        self._note_stored(self._left_by_others)
        while group := self._next_group():
            if not self._commit(group):
                return
            size = sum(entry.size for entry in group)
            self._budget.give_back(size)
            with self._changed:
                self._backlog -= size
                self._backlog_spans -= sum(_spans(entry) for entry in group)
                self._note_rate(size / (monotonic() - self._committed_at))
            self._note_stored(group[-1].number)

    def _note_rate(self, bytes_per_s: float) -> None:
        self._bytes_per_s = (self._bytes_per_s + bytes_per_s) / 2 if self._bytes_per_s else bytes_per_s

    def _next_group(self) -> list[Entry]:
        """Wait for entries, and for more of them for a while when a commit was only just made; none: it is the end."""
        if not self._wait_for_some(IDLE_S):
            pa.default_memory_pool().release_unused()  # of what came before
        with self._changed:
            self._changed.wait_for(self._has_some)
            while not (self._closing.is_set() or self._is_full()):
                left_s = self._committed_at + self._linger_s() - monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(min(left_s, 0.1))
            self._committed_at = monotonic()
            return self._take_group()

    def _wait_for_some(self, timeout_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(self._has_some, timeout_s)

    def _has_some(self) -> bool:
        return bool(self._accepted) or self._all_acknowledged

    def _is_full(self) -> bool:
        return self._backlog_spans >= GROUP_SPANS or self._backlog >= min(GROUP_BYTES, self._most_backlog // 2)

    def _linger_s(self) -> float:
        over = not self._arrived and monotonic() - self._arrived_at > _LOAD_PAUSE_S
        if over or self._backlog <= _LOAD_BYTES:
            return 0 if self._readers else LINGER_S
        full_s = UNREAD_LINGER_S if monotonic() - self._read_at > FULL_LINGER_S else FULL_LINGER_S
        waited_s = monotonic() - self._committed_at
        return full_s if self._backlog_spans * full_s >= GROUP_SPANS * waited_s else LOADED_LINGER_S

    def _take_group(self) -> list[Entry]:
        """Take from the left until it is a group, the last batch in part where the row group is full within it."""
        group: list[Entry] = []
        spans = size = 0
        # At the end groups are small, so that it comes soon.
        most = APPEND_BYTES if self._closing.is_set() else GROUP_BYTES
        while self._accepted and spans < GROUP_SPANS and size < most:
            entry = self._accepted.popleft()
            if spans + _spans(entry) > GROUP_SPANS:
                entry, rest = entry.split(GROUP_SPANS - spans)
                self._accepted.appendleft(rest)
            group.append(entry)
            spans += _spans(entry)
            size += entry.size
        return group

    def _commit(self, group: list[Entry]) -> bool:
        """Store a group, however often that must be tried; False when the time to close is over."""
        pause_s, longest_s = _PAUSES_S
        while True:
            if monotonic() >= self._give_up_at:
                return False
            try:
                # Read one by one, so that the store has them alone, and lets go of them when it will.
                result = self._write((entry.batch for entry in group), group[-1].number)
            except OverloadedError as error:
                _log.warning("What was acknowledged waits in the journal: %s", error)
                if self._closing.wait(pause_s):
                    sleep(_PAUSES_S[0])
                pause_s = min(2 * pause_s, longest_s)
            except Exception:  # noqa: BLE001 - whatever it is, the neighbours of a bad batch must not suffer
                if monotonic() >= self._give_up_at:
                    return False
                if len(group) > 1:
                    return all(self._commit([entry]) for entry in group)
                self._spare(group[0])
                return True
            else:
                self._journal.release(group[-1].number)
                try:
                    self._publish(result)
                except Exception:  # noqa: BLE001 - whoever listens, the next group must be stored
                    _log.exception("Who listens to commits could not be told of one")
                return True

    def _spare(self, entry: Entry) -> None:
        """Put aside what the database does not take; called where that has failed."""
        try:
            _log.exception("A batch could not be stored; it is in %s", self._journal.set_aside(entry))
        except (OSError, pa.ArrowException):
            _log.exception("A batch could not be stored, nor put aside: %d of %s", entry.records, entry.signal)
        self._set_aside(entry.signal, entry.records)

    def _note_stored(self, number: int) -> None:
        with self._changed:
            self._stored = number
            self._changed.notify_all()


def _spans(entry: Entry) -> int:
    return entry.records if entry.signal == SpanBatch.signal else 0


def _groups(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    group: list[Entry] = []
    size = 0
    for entry in entries:
        group.append(entry)
        size += entry.size
        if size >= APPEND_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group
