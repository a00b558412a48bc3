"""What the decoders of all signals share: values, attributes, resources and scopes, and what is refused and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.handoff import ATTRIBUTE, VALUE, Batch
from otel_agents.collector.receiver import values

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Sequence

BAD_VALUE = "a value that cannot be read: not protobuf, not UTF-8 or nested too deep"

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a request holds: the records to store, and how many were refused for which reason."""

    batch: Batch
    refused: Counter[str]

    @property
    def message(self) -> str:
        """What to tell the sender about refused records; "" when there are none."""
        return "; ".join(f"{count} refused with {reason}" for reason, count in self.refused.most_common())


class Faults(dict[int, str]):
    """Which rows are refused, each with the first reason found."""

    def refuse(self, row: int, reason: str = BAD_VALUE) -> None:
        """Refuse one row."""
        self.setdefault(row, reason)

    def refuse_unless(self, good: pa.Array, reason: str = BAD_VALUE) -> None:
        """Refuse the rows for which ``good`` is false."""
        for row in pc.indices_nonzero(pc.invert(good)).to_pylist():
            self.refuse(row, reason)

    def sort_out(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Leave out the rows that are refused."""
        if not self:
            return rows
        return rows.take(pa.array([row for row in range(rows.num_rows) if row not in self], pa.int64()))


def is_id(ids: pa.Array, length: int) -> pa.Array:
    """Whether ids are as long as they must be, and not zero."""
    return pc.and_(pc.equal(pc.binary_length(ids), length), pc.not_equal(ids, bytes(length)))


def text(raw: pa.Array) -> pa.Array:
    """Read bytes as texts."""
    try:
        return raw.cast(pa.string())
    except pa.ArrowInvalid:  # not UTF-8: what is wrong is shown as U+FFFD, and the rest can be read
        return pa.array([None if b is None else b.decode(errors="replace") for b in raw.to_pylist()], pa.string())


def attributes(lists: pa.ListArray, faults: Faults) -> pa.ListArray:
    """Read the attributes of each row into a list of ``handoff.ATTRIBUTE``."""
    pairs = lists.flatten()
    read = plain_values(pairs.field("value"), pc.list_parent_indices(lists), faults)
    pair = pa.StructArray.from_arrays([text(pairs.field("key")), *read.flatten()], fields=list(ATTRIBUTE))
    return pa.ListArray.from_arrays(lists.offsets, pair)


def plain_values(value: pa.StructArray, owners: pa.Array, faults: Faults) -> pa.StructArray:
    """Read values, absent ones as JSON's null, into ``handoff.VALUE``; ``owners`` says whose row each is."""
    as_text, flag = text(value.field("text")), value.field("flag")
    integer, number = value.field("integer"), value.field("number")
    scalar = pc.or_(pc.or_(as_text.is_valid(), flag.is_valid()), pc.or_(integer.is_valid(), number.is_valid()))
    json = pc.if_else(scalar, None, "null")
    for name, read in (("list", values.list_json), ("map", values.map_json), ("bytes", values.bytes_json)):
        encoded = value.field(name).dictionary_encode()  # short lists repeat all the time: finish reasons, tags
        if len(encoded.dictionary):
            written = pa.array([_try(read, item) for item in encoded.dictionary.to_pylist()], pa.string())
            found = written.take(encoded.indices)
            unread = pc.and_(encoded.is_valid(), found.is_null())
            for row in owners.filter(unread).to_pylist():
                faults.refuse(row)
            json = pc.coalesce(found, json)
    return pa.StructArray.from_arrays([as_text, flag, integer, number, json], fields=list(VALUE))


def _try(read: Callable[[bytes], str], encoded: bytes) -> str | None:
    try:
        return read(encoded)
    except values.UnreadableValueError:
        return None


def read_lists(read: Callable[[list[bytes]], R], lists: pa.ListArray, faults: Faults) -> list[R]:
    """Read one list of messages a row; most have none."""
    empty = read([])
    written = [empty] * len(lists)
    for row in pc.indices_nonzero(pc.fill_null(lists.value_lengths(), 0)).to_pylist():
        try:
            written[row] = read(lists[row].as_py())
        except values.UnreadableValueError:
            faults.refuse(row)
    return written


def read_shared(read: Callable[..., R], encoded: Sequence[pa.Array], owner: pa.Array, faults: Faults) -> list[R]:
    """Read messages, and texts beside them, that many rows share; ``owner`` tells which one a row belongs to."""
    written = []
    for index, parts in enumerate(zip(*(each.to_pylist() for each in encoded), strict=True)):
        try:
            written.append(read(*(part or b"" for part in parts)))
        except values.UnreadableValueError:
            written.append(read(*(b"" for _ in parts)))
            faults.refuse_unless(pc.not_equal(owner, index))
    return written


def columns(rows: Iterable[tuple[str | None, ...]], width: int) -> list[pa.Array]:
    """Turn rows of texts into columns."""
    rows = list(rows)
    return [pa.array([row[i] for row in rows], pa.string()) for i in range(width)]
