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


def lay_out(spans: pa.Table, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Replace the column ``attributes`` of a table of ``handoff.SPANS``.

    Returns:
        The other columns; ``attributes`` and ``content`` as JSON; for each key in ``columns.READ`` that occurs, a
        column ``key|variant`` for each variant (``attributes.VARIANTS``) it occurs in. All in one chunk: DuckDB makes
        row groups of their own of several.
    """
    pieces = [_lay_out(spans.slice(at, PIECE), connection) for at in range(0, spans.num_rows, PIECE)]
    return pa.concat_tables(pieces, promote_options="default").combine_chunks()


def _lay_out(spans: pa.Table, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    attributes = Attributes(spans["attributes"])
    texts = attributes.pair_texts(connection)
    is_content = [columns.is_content(name) for name in attributes.names]
    content = attributes.objects(texts, is_content)
    laid_out = {
        name: _json(spans[name].combine_chunks()) if name in _WRITTEN_AS_JSON else spans[name]
        for name in spans.column_names
    }
    laid_out["attributes"] = _json(attributes.objects(texts, [not c for c in is_content]))
    laid_out["content"] = _json(pc.if_else(pc.equal(content, "{}"), None, content))
    for name, variant, values in attributes.columns(columns.READ):
        laid_out[f"{name}|{variant}"] = values
    return pa.table(laid_out)


def _json(texts: pa.Array) -> pa.Array:
    return pa.ExtensionArray.from_storage(_JSON, texts)
