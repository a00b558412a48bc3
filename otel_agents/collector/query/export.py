"""Everything of a time range or a trace, or of the whole store, as Arrow streams of one consistent state."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from otel_agents.collector.query.ranges import ranges_of
from otel_agents.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from duckdb import DuckDBPyConnection

    from otel_agents.collector.store.store import Store

ROWS: Final = 2_048  # in one batch: of long messages, so many are tens of MB
TABLES: Final = (
    "schema_version",
    "span_data",
    "open_data",
    "trace_ranges",
    "point_data",
    "log_data",
    "evaluation_data",
    "journal",
    "rollups",
    "rollup_times",
    "rollup_state",
    "rollup_gone",
)
# The columns of the view ``spans``, and what else OTLP says of a span.
_SPANS: Final = """
SELECT * EXCLUDE (agent_attribute, attributes_0, attributes_1, content, owner)
FROM whole_spans
"""
# By signal: the query, the column of its time, and what the stream is called.
_SIGNALS: Final = {
    "traces": (_SPANS, "start_time", "spans"),
    "metrics": ("SELECT * EXCLUDE (identity, owner) FROM point_data", "time", "metrics"),
    "logs": ("SELECT * EXCLUDE (identity, owner) FROM log_data", "time", "logs"),
}
_TRACE_ID: Final = re.compile(r"[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class Range:
    """Which records: those from ``since`` on, before ``until`` (UTC, without a zone), of one trace or all.

    The time of a span is its start.
    """

    since: datetime | None = None
    until: datetime | None = None
    trace: str | None = None


def records(store: Store, wanted: Range, signal: str = "traces") -> Generator[bytes, None, None]:
    """Yield an Arrow stream of the spans, data points or log records, in the order they arrived.

    Raises:
        QueryError: there is no such trace, or no such signal.
    """
    if signal not in _SIGNALS:
        raise QueryError(f"signal must be one of {', '.join(_SIGNALS)}", kind="bad_request")
    if wanted.trace is not None and signal == "metrics":
        raise QueryError("metrics belong to no trace", kind="bad_request")
    if wanted.trace is not None and not _TRACE_ID.fullmatch(wanted.trace):
        raise QueryError("a trace's id is 32 hexadecimal digits", kind="bad_request")
    query, time, name = _SIGNALS[signal]
    with store.read() as cursor:
        where, given = _where(cursor, wanted, signal, time)
        yield from _stream(cursor, f"{query} WHERE {where}", given, name)


def everything(store: Store) -> Generator[bytes, None, None]:
    """Yield an Arrow stream for each table of the store, one after the other; all are of the same moment."""
    with store.read() as cursor:
        for table in TABLES:
            yield from _stream(cursor, f"SELECT * FROM {table}", {}, table)  # noqa: S608 - written here


def _where(cursor: DuckDBPyConnection, wanted: Range, signal: str, time: str) -> tuple[str, dict[str, Any]]:
    conditions, given = ["true"], dict[str, Any]()
    if wanted.trace is not None:
        conditions.append("trace_id = $trace")
        given["trace"] = wanted.trace.lower()
        if signal == "traces":
            ranges = ranges_of(cursor, [wanted.trace])
            if not ranges:
                raise QueryError(f"there is no trace {wanted.trace}", kind="not_found")
            conditions.append("start_time BETWEEN $began AND $last")
            given |= {"began": ranges[0]["began"], "last": ranges[0]["last"]}
    if wanted.since is not None:
        conditions.append(f"{time} >= $since")
        given["since"] = wanted.since
    if wanted.until is not None:
        conditions.append(f"{time} < $until")
        given["until"] = wanted.until
    return " AND ".join(conditions), given


def _stream(cursor: DuckDBPyConnection, query: str, given: dict[str, Any], name: str) -> Generator[bytes, None, None]:
    batches: pa.RecordBatchReader = cursor.sql(query, params=given).to_arrow_reader(ROWS)
    sink = _Sink()
    with pa.ipc.new_stream(pa.PythonFile(sink, "w"), batches.schema.with_metadata({"table": name})) as writer:
        for batch in batches:
            writer.write_batch(batch)
            yield sink.taken()
    yield sink.taken()


class _Sink:
    """Holds what Arrow wrote until it is taken."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
