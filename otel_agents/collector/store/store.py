"""What a store offers to the rest of the collector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Commit:
    """What one write added: the number of new spans, and the traces (lower-case hex) of them and of evaluations."""

    spans: int
    traces: tuple[str, ...]


class Store(Protocol):
    """Where questions are asked; any thread may."""

    def read(self) -> AbstractContextManager[DuckDBPyConnection]:
        """Lend a cursor for a short time; it sees one consistent state and cannot write."""
        ...
