"""Holds what was acknowledged until it is stored: files to which batches are appended, and synced before the answer.

A sync of the journal takes a millisecond where a commit of the database takes fifty, so senders are answered at once,
and what they sent is stored in large groups. After a crash, what the database does not have is read from here.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import struct
import threading
import zlib
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final

import pyarrow as pa

from otel_agents.collector.handoff import (
    LOGS,
    POINTS,
    SPANS,
    Batch,
    LogBatch,
    OpenBatch,
    PointBatch,
    Report,
    SpanBatch,
)
from otel_agents.errors import CollectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

SEGMENT_BYTES: Final = 64 * 1024 * 1024
_RECORD: Final = struct.Struct("<4sIIQ")  # a mark, the batch's bytes, the CRC-32 of its number and them, its number
_MARK: Final = b"OTAJ"
_OPEN: Final = OpenBatch.__name__
_LOOK: Final = 1 << 20  # bytes looked through at a time for the next record
_SIGNALS: Final = {
    kind.__name__: (kind, schema) for kind, schema in ((SpanBatch, SPANS), (PointBatch, POINTS), (LogBatch, LOGS))
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One batch, or a part of one, which takes no memory until it is asked for.

    Attributes:
        number: rises from batch to batch, also from run to run; once this is stored, all up to it are.
        signal: of what the records are.
        records: how many.
        size: the bytes of the budget that come free once it is stored.
        read: reads what is to be stored.
    """

    number: int
    signal: str
    records: int
    size: int
    read: Callable[[], Batch]

    @property
    def batch(self) -> Batch:
        """What is to be stored.

        Raises:
            OSError, pyarrow.ArrowException: it cannot be read any more.
        """
        return self.read()

    def split(self, records: int) -> tuple[Entry, Entry]:
        """Part it after so many records; only with the second part the batch is stored."""
        size, rest = self.size * records // self.records, self.records - records
        return (
            Entry(self.number - 1, self.signal, records, size, partial(_part, self, 0, records)),
            Entry(self.number, self.signal, rest, self.size - size, partial(_part, self, records, rest)),
        )


def _same(batch: Batch) -> Batch:
    return batch


def _part(entry: Entry, first: int, records: int) -> Batch:
    batch = entry.batch
    return replace(batch, rows=batch.rows.slice(first, records))


