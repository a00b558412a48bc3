"""What the program did, summed up by agent, tool, model and as a whole, while it runs.

What counts as what:

- A request is an agent's operation that is not inside another operation of the same agent. In a program that never ran
  an agent, every operation with nothing around it is a request.
- Tokens and cost are those of model spans alone, because other spans may repeat them. They count for the model, for the
  agent the call was made under, and for the program.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal

from otel_agents.health.errors import ErrorLog
from otel_agents.health.names import Names
from otel_agents.health.sketch import bucket
from otel_agents.health.windows import SLOT_NS, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from otel_agents.health.tally import Tally
    from otel_agents.model import ErrorEntry, SpanRecord

Kind = Literal["agent", "tool", "model"]


class Aggregates:
    """Adds up span records and answers for any window. Every method may be called from any thread.

    Times are nanoseconds since the epoch and come from the caller.
    """

    def __init__(self) -> None:
        self.after_fork()

    def after_fork(self) -> None:
        """Start empty, with a lock of its own: the old one may be held by a thread that the fork left behind."""
        self._lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._start()

    def _start(self) -> None:
        self._names: dict[Kind, Names] = {"agent": Names(), "tool": Names(), "model": Names()}
        self._agents, self._tools, self._models = self._names.values()
        self._program = Series()
        self._roots = Series()  # operations with nothing around them, other than agent requests
        self._errors_over_time = Series()
        self._errors = ErrorLog()
        self._saw_agents = False

    def add(self, record: SpanRecord) -> None:
        """Count a finished span."""
        type_ = record.type
        end_ns = record.end_ns
        slot = end_ns // SLOT_NS
        seconds = (end_ns - record.start_ns) / 1e9
        if seconds < 0:
            seconds = 0.0
        failed = record.failed
        mark = bucket(seconds)
        with self._lock:
            request = False
            if type_ == "model":
                self._add_model(record, slot, seconds, mark)
            elif type_ == "tool":
                if record.tool is not None:
                    series = self._tools[record.tool]
                    series.last_ns = end_ns
                    series[slot].request(seconds, mark, failed)
                if record.agent is not None:
                    self._agents[record.agent].last_ns = end_ns
            elif type_ == "agent":
                request = record.counts_as_request
                if request:
                    self._saw_agents = True
                    self._program[slot].request(seconds, mark, failed)
                if record.agent is not None:
                    series = self._agents[record.agent]
                    series.last_ns = end_ns
                    if request:
                        series[slot].request(seconds, mark, failed)
            if record.parent_id is None and not request:
                self._roots[slot].request(seconds, mark, failed)
            if failed and self._errors.add_span(record):
                self._errors_over_time[slot].failures += 1

    def add_agent_request(
        self, agent: str, seconds: float, failed: bool, tokens: int, cost_usd: float | None, now_ns: int
    ) -> None:
        """Count a request that no span stands for, and its tokens, which nobody split into input and output."""
        slot, mark = now_ns // SLOT_NS, bucket(seconds)
        unpriced = tokens > 0 and cost_usd is None
        with self._lock:
            self._saw_agents = True
            self._agents[agent].last_ns = now_ns
            for series in (self._program, self._agents[agent]):
                tally = series[slot]
                tally.request(seconds, mark, failed)
                tally.spend(0, 0, 0, 0, cost_usd, unpriced)
                tally.unsplit_tokens += tokens

    def add_tool_call(self, tool: str, agent: str | None, seconds: float, failed: bool, now_ns: int) -> None:
        """Count a use of a tool that no span stands for."""
        with self._lock:
            if agent is not None:
                self._agents[agent].last_ns = now_ns
            series = self._tools[tool]
            series.last_ns = now_ns
            series[now_ns // SLOT_NS].request(seconds, bucket(seconds), failed)

    def add_error(self, entry: ErrorEntry) -> None:
        """Keep an error that no span carried."""
        with self._lock:
            self._errors.add(entry)
            self._errors_over_time[int(entry.time * 1e9) // SLOT_NS].failures += 1

    def together(self, updates: Iterable[Callable[[], None]]) -> None:
        """Make several updates that a reader sees all or none of."""
        with self._lock:
            for update in updates:
                update()

    def over(self, kind: Kind, seconds: float | None = None, now_ns: int = 0) -> dict[str, Tally]:
        """Return the tally of every name of a kind over the last ``seconds``, or since the start when None."""
        with self._lock:
            return {name: series.over(seconds, now_ns) for name, series in self._names[kind].items()}

    def program(self, seconds: float | None = None, now_ns: int = 0) -> Tally:
        """Return the tally of the whole program."""
        with self._lock:
            tally = self._program.over(seconds, now_ns)
            if not self._saw_agents:
                tally.merge(self._roots.over(seconds, now_ns))
            return tally

    def last_seen(self, kind: Kind) -> dict[str, int]:
        """Return when each name of a kind last ended something."""
        with self._lock:
            return {name: series.last_ns for name, series in self._names[kind].items()}

    def errors(self) -> list[ErrorEntry]:
        """Return the newest errors, oldest first."""
        with self._lock:
            return list(self._errors)

    def error_count(self, seconds: float, now_ns: int) -> int:
        """Return how many errors there were in the last ``seconds``, kept or not."""
        with self._lock:
            return self._errors_over_time.over(seconds, now_ns).failures

    def overflow(self) -> int:
        """Return how many times something was counted for the name "other" because there were too many names."""
        with self._lock:
            return sum(names.overflow for names in self._names.values())

    def _add_model(self, record: SpanRecord, slot: int, seconds: float, mark: int) -> None:
        sent, received, cost = record.input_tokens, record.output_tokens, record.cost_usd
        cached, reasoning = record.cached_tokens, record.reasoning_tokens
        # A call that failed before it used anything has no price to miss.
        unpriced = cost is None and not (record.failed and sent + received == 0)
        self._program[slot].spend(sent, received, cached, reasoning, cost, unpriced)
        if record.agent is not None:
            series = self._agents[record.agent]
            series.last_ns = record.end_ns
            series[slot].spend(sent, received, cached, reasoning, cost, unpriced)
        if record.model is not None:
            series = self._models[record.model]
            series.last_ns = record.end_ns
            tally = series[slot]
            tally.request(seconds, mark, record.failed)
            tally.spend(sent, received, cached, reasoning, cost, unpriced)
