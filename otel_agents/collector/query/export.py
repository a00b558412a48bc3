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
SELECT * EXCLUDE (agent_attribute, content, owner) REPLACE (
    CASE
        WHEN content IS NULL THEN attributes
        WHEN attributes = '{}' THEN content
        ELSE (attributes[:-2] || ',' || content[2:])::JSON
    END AS attributes
)
FROM span_data
"""
_TRACE_ID: Final = re.compile(r"[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class Range:
    """Which spans: those that start from ``since`` on, before ``until`` (UTC, without a zone), of one trace or all."""

    since: datetime | None = None
    until: datetime | None = None
    trace: str | None = None


def spans(store: Store, wanted: Range) -> Generator[bytes, None, None]:
    """Yield an Arrow stream of the table ``spans``, in the order the spans arrived.

    Raises:
        QueryError: there is no such trace.
    """
    if wanted.trace is not None and not _TRACE_ID.fullmatch(wanted.trace):
        raise QueryError("a trace's id is 32 hexadecimal digits", kind="bad_request")
    with store.read() as cursor:
        where, given = _where(cursor, wanted)
        yield from _stream(cursor, f"{_SPANS} WHERE {where}", given, "spans")


def everything(store: Store) -> Generator[bytes, None, None]:
    """Yield an Arrow stream for each table of the store, one after the other; all are of the same moment."""
    with store.read() as cursor:
        for table in TABLES:
            yield from _stream(cursor, f"SELECT * FROM {table}", {}, table)  # noqa: S608 - written here


def _where(cursor: DuckDBPyConnection, wanted: Range) -> tuple[str, dict[str, Any]]:
    conditions, given = ["true"], dict[str, Any]()
    if wanted.trace is not None:
        ranges = ranges_of(cursor, [wanted.trace])
        if not ranges:
            raise QueryError(f"there is no trace {wanted.trace}", kind="not_found")
        conditions.append("trace_id = $trace AND start_time BETWEEN $began AND $last")
        given |= {"trace": wanted.trace.lower(), "began": ranges[0]["began"], "last": ranges[0]["last"]}
    if wanted.since is not None:
        conditions.append("start_time >= $since")
        given["since"] = wanted.since
    if wanted.until is not None:
        conditions.append("start_time < $until")
        given["until"] = wanted.until
    return " AND ".join(conditions), given


def _stream(cursor: DuckDBPyConnection, query: str, given: dict[str, Any], name: str) -> Generator[bytes, None, None]:
    batches: pa.RecordBatchReader = cursor.execute(query, given).to_arrow_reader(ROWS)
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
