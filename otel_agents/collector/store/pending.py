"""Logfire's pending spans: what its SDK sends as a span begins, read as the span itself, without an end.

A pending span has an id of its own, the span it announces as its parent, and that one's parent in an attribute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from otel_agents.collector.store.attributes import texts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

PARENT: Final = "logfire.pending_parent_id"  # hex; zeros for a root


def announced(spans: pa.Table) -> pa.Table:
    """Give each pending span of a table of ``handoff.SPANS`` the ids of the span it announces, and no end."""
    parents = texts_of(spans["attributes"], PARENT)
    if not parents:
        return spans
    changed: dict[str, dict[int, Any]] = {"span_id": {}, "parent_span_id": {}, "end_ns": {}}
    for row, parent in parents.items():
        announced_id = spans["parent_span_id"][row].as_py()
        if announced_id and (parent_id := _id(parent)) is not None:
            changed["span_id"][row] = announced_id
            changed["parent_span_id"][row] = parent_id
            changed["end_ns"][row] = 0
    for name, values in changed.items():
        at = spans.schema.get_field_index(name)
        spans = spans.set_column(at, spans.schema.field(at), _replaced(spans[name], values))
    return spans


def _id(text: str | None) -> bytes | None:
    """Read an id, b"" for none; None when it is not one."""
    try:
        read = bytes.fromhex(text or "")
    except ValueError:
        return None
    return b"" if not any(read) else read if len(read) == 8 else None


def _replaced(column: pa.ChunkedArray, values: Mapping[int, Any]) -> pa.Array:
    return pa.array([values.get(row, value) for row, value in enumerate(column.to_pylist())], column.type)
