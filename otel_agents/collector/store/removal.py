"""The SQL that removes what is old, whole traces at a time, in steps short enough that writes go on between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import duckdb

TRACES: Final = 4_000  # removed in one step
ROWS: Final = 50_000  # of each other table

# A trace is as old as its newest span, and is not old while a program says that it runs. The rows of each are few, and
# those of old ones stand together.
_DOOMED: Final = """
CREATE OR REPLACE TEMP TABLE doomed AS
SELECT trace_id, min(first) AS first, max(last) AS last
FROM trace_ranges
WHERE last < $before AND trace_id NOT IN (SELECT trace_id FROM trace_ranges WHERE last >= $before)
    AND trace_id NOT IN (SELECT trace_id FROM open_data WHERE state = 'open' AND program IS NOT NULL)
GROUP BY trace_id
ORDER BY last
LIMIT $traces
"""

_OF_TRACES: Final = {
    "traces": (
        "DELETE FROM span_data WHERE start_time BETWEEN $first AND $last AND trace_id IN (SELECT trace_id FROM doomed)"
    ),
    "open": "DELETE FROM open_data WHERE trace_id IN (SELECT trace_id FROM doomed)",
    "evaluations": "DELETE FROM evaluation_data WHERE trace_id IN (SELECT trace_id FROM doomed)",
    "ranges": "DELETE FROM trace_ranges WHERE last <= $last AND trace_id IN (SELECT trace_id FROM doomed)",
}

# Of evaluations, those of a trace go with it, or with what never came of it.
_BY_TIME: Final = {
    "metrics": ("point_data", "true"),
    "logs": ("log_data", "true"),
    "evaluations": ("evaluation_data", "trace_id IS NULL OR trace_id NOT IN (SELECT trace_id FROM trace_ranges)"),
}

_OLDEST: Final = """
SELECT quantile_disc(time, $share)
FROM (
    SELECT start_time AS time FROM span_data
    UNION ALL SELECT time FROM point_data
    UNION ALL SELECT time FROM log_data
)
"""


@dataclass(frozen=True, slots=True)
class Removed:
    """What one step removed.

    Attributes:
        traces: how many whole traces.
        records: spans, data points and log records, by their signal: traces, metrics, logs.
        all: whether nothing older is left.
    """

    traces: int
    records: dict[str, int]
    all: bool


def remove(connection: duckdb.DuckDBPyConnection, before: datetime, removing: Callable[[], None]) -> Removed:
    """Remove some of what is older than a time (UTC, without a zone), the oldest first; inside a transaction.

    Args:
        connection: the writer's.
        before: the time.
        removing: is called when the traces to be removed are in the table ``doomed``, and all there still.
    """
    connection.execute(_DOOMED, {"before": before, "traces": TRACES})
    ((traces, first, last),) = connection.execute("SELECT count(*), min(first), max(last) FROM doomed").fetchall()
    removed = {}
    if traces:
        removing()
        for name, statement in _OF_TRACES.items():
            times = {"first": first, "last": last}
            given = {key: value for key, value in times.items() if f"${key}" in statement}
            removed[name] = _number(connection, statement, given)
    most = traces == TRACES
    for signal, (table, which) in _BY_TIME.items():
        statement = (
            f"DELETE FROM {table} WHERE rowid IN"  # noqa: S608 - all of it is written here
            f" (SELECT rowid FROM {table} WHERE time < $before AND ({which}) ORDER BY time LIMIT {ROWS})"
        )
        number = _number(connection, statement, {"before": before})
        removed[signal] = removed.get(signal, 0) + number
        most = most or number == ROWS
    records = {signal: removed.get(signal, 0) for signal in ("traces", "metrics", "logs")}
    return Removed(traces, records, not most)


def oldest(connection: duckdb.DuckDBPyConnection, share: float) -> datetime | None:
    """Say before which time (UTC, without a zone) a share of all records lies; None where there are none."""
    ((time,),) = connection.execute(_OLDEST, {"share": share}).fetchall()
    found: datetime | None = time
    return found


def used_bytes(connection: duckdb.DuckDBPyConnection) -> int:
    """How much of the database file is in use; what was removed still is until a checkpoint."""
    ((used,),) = connection.execute("SELECT block_size * used_blocks FROM pragma_database_size()").fetchall()
    return int(used)


def live_share(connection: duckdb.DuckDBPyConnection) -> float:
    """Say what share of the spans that take room is still there: room comes free by row groups."""
    ((share,),) = connection.execute(
        "SELECT coalesce(count(*) / (max(rowid) + 1), 1) FROM span_data"  # rows are numbered anew by checkpoints
    ).fetchall()
    return float(share)


def _number(connection: duckdb.DuckDBPyConnection, statement: str, given: dict[str, object]) -> int:
    ((number,),) = connection.execute(statement, given).fetchall()
    return int(number)
