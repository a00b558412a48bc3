"""What a store of spans offers to the rest of the collector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from duckdb import DuckDBPyConnection

    from otel_agents.collector.handoff import SpanBatch


@dataclass(frozen=True, slots=True)
class Commit:
    """What one write added: the number of new spans, and the traces they belong to (lower-case hex)."""

    spans: int
    traces: tuple[str, ...]


class Store(Protocol):
    """Keeps spans. ``write`` is called by one thread at a time, ``read`` by any."""

    def write(self, batches: Sequence[SpanBatch]) -> Commit:
        """Store all spans of the batches that are not there yet, or none; they survive a crash once this returns."""
        ...

    def read(self) -> AbstractContextManager[DuckDBPyConnection]:
        """Lend a cursor for a short time; it sees one consistent state and cannot write."""
        ...

    def close(self) -> None:
        """Finish what is being written and give the files free."""
        ...
