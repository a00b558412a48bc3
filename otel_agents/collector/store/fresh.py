"""Reads of the store that include what senders were told is safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from contextlib import AbstractContextManager

    from duckdb import DuckDBPyConnection

    from otel_agents.collector.store.store import TenantStore


class Fresh:
    """Lends cursors of a store after it has caught up.

    Args:
        store: the store.
        catch_up: waits until what was acknowledged is stored.
    """

    def __init__(self, store: TenantStore, catch_up: Callable[[], None]) -> None:
        self._store = store
        self._catch_up = catch_up

    def read(self, tenant: str | None = None) -> AbstractContextManager[DuckDBPyConnection]:
        """Lend a cursor, as the store does."""
        self._catch_up()
        return self._store.read(tenant)

    def state(self, tenant: str | None = None) -> Hashable:
        """Name the state such a cursor sees."""
        self._catch_up()
        return self._store.state(tenant)

    def are_rollups_coming(self) -> bool:
        """Say so, as the store does."""
        return self._store.are_rollups_coming()
