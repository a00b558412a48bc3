"""What a store offers to the rest of the collector."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from contextlib import AbstractContextManager

    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Commit:
    """What one write added: the number of new spans, and the traces (lower-case hex) of them and of evaluations.

    ``tenants`` has the same for what belongs to each tenant.
    """

    spans: int
    traces: tuple[str, ...]
    tenants: Mapping[str, Commit] = field(default_factory=dict)


def merged(one: Commit, other: Commit) -> Commit:
    """Give two as one."""
    return Commit(
        one.spans + other.spans,
        tuple(dict.fromkeys((*one.traces, *other.traces))),
        {
            tenant: merged(one.tenants.get(tenant, NOTHING), other.tenants.get(tenant, NOTHING))
            for tenant in one.tenants.keys() | other.tenants.keys()
        },
    )


NOTHING: Final = Commit(0, ())


class Store(Protocol):
    """Where questions are asked; any thread may."""

    def read(self) -> AbstractContextManager[DuckDBPyConnection]:
        """Lend a cursor for a short time; it sees one consistent state and cannot write."""
        ...


class ChangingStore(Store, Protocol):
    """A store that is written to meanwhile, and says what has become of that."""

    def state(self) -> Hashable:
        """Name the state of what can be read: while it has the same name, answers are the same."""
        ...

    def are_many_coming(self) -> bool:
        """Whether many spans were just stored that are being added to the roll-ups, or will be in a moment."""
        ...


class TenantStore(ChangingStore, Protocol):
    """A store that can be asked for what belongs to one tenant."""

    def read(self, tenant: str | None = None) -> AbstractContextManager[DuckDBPyConnection]:
        """Lend a cursor that sees the rows of one tenant, or all."""
        ...

    def state(self, tenant: str | None = None) -> Hashable:
        """Name the state of what that cursor sees."""
        ...
