"""How often a key may ask: a bucket of tokens for each, which fills at the rate that is allowed."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, Final

from otel_agents.collector.handoff import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agents.collector.access.principal import Principal

BURST_S: Final = 5.0  # what nobody asked for is kept for so long
_MOST: Final = 10_000  # buckets; full ones are forgotten beyond


class Rates:
    """Counts what each key spends of one kind.

    Args:
        per_second: how much it may; None for any.
        what: its name in the refusal.
        clock: seconds that only rise.
    """

    def __init__(self, per_second: float | None, what: str, clock: Callable[[], float] = monotonic) -> None:
        self._per_second = per_second
        self._what = what
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}  # what is left, and when

    def spend(self, who: Principal, amount: float = 1.0) -> None:
        """Take some. A single request may be larger than the bucket: it goes when that is full, and leaves a debt.

        Raises:
            RefusedError: there is not that much left now.
        """
        if self._per_second is None or who.id is None:
            return
        full = self._per_second * BURST_S
        now = self._clock()
        with self._lock:
            left, since = self._buckets.get(who.id, (full, now))
            left = min(full, left + (now - since) * self._per_second)
            missing = min(amount, full) - left
            if missing > 0:
                self._buckets[who.id] = (left, now)
            else:
                self._buckets[who.id] = (left - amount, now)
                if len(self._buckets) > _MOST:
                    self._forget(full, now)
        if missing > 0:
            raise RefusedError(
                429,
                f"the key {who.name!r} sends more than {self._per_second:g} {self._what} a second",
                retry_after_s=missing / self._per_second,
            )

    def _forget(self, full: float, now: float) -> None:
        rate = self._per_second or 0.0
        self._buckets = {
            key: (left, since) for key, (left, since) in self._buckets.items() if left + (now - since) * rate < full
        }
