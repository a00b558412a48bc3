"""What the program did, summed up by agent, tool, model, tenant and as a whole, while it runs.

What counts as what:

- A request is an agent's operation that is not inside another operation of the same agent. In a program that never ran
  an agent, every operation with nothing around it is a request.
- Tokens and cost are those of model spans alone, because other spans may repeat them. They count for the model, for the
  agent the call was made under, for its tenant, and for the program.
- A retry is a call made again right after it failed. It counts for what was called, for the agent and tenant, and for
  the program.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal

from otel_agents.health.errors import ErrorLog
from otel_agents.health.names import NAMES_LIMIT, Names
from otel_agents.health.retries import Retries
from otel_agents.health.sketch import bucket
from otel_agents.health.tally import Tally
from otel_agents.health.windows import SLOT_NS, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from otel_agents.model import ErrorEntry
    from otel_agents.records import SpanRecord

Kind = Literal["agent", "tool", "model", "tenant"]
KINDS: tuple[Kind, ...] = ("agent", "tool", "model", "tenant")


class Aggregates:
    """Adds up span records and answers for any window. Every method may be called from any thread.

    Times are nanoseconds since the epoch and come from the caller.
    """

    def __init__(self, names_limit: int = NAMES_LIMIT) -> None:
        self.names_limit = names_limit
        self.after_fork()

    def after_fork(self) -> None:
        """Start empty, with a lock of its own: the old one may be held by a thread that the fork left behind."""
        self._lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._start()

    def limit_names(self, limit: int) -> None:
        """Set how many agents there may be, and as many tools, models and tenants, before further ones are "other"."""
        self.names_limit = limit
        for names in self._names.values():
            names.limit = limit

    def _start(self) -> None:
        self._names: dict[Kind, Names] = {kind: Names(self.names_limit) for kind in KINDS}
        self._agents, self._tools, self._models, self._tenants = self._names.values()
        self._program = Series()
        self._roots = Series()  # operations with nothing around them, other than agent requests
        self._errors_over_time = Series()
        self._errors = ErrorLog()
        self._retries = Retries()
        self._saw_agents = False

    def add(self, record: SpanRecord) -> None:
        """Count a finished span."""
        type_ = record.type
        end_ns = record.end_ns
        slot = end_ns // SLOT_NS
        seconds = (end_ns - record.start_ns) / 1e9
        if seconds < 0:
            seconds = 0.0
        mark = bucket(seconds)
        error_type = record.error_type or "Error" if record.failed else None
        with self._lock:
            about: list[Series] = []  # whom the span is about, beside the program
            agent = None
            if record.agent is not None:
                agent = self._agents[record.agent]
                agent.last_ns = end_ns
                about.append(agent)
            if record.tenant is not None:
                tenant = self._tenants[record.tenant]
                tenant.last_ns = end_ns
                about.append(tenant)
            asked: list[Series] = []  # whose request it is
            if type_ == "model":
                if record.model is not None:
                    asked.append(self._models[record.model])
                    about.append(asked[0])
                self._spend(record, [self._program, *about], slot)
            elif type_ == "tool" and record.tool is not None:
                asked.append(self._tools[record.tool])
                about.append(asked[0])
            if type_ == "agent" and record.counts_as_request:
                self._saw_agents = True
                asked += [self._program, *about]
            elif record.parent_id is None:
                asked.append(self._roots)
                if record.tenant is not None and not self._saw_agents:
                    asked.append(tenant)
            for series in asked:
                series.last_ns = end_ns
                series[slot].request(seconds, mark, record.failed, error_type)
            retries = self._retries
            if (record.failed or retries.failed) and type_ in ("model", "tool", "agent") and retries.is_one(record):
                for series in (self._program, *about):
                    series[slot].retries += 1
            if record.failed and self._errors.add_span(record):
                self._errors_over_time[slot].failures += 1

    def _spend(self, record: SpanRecord, of: list[Series], slot: int) -> None:
        sent, received, cost = record.input_tokens, record.output_tokens, record.cost_usd
        cached, reasoning = record.cached_tokens, record.reasoning_tokens
        # A call that failed before it used anything has no price to miss.
        unpriced = cost is None and not (record.failed and sent + received == 0)
        first_chunk = record.first_chunk_s
        mark = None if first_chunk is None else bucket(first_chunk)
        for series in of:
            tally = series[slot]
            tally.spend(sent, received, cached, reasoning, cost, unpriced)
            if first_chunk is not None and mark is not None:
                tally.first_chunk(first_chunk, mark)

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

    def over(
        self, kind: Kind, seconds: float | None = None, now_ns: int = 0, *, sums_only: bool = False
    ) -> dict[str, Tally]:
        """Return the tally of every name of a kind over the last ``seconds``, or since the start when None.

        ``sums_only`` leaves out times and types, which takes a tenth of the time.
        """
        with self._lock:
            return {
                name: series.over(seconds, now_ns, sums_only=sums_only) for name, series in self._names[kind].items()
            }

    def of(
        self, kind: Kind, name: str, seconds: float | None = None, now_ns: int = 0, *, sums_only: bool = False
    ) -> Tally:
        """Return the tally of one name; an empty one where nothing was seen of it."""
        with self._lock:
            series = self._names[kind].get(name)
            return Tally() if series is None else series.over(seconds, now_ns, sums_only=sums_only)

    def program(self, seconds: float | None = None, now_ns: int = 0, *, sums_only: bool = False) -> Tally:
        """Return the tally of the whole program."""
        with self._lock:
            tally = self._program.over(seconds, now_ns, sums_only=sums_only)
            if not self._saw_agents:
                tally.merge(self._roots.over(seconds, now_ns, sums_only=sums_only), sums_only=sums_only)
            return tally

    def last_seen(self, kind: Kind) -> dict[str, int]:
        """Return when each name of a kind last ended something."""
        with self._lock:
            return {name: series.last_ns for name, series in self._names[kind].items()}

    def last_seen_of(self, kind: Kind, name: str) -> int:
        """Return when one name last ended something; 0 where nothing was seen of it."""
        with self._lock:
            series = self._names[kind].get(name)
            return 0 if series is None else series.last_ns

    def errors(self) -> list[ErrorEntry]:
        """Return the newest errors, oldest first."""
        with self._lock:
            return list(self._errors)

    def error_count(self, seconds: float | None, now_ns: int) -> int:
        """Return how many errors there were in the last ``seconds``, or since the start when None, kept or not."""
        with self._lock:
            return self._errors_over_time.over(seconds, now_ns, sums_only=True).failures

    def overflow(self) -> int:
        """Return how many times something was counted for the name "other" because there were too many names."""
        with self._lock:
            return sum(names.overflow for names in self._names.values())
