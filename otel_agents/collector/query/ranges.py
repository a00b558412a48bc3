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
    found = ask(cursor, "ranges", keys=[int(each[-16:], 16) for each in known])
    return [row for row in found if row["trace_id"] in known]
