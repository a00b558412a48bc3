"""The files spans are exported to and imported from: Parquet, CSV, and OTLP's JSON, a request a line."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from otel_agents.cli import otlp_rows
from otel_agents.errors import CollectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pyarrow as pa

REQUEST: Final = 500  # spans in one request
PATHS: Final = {"resourceSpans": "/v1/traces", "resourceMetrics": "/v1/metrics", "resourceLogs": "/v1/logs"}
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
    for batch in batches:
        for start in range(0, batch.num_rows, REQUEST):
            request = otlp_rows.request(batch.slice(start, REQUEST).to_pylist())
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
        for row in _read_parquet(path) if name == "parquet" else _read_csv(path):
            rows.append(row)
            if len(rows) == REQUEST:
                yield PATHS["resourceSpans"], json.dumps(otlp_rows.request(rows)).encode()
                rows = []
        if rows:
            yield PATHS["resourceSpans"], json.dumps(otlp_rows.request(rows)).encode()
    except OSError as error:
        raise CollectorError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        raise CollectorError(f"{path} holds no exported spans as {name}: {error}") from None


def _read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq  # commands start without it

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=REQUEST, columns=list(otlp_rows.COLUMNS)):
            yield from batch.to_pylist()


def _read_csv(path: Path) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cells = {name: row[name].removeprefix("'") or None for name in otlp_rows.COLUMNS}
            times = {
                name: None if (text := cells[name]) is None else datetime.fromisoformat(text)
                for name in ("start_time", "end_time")
            }
            numbers = {name: int(text) if (text := cells[name]) else None for name in otlp_rows.WHOLE}
            yield {**cells, **times, **numbers, "duration_ms": float(cells["duration_ms"] or 0)}


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
    text = str(value)
    return f"'{text}" if text.startswith(_MARKED) else text
