"""Drops spans that are there already: a client repeats what it could not see acknowledged.

Those of another owner are others, whatever their ids: else a tenant could keep another's span out, or learn of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.store.owners import OWNER, owner

if TYPE_CHECKING:
    import duckdb

_MINUTE_NS = pa.scalar(60_000_000_000, pa.uint64())
_MOST_RANGES = 16
_STORED = """
SELECT row
FROM (SELECT lower(hex(trace_id)) AS trace_id, lower(hex(span_id)) AS span_id, {owner} AS owner, row FROM ids) AS sent
SEMI JOIN (SELECT trace_id, span_id, owner FROM span_data WHERE {near}) AS had
    ON sent.trace_id = had.trace_id AND sent.span_id = had.span_id AND sent.owner IS NOT DISTINCT FROM had.owner
"""


def drop_repeated(spans: pa.Table) -> pa.Table:
    """Keep the first of spans with the same ids and owner."""
    parts = [spans["trace_id"], spans["span_id"]]  # of one length each, so that the rest is the owner
    if OWNER in spans.column_names:
        parts.append(pc.fill_null(spans[OWNER], "").cast(pa.binary()))
    identity = pc.binary_join_element_wise(*parts, b"")
    if pc.count_distinct(identity).as_py() == spans.num_rows:
        return spans
    rows = pa.table({"identity": identity, "row": pa.array(range(spans.num_rows))})
    first = rows.group_by("identity").aggregate([("row", "min")])["row_min"]
    return spans.filter(pc.is_in(rows["row"], value_set=first))


def drop_stored(spans: pa.Table, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Keep the spans that the database does not have.

    A span sent again has the same start, and spans are stored about in the order of their starts: so only the row
    groups around the starts of these spans are read, however much is stored.
    """
    names = [name for name in ("trace_id", "span_id", OWNER) if name in spans.column_names]
    ids = spans.select(names).append_column("row", pa.array(range(spans.num_rows)))
    near = " OR ".join(f"start_time BETWEEN make_timestamp({a}) AND make_timestamp({b})" for a, b in _ranges(spans))
    connection.register("ids", ids)
    try:
        stored = connection.execute(_STORED.format(near=near, owner=owner(names))).fetchall()
    finally:
        connection.unregister("ids")
    if not stored:
        return spans
    gone = pa.array([row for (row,) in stored], pa.int64())
    return spans.filter(pc.invert(pc.is_in(ids["row"], value_set=gone)))


def _ranges(spans: pa.Table) -> list[tuple[int, int]]:
    """Whole minutes that hold the starts, neighbours as one range, in microseconds; none begins or ends beyond them.

    Under load a commit spans a second or two, and in a whole minute there are many row groups that it need not read.
    """
    earliest, latest = (pc.min_max(spans["start_ns"])[end].as_py() // 1000 for end in ("min", "max"))
    minutes = sorted(pc.unique(pc.divide(spans["start_ns"], _MINUTE_NS)).to_pylist())
    ranges = [[minutes[0], minutes[0]]]
    for minute in minutes[1:]:
        if minute <= ranges[-1][1] + 1 or len(ranges) == _MOST_RANGES:
            ranges[-1][1] = minute
        else:
            ranges.append([minute, minute])
    return [(max(first * 60_000_000, earliest), min((last + 1) * 60_000_000 - 1, latest)) for first, last in ranges]
