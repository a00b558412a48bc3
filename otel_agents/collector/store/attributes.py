"""The attributes of many records as one long column of codes, grouped by key without looking at each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.handoff import ATTRIBUTE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

VARIANTS: Final = ("text", "flag", "integer", "number", "json")

# JSON has no NaN and no infinity; protobuf's JSON mapping writes them as texts.
NUMBER_JSON: Final = """CASE
    WHEN isfinite({0}) THEN to_json({0})::VARCHAR
    WHEN isnan({0}) THEN '"NaN"'
    WHEN {0} > 0 THEN '"Infinity"'
    WHEN {0} < 0 THEN '"-Infinity"' END"""

_PAIRS: Final = f"""
SELECT prefix || CASE
    WHEN text IS NOT NULL THEN to_json(text)::VARCHAR
    WHEN integer IS NOT NULL THEN integer::VARCHAR
    WHEN flag IS NOT NULL THEN flag::VARCHAR
    WHEN number IS NOT NULL THEN {NUMBER_JSON.format("number")}
    ELSE json END AS pair
FROM flat
"""  # noqa: S608 - all of it is written here


class Attributes:
    """Attributes of records; of a key that a record has twice only the last value counts.

    Args:
        lists: for each record ``handoff.ATTRIBUTES``, of any number of requests.

    Attributes:
        names: the keys that occur.
    """

    def __init__(self, lists: pa.ChunkedArray) -> None:
        self._offsets, self._codes, self._pool = _joined(lists)
        keys = self._pool.field("key").dictionary_encode()
        self.names: list[str] = keys.dictionary.to_pylist()
        self._key_of = keys.indices  # of each in the pool
        self._group()
        keys_, owners = self._keys, self._owners
        repeated = pc.and_(pc.equal(owners[1:], owners[:-1]), pc.equal(keys_[1:], keys_[:-1]))
        if pc.any(repeated).as_py():  # OTLP forbids it, and programs do it
            last = pc.invert(pa.concat_arrays([repeated, pa.array([False])]))
            kept = pc.is_in(pa.array(range(len(self._codes)), pa.int64()), self._order.cast(pa.int64()).filter(last))
            self._offsets, self._codes = self._only(kept)
            self._group()

    def _group(self) -> None:
        """Put those of one key together, in the order of their records: positions, keys and whose they are."""
        keys = self._key_of.take(self._codes)
        owners = pc.list_parent_indices(pa.ListArray.from_arrays(self._offsets, self._codes))
        self._order = pc.array_sort_indices(keys)
        self._keys, self._owners = keys.take(self._order), owners.take(self._order)

    def _only(self, kept: pa.BooleanArray) -> tuple[pa.Array, pa.Array]:
        """Where each record's attributes begin, and what they are, when only these are kept."""
        before = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(kept.cast(pa.int32()))])
        return before.take(self._offsets), self._codes.filter(kept)

    def pair_texts(self, connection: duckdb.DuckDBPyConnection) -> pa.Array:
        """Write each different attribute as JSON: ``"key":value``."""
        prefixes = pa.array([json.dumps(name, ensure_ascii=False) + ":" for name in self.names], pa.string())
        prefix = pa.DictionaryArray.from_arrays(self._key_of, prefixes)
        flat = pa.table([prefix, *(self._pool.field(v) for v in VARIANTS)], names=["prefix", *VARIANTS])
        connection.register("flat", flat)
        try:
            return connection.sql(_PAIRS).to_arrow_table()["pair"].combine_chunks()
        finally:
            connection.unregister("flat")

    def objects(self, texts: pa.Array, wanted: list[bool]) -> pa.Array:
        """Join the attributes of each record to a JSON object.

        Args:
            texts: what ``pair_texts`` gave.
            wanted: of each of ``names``, whether it is in it.
        """
        if not any(wanted):
            return pa.nulls(len(self._offsets) - 1, pa.string()).fill_null("{}")
        offsets, codes = self._offsets, self._codes
        if not all(wanted):
            offsets, codes = self._only(pa.array(wanted, pa.bool_()).take(self._key_of).take(codes))
        joined = pc.binary_join(pa.ListArray.from_arrays(offsets, texts.take(codes)), ",")
        return pc.binary_join_element_wise("{", joined, "}", "")

    def columns(self, wanted: frozenset[str]) -> Iterator[tuple[str, str, pa.Array]]:
        """Yield name, variant and values, one for each record, of the wanted keys in the variants they occur in."""
        variant = pc.case_when(
            pc.make_struct(*(self._pool.field(v).is_valid() for v in VARIANTS)),
            *(pa.scalar(number, pa.int8()) for number in range(len(VARIANTS))),
        )
        runs = pc.run_end_encode(self._keys)
        start = 0
        for key, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            if self.names[key] in wanted:
                codes = self._codes.take(self._order[start:end])
                numbers = pc.unique(variant.take(codes)).to_pylist()
                if end - start < len(self._offsets) - 1:  # not every record has it
                    owners = self._owners[start:end].cast(pa.int32())
                    codes = codes.take(pc.inverse_permutation(owners, max_index=len(self._offsets) - 2))
                for number in numbers:
                    yield self.names[key], VARIANTS[number], self._pool.field(VARIANTS[number]).take(codes)
            start = end


def texts_of(lists: pa.ChunkedArray, key: str) -> dict[int, str | None]:
    """Find the records with an attribute, by their positions; its text, None where it is none."""
    if not any(pc.index(chunk.values.dictionary.field("key"), key).as_py() >= 0 for chunk in lists.chunks):
        return {}  # as nearly always, and then they need not be joined
    offsets, codes, pool = _joined(lists)
    is_wanted = pc.equal(pool.field("key"), key)
    wanted = is_wanted.take(codes)
    rows = pc.list_parent_indices(pa.ListArray.from_arrays(offsets, codes)).filter(wanted)
    return dict(zip(rows.to_pylist(), pool.field("text").take(codes.filter(wanted)).to_pylist(), strict=True))


def from_python(lists: list[list[dict[str, Any]]]) -> pa.ListArray:
    """Make ``handoff.ATTRIBUTES`` of plain values, each attribute an object with the names of ``handoff.ATTRIBUTE``."""
    plain = pa.array(lists, pa.list_(ATTRIBUTE))
    codes = pa.array(range(len(plain.values)), pa.int32())
    return pa.ListArray.from_arrays(plain.offsets, pa.DictionaryArray.from_arrays(codes, plain.values))


def _joined(lists: pa.ChunkedArray) -> tuple[pa.Array, pa.Array, pa.StructArray]:
    """Join the pools of several requests: where each record's codes begin, the codes, and what they stand for."""
    offsets, codes, pools = [pa.array([0], pa.int32())], [], []
    number = size = 0
    for chunk in lists.chunks:
        values = chunk.flatten()
        lengths = pc.cumulative_sum(chunk.value_lengths())
        offsets.append(pc.add(lengths, pa.scalar(number, pa.int32())))
        codes.append(pc.add(values.indices, pa.scalar(size, pa.int32())))
        pools.append(values.dictionary)
        number += len(values)
        size += len(values.dictionary)
    if not pools:
        return offsets[0], pa.array([], pa.int32()), pa.array([], ATTRIBUTE)
    return pa.concat_arrays(offsets), pa.concat_arrays(codes), pa.concat_arrays(pools)
