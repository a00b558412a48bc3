"""The SQL that takes rows of another file over; those that are there already are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

# By table: what tells its rows apart, and the time they are looked for around.
_KEYS: Final = {
    "span_data": (("trace_id", "span_id", "owner"), "start_time"),
    "point_data": (("identity",), "time"),
    "log_data": (("identity",), "time"),
    "open_data": (("trace_id", "span_id", "owner"), "start_time"),
    "evaluation_data": (("trace_id", "span_id", "response_id", "name", "score", "label", "explanation"), "time"),
}
# These are made anew, or say something of the other file alone.
OWN: Final = frozenset(
    ("schema_version", "journal", "trace_ranges", "rollups", "rollup_times", "rollup_state", "rollup_gone")
)
_BATCH: Final = "batch"
_INSERT: Final = """
INSERT INTO {table} BY NAME
SELECT {columns}{batch} FROM salvaged
WHERE NOT EXISTS (
    SELECT 1 FROM {table} AS known
    WHERE {same} AND known.{time} = salvaged.{time}
        AND known.{time} BETWEEN (SELECT min({time}) FROM salvaged) AND (SELECT max({time}) FROM salvaged)
)
"""
_RANGES: Final = """
INSERT INTO trace_ranges BY NAME
SELECT
    trace_id,
    TRY_CAST('0x' || right(trace_id, 16) AS UBIGINT) AS key,
    min(start_time) AS first,
    max(start_time) AS last,
    {tenant} AS tenant,
    {batch} AS batch
FROM salvaged
GROUP BY ALL
"""
# Its end may have come meanwhile.
_STILL_OPEN: Final = """
    AND EXISTS (
        SELECT 1 FROM span_data
        WHERE span_data.trace_id = salvaged.trace_id AND span_data.span_id = salvaged.span_id
            AND span_data.start_time = salvaged.start_time AND span_data.end_time IS NULL
    )
"""


def take_over(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, batch: int) -> bool:
    """Insert rows into a table, inside a transaction.

    Args:
        connection: the writer.
        table: its name.
        rows: with the columns that could be read, of this or an earlier version.
        batch: the number spans get as those of one commit.

    Returns:
        False where such rows are not wanted, or the table is none of ours.
    """
    known = {
        name
        for (name,) in connection.execute(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = ?", [table]
        ).fetchall()
    }
    if not known or table in OWN:
        return False
    columns = [name for name in rows.column_names if name in known and name != _BATCH]
    keys, time = _KEYS.get(table, (tuple(columns), columns[0]))
    same = " AND ".join(f"known.{key} IS NOT DISTINCT FROM salvaged.{key}" for key in keys if key in columns)
    connection.register("salvaged", rows)
    try:
        names = ", ".join(f'"{name}"' for name in columns)
        numbered = f", {batch} AS {_BATCH}" if _BATCH in known else ""
        insert = _INSERT.format(table=table, columns=names, batch=numbered, same=same, time=time)
        connection.execute(insert + _STILL_OPEN if table == "open_data" else insert)
        if table == "span_data":
            connection.execute(_RANGES.format(tenant="tenant" if "tenant" in columns else "NULL", batch=batch))
    finally:
        connection.unregister("salvaged")
    return True
