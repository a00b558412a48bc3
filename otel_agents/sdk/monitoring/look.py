"""What the program is like at one moment: what alerts are judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping

    from otel_agents.health.aggregates import Aggregates, Kind
    from otel_agents.model import Finding


class Look:
    """One look at the figures.

    Args:
        aggregates: the figures, with everything settled.
        now_ns: nanoseconds since the epoch.
        started_ns: when the program, or its figures, began.
        findings: the thresholds that are crossed.
        running: what is open now, by kind and name.
        gauge: gives the machine's ``cpu``, ``memory`` and ``disk`` in percent.
        budgets: gives how much of each budget is used, in percent, by name.
    """

    def __init__(
        self,
        aggregates: Aggregates,
        now_ns: int,
        started_ns: int,
        findings: list[Finding],
        running: Mapping[Kind, Counter[str]],
        gauge: Callable[[str], float | None],
        budgets: Callable[[], Mapping[str, float]],
    ) -> None:
        self.aggregates = aggregates
        self.now_ns = now_ns
        self.started_ns = started_ns
        self.findings = findings
        self.gauge = gauge
        self.budgets = budgets
        self._running = running

    def running(self, kind: Kind | None, name: str) -> int:
        """Return how many requests or calls are open now; of the whole program when ``kind`` is None."""
        return self._running["agent"][""] if kind is None else self._running[kind][name]


class Ticker:
    """Does something every now and then, when it is asked often.

    Args:
        task: what.
        interval: seconds between two times, by ``clock``; 0: never.
        clock: seconds that only go on.
    """

    def __init__(self, task: Callable[[], object], interval: float, clock: Callable[[], float]) -> None:
        self._task = task
        self._interval = interval
        self._clock = clock
        self._last = clock()

    def __call__(self) -> None:
        """Do it, if it is time."""
        if self._interval and self._clock() - self._last >= self._interval:
            self._last = self._clock()
            self._task()
