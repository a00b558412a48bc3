"""Lays spans out for the store: attributes as JSON, and a column for each attribute that a column is read from.

The work is done on whole columns, by Arrow and DuckDB, without the GIL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.store import columns
from otel_agents.collector.store.attributes import Attributes

if TYPE_CHECKING:
    import duckdb

PIECE: Final = 16_384  # spans that are laid out at a time: what is made on the way need not have room for all of them
_JSON: Final = pa.json_(pa.string())  # DuckDB takes it as JSON and does not parse it again
_WRITTEN_AS_JSON: Final = frozenset(("resource", "scope", "events", "links"))


def lay_out(spans: list[pa.RecordBatch], connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Replace the column ``attributes`` of spans in the columns of ``handoff.SPANS``.

    Args:
        spans: of any number; the list is empty afterwards, as what is laid out is let go of.
        connection: a connection to work with.

    Returns:
        The other columns; those of ``columns.GROUPS`` and ``content`` as JSON; for each key in ``columns.READ`` that
        occurs, a column ``key|variant`` for each variant (``attributes.VARIANTS``) it occurs in. All in one chunk:
        DuckDB makes row groups of their own of several.
    """
    pieces, lengths = [], []
    spans.reverse()
    while spans:
        piece = pa.Table.from_batches(_next_piece(spans))
        lengths.append(piece.num_rows)
        pieces.append(_lay_out(piece, connection))
        del piece  # before the next is made
    laid_out: dict[str, pa.Array] = {}
    for name in dict.fromkeys(name for piece in pieces for name in piece):
        kind = next(piece[name].type for piece in pieces if name in piece)
        # Taken away one by one, so that the columns are not in memory twice.
        parts = [piece.pop(name, None) for piece in pieces]
        laid_out[name] = pa.concat_arrays(
            [pa.nulls(length, kind) if part is None else part for part, length in zip(parts, lengths, strict=True)]
        )
    return pa.table(laid_out)


def _next_piece(spans: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """Take from the end of a list."""
    piece = [spans.pop()]
    while spans and sum(map(len, piece)) + len(spans[-1]) <= PIECE:
        piece.append(spans.pop())
    return piece


def _lay_out(spans: pa.Table, connection: duckdb.DuckDBPyConnection) -> dict[str, pa.Array]:
    attributes = Attributes(spans["attributes"])
    texts = attributes.pair_texts(connection)
    is_content = [columns.is_content(name) for name in attributes.names]
    content = attributes.objects(texts, is_content)
    laid_out = {name: spans[name].combine_chunks() for name in spans.column_names if name != "attributes"}
    for name in _WRITTEN_AS_JSON:
        laid_out[name] = _json(laid_out[name])
    groups = [None if long else columns.group(name) for name, long in zip(attributes.names, is_content, strict=True)]
    for name in columns.GROUPS:
        laid_out[name] = _json(attributes.objects(texts, [group == name for group in groups]))
    laid_out["content"] = _json(pc.if_else(pc.equal(content, "{}"), None, content))
    for name, variant, values in attributes.columns(columns.READ):
        laid_out[f"{name}|{variant}"] = values
    return laid_out


def _json(texts: pa.Array) -> pa.Array:
    return pa.ExtensionArray.from_storage(_JSON, texts)
