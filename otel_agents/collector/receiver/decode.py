"""What the decoders of all signals share: values, attributes, resources and scopes, and what is refused and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.handoff import ATTRIBUTE, VALUE, Batch
from otel_agents.collector.receiver import values
from otel_agents.collector.receiver.status import UndecodableError
from otel_agents.collector.receiver.wire import read_attributes, read_values

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Sequence

# Scalars with a type: guessing the type of a Python value takes longer than what most kernels do with it.
EMPTY: Final = pa.scalar(b"", pa.binary())
ZERO: Final = pa.scalar(0, pa.int32())
_LENGTHS: Final = {length: pa.scalar(length, pa.int32()) for length in (8, 16)}
ZEROS: Final = {length: pa.scalar(bytes(length), pa.binary()) for length in _LENGTHS}

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
    return pc.and_(pc.equal(pc.binary_length(ids), _LENGTHS[length]), pc.not_equal(ids, ZEROS[length]))


def text(raw: pa.Array) -> pa.Array:
    """Read bytes as texts."""
    try:
        return raw.cast(pa.string())
    except pa.ArrowInvalid:  # not UTF-8: what is wrong is shown as U+FFFD, and the rest can be read
        return pa.array([None if b is None else b.decode(errors="replace") for b in raw.to_pylist()], pa.string())


def attributes(lists: pa.ListArray, faults: Faults) -> pa.ListArray:
    """Read the encoded attributes of each row into ``handoff.ATTRIBUTES``, each different one once.

    Raises:
        UndecodableError: one of them is no attribute.
    """
    sent = lists.flatten().dictionary_encode()
    pairs = _readable(read_attributes, sent.dictionary)
    read, unread = _plain(pairs.field("value"), sent.dictionary, values.attribute_json)
    if len(unread):
        is_unread = pc.is_in(sent.indices, value_set=unread)
        for row in pc.list_parent_indices(lists).filter(is_unread).to_pylist():
            faults.refuse(row)
    pool = pa.StructArray.from_arrays([text(pairs.field("key")), *read], fields=list(ATTRIBUTE))
    return pa.ListArray.from_arrays(lists.offsets, pa.DictionaryArray.from_arrays(sent.indices, pool))


def plain_values(encoded: pa.BinaryArray, faults: Faults) -> pa.StructArray:
    """Read the encoded values of each row into ``handoff.VALUE``; null stays null.

    Raises:
        UndecodableError: one of them is no value.
    """
    read, unread = _plain(_readable(read_values, encoded), encoded, values.value_json)
    for row in unread.to_pylist():
        faults.refuse(row)
    return pc.if_else(encoded.is_valid(), pa.StructArray.from_arrays(read, fields=list(VALUE)), None)


def _plain(
    value: pa.StructArray, encoded: pa.BinaryArray, read: Callable[[bytes], str]
) -> tuple[list[pa.Array], pa.Int32Array]:
    """Give the columns of ``handoff.VALUE``, and the positions of what cannot be read."""
    scalars = [text(value.field("text")), value.field("flag"), value.field("integer"), value.field("number")]
    is_scalar = scalars[0].is_valid()
    for scalar in scalars[1:]:
        is_scalar = pc.or_(is_scalar, scalar.is_valid())
    others = pc.indices_nonzero(pc.and_(pc.invert(is_scalar), encoded.is_valid())).cast(pa.int32())
    if not len(others):
        return [*scalars, pa.nulls(len(value), pa.string())], others
    json = pa.array([_try(read, item) for item in encoded.take(others).to_pylist()], pa.string())
    unread = others.filter(json.is_null())
    return [*scalars, json.take(pc.inverse_permutation(others, max_index=len(value) - 1))], unread


def _readable(read: Callable[[pa.BinaryArray], pa.StructArray], encoded: pa.BinaryArray) -> pa.StructArray:
    try:
        return read(encoded)
    except ValueError as error:
        raise UndecodableError(str(error)) from None


def _try(read: Callable[[bytes], str], encoded: bytes) -> str | None:
    try:
        return read(encoded)
    except values.UnreadableValueError:
        return None


def read_lists(
    read: Callable[[list[bytes]], tuple[str | None, ...]], lists: pa.ListArray, width: int, faults: Faults
) -> list[pa.Array]:
    """Read one list of messages a row into ``width`` columns of texts; most rows have none, which are null then."""
    if not len(lists.flatten()):
        return [pa.nulls(len(lists), pa.string())] * width
    nothing: tuple[str | None, ...] = (None,) * width
    written = [nothing] * len(lists)
    for row in pc.indices_nonzero(lists.value_lengths()).to_pylist():
        try:
            written[row] = read(lists[row].as_py())
        except values.UnreadableValueError:
            faults.refuse(row)
    return columns(written, width)


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
