"""Lays spans out for the store: attributes as JSON text, and a column for each that a column of spans is read from.

The work is done on whole columns, by Arrow and DuckDB, without the GIL.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.store import columns

if TYPE_CHECKING:
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


def lay_out(spans: pa.Table, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Replace the column ``attributes`` of a table of ``handoff.SPANS``.

    Returns:
        The other columns; ``attributes`` and ``content`` as JSON text; for each key in ``columns.READ`` that occurs, a
        column ``key|variant`` for each variant (``VARIANTS``) it occurs in.
    """
    lists = spans["attributes"].combine_chunks()
    spans = spans.drop_columns("attributes")
    lists = _last_of_each_key(lists)
    pairs = lists.flatten()
    keys = pairs.field("key").dictionary_encode()
    names = keys.dictionary.to_pylist()

    content = pa.array([columns.is_content(name) for name in names], pa.bool_()).take(keys.indices)
    texts = _pair_texts(pairs, keys, connection)
    spans = spans.append_column("attributes", _objects(lists, texts, pc.invert(content)))
    spans = spans.append_column("content", _objects(lists, texts, content, empty=None))

    owners = pc.list_parent_indices(lists).cast(pa.int32())
    for code, name in enumerate(names):
        if name in columns.READ:
            at = pc.indices_nonzero(pc.equal(keys.indices, code))
            place = pc.inverse_permutation(owners.take(at), max_index=len(lists) - 1)
            for variant in VARIANTS:
                found = pairs.field(variant).take(at)
                if found.null_count < len(found):
                    spans = spans.append_column(f"{name}|{variant}", found.take(place))
    return spans


def _pair_texts(pairs: pa.StructArray, keys: pa.DictionaryArray, connection: duckdb.DuckDBPyConnection) -> pa.Array:
    prefixes = pa.array([json.dumps(key, ensure_ascii=False) + ":" for key in keys.dictionary.to_pylist()], pa.string())
    prefix = pa.DictionaryArray.from_arrays(keys.indices, prefixes)
    flat = pa.table([prefix, *(pairs.field(v) for v in VARIANTS)], names=["prefix", *VARIANTS])
    connection.register("flat", flat)
    try:
        return connection.sql(_PAIRS).to_arrow_table()["pair"].combine_chunks()
    finally:
        connection.unregister("flat")


def _objects(lists: pa.ListArray, texts: pa.Array, wanted: pa.Array, empty: str | None = "{}") -> pa.Array:
    """Join the wanted pairs of each span to the text of a JSON object."""
    before = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(wanted.cast(pa.int32()))])
    offsets = before.take(lists.offsets)
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, texts.filter(wanted)), ",")
    objects = pc.binary_join_element_wise("{", joined, "}", "")
    if empty is not None:
        return objects
    return pc.if_else(pc.equal(joined, ""), None, objects)


def _last_of_each_key(lists: pa.ListArray) -> pa.ListArray:
    """Drop all but the last of attributes with the same key; OTLP forbids them, and programs send them."""
    pairs = lists.flatten()
    keys = pairs.field("key").dictionary_encode()
    identity = pc.add(pc.multiply(pc.list_parent_indices(lists), len(keys.dictionary)), keys.indices)
    if pc.count_distinct(identity).as_py() == len(pairs):
        return lists
    last = (
        pa.table({"identity": identity, "at": pa.array(range(len(pairs)))})
        .group_by("identity")
        .aggregate([("at", "max")])
    )
    keep = pc.is_in(pa.array(range(len(pairs))), last["at_max"])
    before = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(keep.cast(pa.int32()))])
    return pa.ListArray.from_arrays(before.take(lists.offsets), pairs.filter(keep))
