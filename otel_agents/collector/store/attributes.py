"""The attributes of many spans as one long column of pairs, grouped by key without looking at each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

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
    """Attributes of spans; of a key that a span has twice only the last value counts.

    Args:
        lists: for each span a list of ``handoff.ATTRIBUTE``.

    Attributes:
        names: the keys that occur.
    """

    def __init__(self, lists: pa.ListArray) -> None:
        self._read(lists)
        owners, codes = self._owners.take(self._order), self._codes.take(self._order)
        repeated = pc.and_(pc.equal(owners[1:], owners[:-1]), pc.equal(codes[1:], codes[:-1]))
        if pc.any(repeated).as_py():  # OTLP forbids it, and programs do it
            last = pc.invert(pa.concat_arrays([repeated, pa.array([False])]))
            self._read(self._only(pa.array(sorted(self._order.filter(last).to_pylist()), pa.int64())))

    def _read(self, lists: pa.ListArray) -> None:
        self._lists = lists
        self._pairs = lists.flatten()
        keys = self._pairs.field("key").dictionary_encode()
        self.names: list[str] = keys.dictionary.to_pylist()
        self._codes = keys.indices
        self._owners = pc.list_parent_indices(lists).cast(pa.int32())
        # Positions of the pairs, those of one key together, in the order of their spans.
        self._order = pc.array_sort_indices(self._codes)

    def _only(self, positions: pa.Array) -> pa.ListArray:
        kept = pc.is_in(pa.array(range(len(self._pairs)), pa.int64()), positions)
        return pa.ListArray.from_arrays(self._offsets(kept), self._pairs.filter(kept))

    def _offsets(self, kept: pa.Array) -> pa.Array:
        """Where each span's pairs begin when only these are kept."""
        before = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(kept.cast(pa.int32()))])
        return before.take(self._lists.offsets)

    def pair_texts(self, connection: duckdb.DuckDBPyConnection) -> pa.Array:
        """Write each pair as JSON: ``"key":value``."""
        prefixes = pa.array([json.dumps(name, ensure_ascii=False) + ":" for name in self.names], pa.string())
        prefix = pa.DictionaryArray.from_arrays(self._codes, prefixes)
        flat = pa.table([prefix, *(self._pairs.field(v) for v in VARIANTS)], names=["prefix", *VARIANTS])
        connection.register("flat", flat)
        try:
            return connection.sql(_PAIRS).to_arrow_table()["pair"].combine_chunks()
        finally:
            connection.unregister("flat")

    def objects(self, texts: pa.Array, wanted: list[bool]) -> pa.Array:
        """Join the pairs of each span to a JSON object; ``wanted`` says of each of ``names`` whether it is in it."""
        kept = pa.array(wanted, pa.bool_()).take(self._codes)
        joined = pc.binary_join(pa.ListArray.from_arrays(self._offsets(kept), texts.filter(kept)), ",")
        return pc.binary_join_element_wise("{", joined, "}", "")

    def columns(self, wanted: frozenset[str]) -> Iterator[tuple[str, str, pa.Array]]:
        """Yield name, variant and values, one for each span, of the wanted keys in the variants they occur in."""
        variant = pc.case_when(
            pc.make_struct(*(self._pairs.field(v).is_valid() for v in VARIANTS)),
            *(pa.scalar(number, pa.int8()) for number in range(len(VARIANTS))),
        )
        runs = pc.run_end_encode(self._codes.take(self._order))
        start = 0
        for code, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            if self.names[code] in wanted:
                positions = self._order[start:end]
                owners = self._owners.take(positions)
                places = positions.take(pc.inverse_permutation(owners, max_index=len(self._lists) - 1))
                for number in pc.unique(variant.take(positions)).to_pylist():
                    values = self._pairs.field(VARIANTS[number]).take(places)
                    yield self.names[code], VARIANTS[number], values
            start = end
