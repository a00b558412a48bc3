"""What a program counts by hand: requests, tools, errors and queries that are not traced."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING

from otel_agents.model import ErrorEntry
from otel_agents.sdk.monitoring.batch import Batch
from otel_agents.sdk.numbers import amount, count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from otel_agents.health.aggregates import Aggregates


class ByHand:
    """The half of a ``MetricsCollector`` that is written to."""

    aggregates: Aggregates
    _clock: Callable[[], int]

    def __init__(self) -> None:
        self._batch: ContextVar[Batch | None] = ContextVar("otel_agents.batch_update", default=None)

    def record_agent_request(
        self,
        agent_name: str,
        success: bool = True,
        response_time: float = 0.0,
        tokens: int = 0,
        cost: float | None = None,
    ) -> None:
        """Count a request to an agent that is not traced.

        Args:
            agent_name: whose request it was.
            success: whether it succeeded. A failure is counted; what went wrong is for :meth:`record_error` to say.
            response_time: seconds.
            tokens: input and output together.
            cost: US dollars; None when unknown.
        """
        seconds, known_cost = amount(response_time), None if cost is None else amount(cost)
        add = self.aggregates.add_agent_request
        self._record(partial(add, agent_name, seconds, not success, count(tokens), known_cost, self._clock()))

    def record_tool_usage(
        self, tool_name: str, agent_name: str | None = None, success: bool = True, execution_time: float = 0.0
    ) -> None:
        """Count the use of a tool that is not traced; ``execution_time`` is in seconds."""
        add = self.aggregates.add_tool_call
        self._record(partial(add, tool_name, agent_name, amount(execution_time), not success, self._clock()))

    def record_error(
        self, component: str, error_type: str, error_message: str, context: Mapping[str, object] | None = None
    ) -> None:
        """Put an error into the log; ``context`` is kept with it as it is."""
        entry = ErrorEntry(self._clock() / 1e9, component, error_type, error_message, dict(context or {}))
        self._record(partial(self.aggregates.add_error, entry))

    @contextmanager
    def batch_update(self) -> Iterator[None]:
        """Hold back what this thread or task records by hand, and count it at the end in one go.

        Readers see all of a batch or nothing of it. Batches inside a batch join it. What was recorded before an
        exception left the block is counted.
        """
        if self._batch.get() is not None:
            yield
            return
        batch = Batch(self.aggregates.together)
        self._batch.set(batch)
        try:
            yield
        finally:
            self._batch.set(None)
            batch.close()

    def _record(self, update: Callable[[], None]) -> None:
        batch = self._batch.get()
        if batch is None:
            update()
        else:
            batch.add(update)

    # --- Queries that are no block and no function --------------------------------------------------------------------

    def start_query(self, user_input: str, agent_type: str) -> str:
        """Begin a query that :meth:`finish_query` ends, where no ``with`` or decorator fits; return its id.

        What is traced in this thread or task until then is below it. Of one that is never finished nothing is sent.

        Args:
            user_input: what was asked; recorded where content is.
            agent_type: the agent at work.
        """
        from otel_agents.sdk.operations import queries  # for programs that have such queries, here and below

        return queries.start(user_input, agent_type)

    def finish_query(
        self,
        query_id: str,
        success: bool,
        result_size_bytes: int = 0,
        error_type: str | None = None,
        error_message: str | None = None,
    ) -> None:
        """End a query, with what came of it."""
        from otel_agents.sdk.operations import queries

        queries.finish(
            query_id,
            success=success,
            result_size_bytes=result_size_bytes,
            error_type=error_type,
            error_message=error_message,
        )

    def record_agent_selection(self, query_id: str, agent_type: str, complexity_score: float, reason: str) -> None:
        """Record that an agent was chosen, and why; before a query has begun, ``query_id`` is what was asked."""
        from otel_agents.sdk.operations import queries

        queries.select(query_id, agent_type, complexity_score, reason)

    def record_tool_call(self, query_id: str) -> None:
        """Count a tool call of a query whose tools are not traced, as its attribute ``tool_calls``."""
        from otel_agents.sdk.operations import queries

        queries.count(query_id, "tool_calls")

    def record_graphql_query(self, query_id: str) -> None:
        """Count a GraphQL query of a query, as its attribute ``graphql_queries``."""
        from otel_agents.sdk.operations import queries

        queries.count(query_id, "graphql_queries")

    def record_entities_detected(self, query_id: str, entities: Iterable[str]) -> None:
        """Record which entities a query is about, as its attribute ``entities``."""
        from otel_agents.sdk.operations import queries

        queries.entities(query_id, entities)
