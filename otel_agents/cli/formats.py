"""The files records are exported to and imported from: Parquet, CSV, and OTLP's JSON, a request a line."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from otel_agents.cli import otlp_logs, otlp_points, otlp_rows
from otel_agents.errors import CollectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa

REQUEST: Final = 500  # records in one request
PATHS: Final = {"resourceSpans": "/v1/traces", "resourceMetrics": "/v1/metrics", "resourceLogs": "/v1/logs"}
# By signal: a column that it alone has, what makes a request, and where that is sent.
_SIGNALS: Final[dict[str, tuple[str, Callable[[list[dict[str, Any]]], dict[str, Any]], str]]] = {
    "traces": ("parent_span_id", otlp_rows.request, "/v1/traces"),
    "metrics": ("bucket_counts", otlp_points.request, "/v1/metrics"),
    "logs": ("body_kind", otlp_logs.request, "/v1/logs"),
}
SUFFIXES: Final = {".parquet": "parquet", ".csv": "csv", ".json": "otlp-json", ".jsonl": "otlp-json"}
# A spreadsheet would run what begins so; and what begins with the mark itself must be told from it.
_MARKED: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_LONGEST_CELL: Final = 1 << 30


def write_parquet(batches: pa.RecordBatchReader, out: BinaryIO) -> int:
    """Write a Parquet file; return how many rows."""
    import pyarrow.parquet as pq  # commands start without it

    schema = _plain(batches.schema)
    rows = 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema))
            rows += batch.num_rows
    return rows


def write_csv(batches: pa.RecordBatchReader, out: BinaryIO) -> int:
    """Write CSV (RFC 4180), UTF-8; a text a spreadsheet would take for a formula gets an apostrophe. NULL is empty."""
    text = io.TextIOWrapper(out, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(batches.schema.names)
    rows = 0
    for batch in batches:
        writer.writerows([_cell(value) for value in row.values()] for row in batch.to_pylist())
        rows += batch.num_rows
    text.detach()
    return rows


def write_otlp_json(batches: pa.RecordBatchReader, out: BinaryIO) -> int:
    """Write a request of OTLP's JSON a line, as OpenTelemetry's file exporter does."""
    rows = 0
    make = _SIGNALS[_signal(batches.schema.names)][1]
    for batch in batches:
        for start in range(0, batch.num_rows, REQUEST):
            request = make(batch.slice(start, REQUEST).to_pylist())
            out.write(json.dumps(request, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")
        rows += batch.num_rows
    return rows


WRITERS: Final[dict[str, Callable[[pa.RecordBatchReader, BinaryIO], int]]] = {
    "parquet": write_parquet,
    "otlp-json": write_otlp_json,
    "csv": write_csv,
}


def read(path: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Read a file as OTLP requests: where each is sent to, and its JSON.

    Raises:
        CollectorError: it is no such file.
    """
    try:
        if name == "otlp-json":
            yield from _read_otlp_json(path)
            return
        rows: list[dict[str, Any]] = []
        _, make, to = _SIGNALS["traces"]
        for row in _read_parquet(path) if name == "parquet" else _read_csv(path):
            if not rows:
                _, make, to = _SIGNALS[_signal(row)]
            rows.append(row)
            if len(rows) == REQUEST:
                yield to, json.dumps(make(rows)).encode()
                rows = []
        if rows:
            yield to, json.dumps(make(rows)).encode()
    except OSError as error:
        raise CollectorError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        raise CollectorError(f"{path} holds nothing exported as {name}: {error}") from None


def _signal(columns: Iterable[str]) -> str:
    """Which signal has such columns."""
    given = set(columns)
    for signal, (own, _, _) in _SIGNALS.items():
        if own in given:
            return signal
    raise ValueError("it has the columns of no signal")


def _read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq  # commands start without it

    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        wanted = list(otlp_rows.COLUMNS) if _signal(names) == "traces" else names
        for batch in file.iter_batches(batch_size=REQUEST, columns=wanted):
            yield from batch.to_pylist()


def _read_csv(path: Path) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names = list(reader.fieldnames or ())
        if _signal(names) == "traces":
            names = list(otlp_rows.COLUMNS)
        for row in reader:
            yield {name: _read_cell(name, row[name]) for name in names}


# What the cells of a column are that are no texts.
_TIMES: Final = frozenset(("start_time", "end_time", "time", "observed_time"))
_WHOLE: Final = otlp_rows.WHOLE | {
    "start_nanos",
    "time_nanos",
    "observed_nanos",
    "integer_value",
    "count",
    "severity_number",
}
_NUMBERS: Final = frozenset(("duration_ms", "value", "sum", "min", "max"))
_FLAGS: Final = frozenset(("monotonic", "has_time"))
_NESTED: Final = frozenset(("bounds", "bucket_counts", "exponential", "quantiles"))


def _read_cell(name: str, cell: str) -> Any:
    text = cell.removeprefix("'")
    if not text:
        return None
    if name in _TIMES:
        return datetime.fromisoformat(text)
    if name in _WHOLE:
        return int(text)
    if name in _NUMBERS:
        return float(text)
    if name in _FLAGS:
        return text == "True"
    return json.loads(text) if name in _NESTED else text


def _read_otlp_json(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as file:
        for number, line in enumerate(file):
            try:
                sent = json.loads(line) if line.strip() else None
            except ValueError:
                if number:
                    raise
                sent = json.loads(line + file.read())  # one request, over several lines
            if sent is not None:
                (path_,) = {PATHS[key] for key in sent}
                yield path_, json.dumps(sent).encode()


def _plain(schema: pa.Schema) -> pa.Schema:
    """JSON as text: not every reader of Parquet knows the type."""
    import pyarrow as pa

    return pa.schema(
        [pa.field(f.name, f.type.storage_type if isinstance(f.type, pa.BaseExtensionType) else f.type) for f in schema]
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat(timespec="microseconds")
    if isinstance(value, (int, float)):
        return repr(value)
    text = json.dumps(value) if isinstance(value, (list, dict)) else str(value)
    return f"'{text}" if text.startswith(_MARKED) else text
