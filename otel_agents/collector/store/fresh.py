"""Reads of the store that include what senders were told is safe."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from contextlib import AbstractContextManager

    from duckdb import DuckDBPyConnection

    from otel_agents.collector.store.store import TenantStore


@dataclass(slots=True)
class _Question:
    has_waited: bool = False


_QUESTION: Final[ContextVar[_Question | None]] = ContextVar("question", default=None)


@contextmanager
def one_question() -> Iterator[None]:
    """What is read in here sees what was acknowledged before, which is waited for once, however often it reads."""
    token = _QUESTION.set(_Question())
    try:
        yield
    finally:
        _QUESTION.reset(token)


class Fresh:
    """Lends cursors of a store after it has caught up.

    Args:
        store: the store.
        catch_up: waits until what was acknowledged is stored.
    """

    def __init__(self, store: TenantStore, catch_up: Callable[[], None]) -> None:
        self._store = store
        self._wait = catch_up

    def read(self, tenant: str | None = None) -> AbstractContextManager[DuckDBPyConnection]:
        """Lend a cursor, as the store does."""
        self._catch_up()
        return self._store.read(tenant)

    def state(self, tenant: str | None = None) -> Hashable:
        """Name the state such a cursor sees."""
        self._catch_up()
        return self._store.state(tenant)

    def _catch_up(self) -> None:
        question = _QUESTION.get()
        if question is None:
            self._wait()
        elif not question.has_waited:
            self._wait()
            question.has_waited = True

    def are_many_coming(self) -> bool:
        """Say so, as the store does."""
        return self._store.are_many_coming()