class Journal:
    """The journal in a folder. One thread appends; another may read and release.

    Args:
        folder: where its files are; made when missing.
        stored: the number of the last batch the database has.

    Raises:
        CollectorError: the folder cannot be written.
    """

    def __init__(self, folder: Path, *, stored: int, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._stored = stored
        self._segment_bytes = segment_bytes
        self._damaged: set[Path] = set()
        self._lock = threading.Lock()  # of the list of files
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._left = {path: _last_number(path) for path in sorted(folder.glob("*.journal"))}
            self.last = max([stored, *self._left.values()])
            self._begin_segment()
        except OSError as error:
            raise CollectorError(f"cannot write to the journal in {folder}: {error.strerror}") from None

    def _begin_segment(self) -> None:
        self._path = self._folder / f"{self.last + 1:020}.journal"
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._size = 0
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # so that the file's name survives too
        finally:
            os.close(folder)

    def append(self, batches: Sequence[Batch]) -> list[Entry]:
        """Keep batches, all or none; they survive a crash once this returns.

        The entries read them from the file, which the system still has in its memory as long as that is free: however
        many wait, the collector does not grow.

        Raises:
            OSError: they could not be written.
        """
        if self._size >= self._segment_bytes:
            os.close(self._file)
            with self._lock:
                self._left[self._path] = self.last
            self._begin_segment()
        entries = []
        parts: list[bytes | pa.Buffer] = []
        end = self._size
        for number, batch in enumerate(batches, self.last + 1):
            body = _encode(batch)
            read = partial(_read, self._path, end + _RECORD.size, body.size)
            entries.append(Entry(number, batch.signal, batch.records, batch.size, read))
            parts += [_RECORD.pack(_MARK, body.size, _checksum(body, number), number), body]
            end += _RECORD.size + body.size
        try:
            _write_all(self._file, parts)
            getattr(os, "fdatasync", os.fsync)(self._file)  # macOS has only the other
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
                os.lseek(self._file, self._size, os.SEEK_SET)
            raise
        self._size = end
        self.last = entries[-1].number
        return entries

    def release(self, number: int) -> None:
        """Let go of what the database has: everything up to a number."""
        with self._lock:
            self._stored = number
            for path in [path for path, last in self._left.items() if last <= number]:
                if path in self._damaged:
                    path.rename(path.with_suffix(".damaged"))
                else:
                    path.unlink(missing_ok=True)
                del self._left[path]

    def unstored(self) -> Iterator[Entry]:
        """Read what an earlier run acknowledged and did not store, in order."""
        with self._lock:
            paths = list(self._left)
        for path in paths:
            for number, body in _records(path):
                if number > self._stored:
                    try:
                        batch = _decode(body)
                        yield Entry(number, batch.signal, batch.records, batch.size, partial(_same, batch))
                    except (pa.ArrowException, KeyError) as error:
                        self._spare(path, f"batch {number}: {error}")
            for bad in _damages(path):
                self._spare(path, bad)

    def _spare(self, path: Path, why: str) -> None:
        _log.error("The journal %s cannot be read in full (%s); it is kept, as .damaged", path, why)
        self._damaged.add(path)

    def set_aside(self, entry: Entry) -> Path:
        """Write a batch the database does not take into a file of its own, an Arrow stream, and say where it is.

        Raises:
            OSError, pyarrow.ArrowException: it cannot be read, or not be written.
        """
        batch = entry.batch
        name = f"{entry.number:020}-{type(batch).__name__}"
        path = self._folder / f"{name}.arrow"
        while path.exists():  # the part of a batch has the number of the batch before it
            path = path.with_stem(f"{path.stem}-part")
        path.write_bytes(_encode(batch))
        return path

    def close(self) -> None:
        """Close the files, and remove those the database has all of."""
        os.close(self._file)
        self._left[self._path] = self.last
        self.release(self._stored)
        with suppress(OSError):  # something is left
            self._folder.rmdir()


def _encode(batch: Batch) -> pa.Buffer:
    told = {"signal": type(batch).__name__} | ({} if batch.owner is None else {"owner": batch.owner})
    if isinstance(batch, OpenBatch):
        told["report"] = _report_json(batch.report)
    schema = batch.rows.schema.with_metadata(told)
    measure = pa.MockOutputStream()  # a buffer that grows would be up to twice as large as what is in it
    _stream(batch.rows, schema, measure)
    body = pa.allocate_buffer(measure.size())
    _stream(batch.rows, schema, pa.FixedSizeBufferWriter(body))
    return body


def _stream(rows: pa.RecordBatch, schema: pa.Schema, sink: pa.NativeFile) -> None:
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(rows)


def _decode(body: bytes | pa.Buffer) -> Batch:
    reader = pa.ipc.open_stream(body)
    told = {key.decode(): value.decode() for key, value in (reader.schema.metadata or {}).items()}
    signal = told.get("signal", "")
    kind, schema = _SIGNALS[SpanBatch.__name__ if signal == _OPEN else signal]
    rows = reader.read_next_batch()
    columns = rows.columns
    if not rows.schema.equals(schema):  # a version before this one may have written it, with fewer columns
        columns = [
            rows[field.name].cast(field.type) if field.name in rows.schema.names else pa.nulls(len(rows), field.type)
            for field in schema
        ]
    read, owner = pa.RecordBatch.from_arrays(columns, schema=schema), told.get("owner")
    return OpenBatch(read, owner, report=_report(told["report"])) if signal == _OPEN else kind(read, owner)


def _read(path: Path, at: int, size: int) -> Batch:
    """Read what was appended."""
    body = pa.allocate_buffer(size)
    with path.open("rb", buffering=0) as file:
        file.seek(at)
        view = memoryview(body).cast("B")
        while view:
            count = file.readinto(view)
            if not count:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            view = view[count:]
    return _decode(body)


def _report_json(report: Report) -> str:
    ids = {name: sorted(each.hex() for each in getattr(report, name)) for name in ("open", "given_up")}
    return json.dumps({**{each.name: getattr(report, each.name) for each in fields(Report)}, **ids})


def _report(text: str) -> Report:
    said = json.loads(text)
    ids = {name: frozenset(map(bytes.fromhex, said[name])) for name in ("open", "given_up")}
    return Report(**{**said, **ids})


def _write_all(file: int, parts: list[bytes | pa.Buffer]) -> None:
    for at in range(0, len(parts), 512):  # no more than a system takes at once
        data = b"".join(parts[at : at + 512])
        view = memoryview(data)
        while view:
            written = os.write(file, view)
            if not written:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            view = view[written:]


def _records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Read the numbers and batches of a file, around what is damaged."""
    for found in _pieces(path):
        if isinstance(found, tuple):
            yield found


def _damages(path: Path) -> list[str]:
    """Say what of a file cannot be read; a record at the end that was never finished was not acknowledged."""
    found = [piece for piece in _pieces(path) if isinstance(piece, range)]
    if found and found[-1].stop == path.stat().st_size and not _holds_mark(path, found[-1]):
        found.pop()
    return [f"{len(bad):,} bytes from byte {bad.start:,} on" for bad in found]


def _holds_mark(path: Path, where: range) -> bool:
    """Whether another record begins behind the beginning of a stretch, or something is there that never was one."""
    with path.open("rb") as file:
        file.seek(where.start)
        content = file.read(len(where))
    return _MARK in content[1:] or not _MARK.startswith(content[: len(_MARK)])


def _pieces(path: Path) -> Iterator[tuple[int, bytes] | range]:
    """Read a file as whole records, in order, and the stretches of bytes that are none."""
    with path.open("rb") as file:
        at = bad = 0
        while True:
            file.seek(at)
            record = _next_record(file)
            if record is not None:
                if bad < at:
                    yield range(bad, at)
                yield record
                at = bad = file.tell()
                continue
            found = _find_mark(file, at + 1)
            if found is None:
                end = file.seek(0, os.SEEK_END)
                if bad < end:
                    yield range(bad, end)
                return
            at = found


def _find_mark(file: BinaryIO, at: int) -> int | None:
    """Where the next record may begin, from a byte on."""
    overlap = len(_MARK) - 1
    file.seek(at)
    content = file.read(_LOOK)
    while content:
        found = content.find(_MARK)
        if found >= 0:
            return at + found
        if len(content) <= overlap:
            return None
        at += len(content) - overlap
        file.seek(at)
        content = file.read(_LOOK)
    return None


def _checksum(body: bytes | pa.Buffer, number: int) -> int:
    return zlib.crc32(body, zlib.crc32(number.to_bytes(8, "little")))


def _next_record(file: BinaryIO) -> tuple[int, bytes] | None:
    head = file.read(_RECORD.size)
    if len(head) < _RECORD.size:
        return None
    mark, size, checksum, number = _RECORD.unpack(head)
    if mark != _MARK:
        return None
    body = file.read(size)
    return (number, body) if len(body) == size and _checksum(body, number) == checksum else None


def _last_number(path: Path) -> int:
    return max((number for number, _ in _records(path)), default=0)
