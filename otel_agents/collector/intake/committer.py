"""Commits batches in groups, one group at a time, and tells each sender when what it sent is stored."""

from __future__ import annotations

import logging
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from otel_agents.collector.handoff import Batch, MemoryBudget, OverloadedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

# A commit costs some 20 ms however small it is; in 16 MiB are about 10,000 spans, which take some 0.3 s.
GROUP_BYTES: Final = 16 * 1024 * 1024

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Waiting:
    batch: Batch
    stored: Future[None] = field(default_factory=Future)


class Committer(Generic[T]):
    """A sink that stores what has come in while the last group was written, as the next group.

    Args:
        write: stores all of some batches, or none and raises.
        publish: is told what each write returned, after the senders were.
        budget: what waits here is claimed from it.
    """

    def __init__(
        self, write: Callable[[Sequence[Batch]], T], publish: Callable[[T], None], budget: MemoryBudget
    ) -> None:
        self._write = write
        self._publish = publish
        self._budget = budget
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def submit(self, batch: Batch) -> Future[None]:
        """Take a batch; see ``Sink``."""
        self._budget.take(batch.size)
        waiting = _Waiting(batch)
        self._queue.put(waiting)
        return waiting.stored

    def close(self) -> None:
        """Store what was taken, then stop. Nothing may be submitted any more."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        more = True
        while more:
            group, more = self._next_group()
            # A sender that went away comes again: what it sent was not acknowledged and need not be stored.
            wanted = [waiting for waiting in group if waiting.stored.set_running_or_notify_cancel()]
            if wanted:
                self._commit(wanted)
            self._budget.give_back(sum(waiting.batch.size for waiting in group))

    def _next_group(self) -> tuple[list[_Waiting], bool]:
        """Wait for a batch, and take what else is there; False: it was the last group."""
        group: list[_Waiting] = []
        size = 0
        while size < GROUP_BYTES:
            try:
                waiting = self._queue.get(block=not group)
            except queue.Empty:
                break
            if waiting is None:
                return group, False
            group.append(waiting)
            size += waiting.batch.size
        return group, True

    def _commit(self, group: list[_Waiting]) -> None:
        try:
            result = self._write([waiting.batch for waiting in group])
        except OverloadedError as error:
            for waiting in group:
                waiting.stored.set_exception(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the neighbours of a bad batch must not suffer
            if len(group) > 1:
                for waiting in group:
                    self._commit([waiting])
                return
            _log.exception("A batch of %d records could not be stored", group[0].batch.records)
            group[0].stored.set_exception(error)
        else:
            for waiting in group:
                waiting.stored.set_result(None)
            try:
                self._publish(result)
            except Exception:  # noqa: BLE001 - whoever listens, the next group must be stored
                _log.exception("Who listens to commits could not be told of one")
