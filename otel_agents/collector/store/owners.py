"""Whose records are: the tenant of the key they were sent with, which wins over what their attributes say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from otel_agents.collector.store.columns import TEXT
from otel_agents.collector.store.expressions import AS_TEXT, first, readings

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from otel_agents.collector.handoff import Batch

OWNER: Final = "owner"  # the column, in a table of records and in the database
KEYS: Final = TEXT["tenant"]  # the attributes that name a tenant


def with_owners(rows: pa.Table, batches: Sequence[Batch], *, always: bool = False) -> pa.Table:
    """Add the column to the rows of some batches.

    Left out where no batch has an owner, which is NULL for all, if it is not ``always`` wanted.
    """
    if not always and all(batch.owner is None for batch in batches):
        return rows
    owners = [pa.repeat(pa.scalar(batch.owner, pa.string()), batch.records) for batch in batches]
    return rows.append_column(OWNER, pa.chunked_array(owners, pa.string()))


def owner(present: Collection[str]) -> str:
    """Read the owner of laid-out records, whose columns are ``present``."""
    return OWNER if OWNER in present else "NULL::VARCHAR"


def tenant(present: frozenset[str]) -> str:
    """Read the tenant of laid-out records, whose columns are ``present``."""
    return first([*([OWNER] if OWNER in present else []), *readings(present, KEYS, AS_TEXT)])
