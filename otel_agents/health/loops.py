"""Runs that go round in circles: the same tool called with the same arguments, agents handing back and forth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

_RUNS = 1_000  # that are remembered; beyond it, the one that did nothing for longest is forgotten
_CALLS = 1_000  # different ones of a run
_PAUSE_NS = 300 * 10**9  # what happens again after a longer pause is not a loop


class Loop(NamedTuple):
    """A run that goes round in circles.

    Attributes:
        rule: ``loop`` or ``handoff_loop``.
        run: the trace's id.
        times: how often it was done.
        limit: how often is a loop.
        last_ns: when it was done last.
        message: what is done, in words.
        evidence: what shows it.
    """

    rule: str
    run: int
    times: int
    limit: int
    last_ns: int
    message: str
    evidence: dict[str, object]


@dataclass(slots=True)
class _Run:
    calls: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)  # how often, and when last
    between: frozenset[str] = frozenset()  # the agents that hand back and forth
    giver: str = ""
    handoffs: int = 0
    handed_ns: int = 0
    loops: dict[str, Loop] = field(default_factory=dict)


class Loops:
    """Counts what is done again in each run.

    Args:
        calls: calls of one tool with the same arguments that are a loop; 0: they never are.
        handoffs: handoffs between two agents, one after the other, that are a loop; 0: they never are.
    """

    def __init__(self, calls: int, handoffs: int) -> None:
        self._calls = calls
        self._handoffs = handoffs
        self._runs: dict[int, _Run] = {}

    def call(self, run: int, tool: str, arguments: int, shown: str, agent: str | None, now_ns: int) -> None:
        """Take note of a tool's call; ``arguments`` is what tells them from others, ``shown`` how to show them."""
        if not self._calls:
            return
        of_run, key = self._run(run), (tool, arguments)
        count, last_ns = of_run.calls.pop(key, (0, 0))
        count = 1 if now_ns - last_ns > _PAUSE_NS else count + 1
        of_run.calls[key] = count, now_ns
        if len(of_run.calls) > _CALLS:
            del of_run.calls[next(iter(of_run.calls))]
        if count >= self._calls:
            by = f"{agent} called" if agent else "A run called"
            message = f"{by} {tool} {count} times with the same arguments: {shown}"
            evidence = {"trace_id": f"{run:032x}", "tool": tool, "arguments": shown, "calls": count, "agent": agent}
            of_run.loops["loop"] = Loop("loop", run, count, self._calls, now_ns, message, evidence)

    def handoff(self, run: int, giver: str, taker: str, now_ns: int) -> None:
        """Take note that one agent hands over to another."""
        if not self._handoffs:
            return
        of_run, between = self._run(run), frozenset((giver, taker))
        back = of_run.between == between and of_run.giver == taker and now_ns - of_run.handed_ns <= _PAUSE_NS
        of_run.handoffs = of_run.handoffs + 1 if back else 1
        of_run.between, of_run.giver, of_run.handed_ns = between, giver, now_ns
        if of_run.handoffs >= self._handoffs:
            one, other = sorted(between) if len(between) > 1 else (giver, taker)
            message = f"{one} and {other} handed over to each other {of_run.handoffs} times in one run"
            evidence = {"trace_id": f"{run:032x}", "agents": [one, other], "handoffs": of_run.handoffs}
            of_run.loops["handoff_loop"] = Loop(
                "handoff_loop", run, of_run.handoffs, self._handoffs, now_ns, message, evidence
            )

    def of(self, run: int) -> Loop | None:
        """Return the loop a run is in."""
        of_run = self._runs.get(run)
        return next(iter(of_run.loops.values()), None) if of_run is not None else None

    def now(self, now_ns: int) -> list[Loop]:
        """Return the loops of the last minutes."""
        return [
            loop
            for of_run in list(self._runs.values())
            for loop in list(of_run.loops.values())
            if now_ns - loop.last_ns <= _PAUSE_NS
        ]

    def _run(self, run: int) -> _Run:
        of_run = self._runs.pop(run, None) or _Run()
        self._runs[run] = of_run  # the one that did something last is last
        if len(self._runs) > _RUNS:
            del self._runs[next(iter(self._runs))]
        return of_run
