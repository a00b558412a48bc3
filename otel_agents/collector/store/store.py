"""What a store offers to the rest of the collector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from duckdb import DuckDBPyConnection

    from otel_agents.collector.handoff import Batch


@dataclass(frozen=True, slots=True)
class Commit:
    """What one write added: the number of new spans, and the traces they belong to (lower-case hex)."""

    spans: int
    traces: tuple[str, ...]


class Store(Protocol):
    """Keeps what was received. ``write`` is called by one thread at a time, ``read`` by any."""

    def write(self, batches: Sequence[Batch]) -> Commit:
        """Store all of the batches that is not there yet, or none; it survives a crash once this returns."""
        ...

    def read(self) -> AbstractContextManager[DuckDBPyConnection]:
        """Lend a cursor for a short time; it sees one consistent state and cannot write."""
        ...

    def close(self) -> None:
        """Finish what is being written and give the files free."""
        ...
