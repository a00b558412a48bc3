"""What became of every span on its way to one destination: kept by the way itself, read by ``telemetry_health()``."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from otel_agents.model import DestinationHealth

if TYPE_CHECKING:
    from collections.abc import Callable

DELIVERED = "delivered"

_ledgers: dict[str, Ledger] = {}  # by destination, for as long as the process lives
_early = 0  # traces that were decided before their end
_opening = threading.Lock()


class Ledger:
    """Counts of spans for one destination; each span is in exactly one of waiting, delivered, spooled and dropped.

    Args:
        name: the destination.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.forget()

    def forget(self) -> None:
        """Begin at nothing, as a forked child does: its parent accounts for the spans it had."""
        self.lock = threading.RLock()
        self._emitted = 0
        self._waiting = 0
        self._delivered = 0
        self._spooled = 0
        self._dropped: Counter[str] = Counter()
        self._earlier: Counter[str] = Counter()

    def emit(self, count: int) -> None:
        """Spans have ended and now wait to be sent."""
        with self.lock:
            self._emitted += count
            self._waiting += count

    def deliver(self, count: int) -> None:
        """Waiting spans were taken by the destination."""
        with self.lock:
            self._waiting -= count
            self._delivered += count

    def drop(self, count: int, reason: str) -> None:
        """Waiting spans are given up."""
        with self.lock:
            self._waiting -= count
            self._dropped[reason] += count

    def refuse(self, count: int, reason: str) -> None:
        """Spans that ended were not even queued."""
        with self.lock:
            self._emitted += count
            self._dropped[reason] += count

    def spool(self, count: int) -> None:
        """Waiting spans are on disk now."""
        with self.lock:
            self._waiting -= count
            self._spooled += count

    def unspool(self, count: int, became: str) -> None:
        """Spans this process had put on disk were delivered, or dropped for a reason."""
        with self.lock:
            self._spooled -= count
            if became == DELIVERED:
                self._delivered += count
            else:
                self._dropped[became] += count

    def see_earlier(self, count: int, became: str) -> None:
        """Spans another run or process had put on disk were delivered, or dropped for a reason."""
        with self.lock:
            self._earlier[became] += count

    def read(self) -> DestinationHealth:
        """Give the counts of one moment."""
        with self.lock:
            return DestinationHealth(
                name=self.name,
                emitted=self._emitted,
                delivered=self._delivered,
                spooled=self._spooled,
                waiting=self._waiting,
                dropped=dict(self._dropped),
                earlier=dict(self._earlier),
            )


def ledger(name: str) -> Ledger:
    """Give the ledger of a destination; it goes on when the destination is configured again."""
    with _opening:
        return _ledgers.setdefault(name, Ledger(name))


def read_all() -> tuple[DestinationHealth, ...]:
    """Give the counts of every destination this process has had."""
    with _opening:
        known = list(_ledgers.values())
    return tuple(each.read() for each in known)


def decide_early(count: int) -> None:
    """Count traces whose sampling was decided before their end."""
    global _early
    with _opening:
        _early += count


def decided_early() -> int:
    """Give how many traces were decided before their end."""
    return _early


def set_aside() -> Callable[[], None]:
    """Begin with no destination; give what brings back those there were."""
    global _ledgers, _early
    aside = (_ledgers, _early)
    _ledgers, _early = {}, 0

    def bring_back() -> None:
        global _ledgers, _early
        _ledgers, _early = aside

    return bring_back


def after_fork_in_child() -> None:
    """Begin at nothing everywhere."""
    global _opening, _early
    _opening, _early = threading.Lock(), 0
    for each in _ledgers.values():
        each.forget()
