"""Finds the times between which the spans of traces start, so that only those need be looked through."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from otel_agents.collector.query.statements import Row, ask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from duckdb import DuckDBPyConnection

_HEXADECIMAL = re.compile(r"[0-9a-f]{1,32}")


def ranges_of(cursor: DuckDBPyConnection, ids: Iterable[str]) -> list[Row]:
    """Return ``trace_id``, ``began`` and ``last`` of the traces that there are, those that began last first."""
    known = {each for each in map(str.lower, ids) if _HEXADECIMAL.fullmatch(each)}
    keys = [int(each[-16:], 16) for each in known]
    if not keys:
        return []
    found: dict[str, Row] = {}
    for row in ask(cursor, "range", key=keys[0]) if len(keys) == 1 else ask(cursor, "ranges", keys=keys):
        trace_id, first, last = row["trace_id"], row["first"], row["last"]
        if trace_id in known:
            other = found.setdefault(trace_id, {"trace_id": trace_id, "began": first, "last": last})
            other["began"], other["last"] = min(other["began"], first), max(other["last"], last)
    return sorted(found.values(), key=lambda row: (row["began"], row["trace_id"]), reverse=True)
