"""Lays batches of any signal out and inserts them; the transaction is the store's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.handoff import SPANS, LogBatch, OpenBatch, PointBatch, SpanBatch
from otel_agents.collector.store import evaluations, owners
from otel_agents.collector.store.insert import insert_sql
from otel_agents.collector.store.layout import PIECE, lay_out
from otel_agents.collector.store.open_changes import identities
from otel_agents.collector.store.records import lay_out_logs, lay_out_points, log_statements, point_statements
from otel_agents.collector.store.store import Commit

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

    from otel_agents.collector.handoff import Batch
    from otel_agents.collector.store.open_changes import Change
    from otel_agents.collector.store.open_spans import OpenSpans

_KEY = "TRY_CAST('0x' || right(lower(hex(trace_id)), 16) AS UBIGINT)"
_RANGES = """
INSERT INTO trace_ranges BY NAME
SELECT
    lower(hex(trace_id)) AS trace_id,
    {key} AS key,
    make_timestamp((min(start_ns) // 1000)::BIGINT) AS first,
    make_timestamp((max(start_ns) // 1000)::BIGINT) AS last,
    {tenant} AS tenant,
    batch
FROM incoming {where}
GROUP BY ALL
RETURNING trace_id, tenant
"""
_LAST_BATCH = "SELECT greatest((SELECT max(batch) FROM trace_ranges), (SELECT batch FROM rollup_state))"
_SPANS_OF_TENANTS = "SELECT {tenant} AS tenant, count(*) FROM incoming GROUP BY tenant"
_KNOWN = "known"  # of a snapshot that takes another's place: its trace's range has its start


def _span_statements(incoming: pa.Table) -> list[str]:
    present = frozenset(incoming.column_names)
    where = f"WHERE NOT {_KNOWN}" if _KNOWN in present else ""
    ranges = _RANGES.format(key=_KEY, tenant=owners.tenant(present), where=where)
    return [insert_sql(present), ranges, *evaluations.of_spans(incoming)]


_STATEMENTS: Final = {
    "incoming": _span_statements,
    "incoming_points": point_statements,
    "incoming_logs": log_statements,
}


class Incoming:
    """Inserts what comes in, each commit's spans under a number of its own.

    Args:
        connection: the writer.
        open_spans: those that have no end yet.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, open_spans: OpenSpans) -> None:
        self._connection = connection
        self._open = open_spans
        ((self._batch,),) = connection.execute(_LAST_BATCH).fetchall()

    def next_batch(self) -> int:
        """Give the number of the next commit of spans."""
        self._batch += 1
        return int(self._batch)

    def lay_out(self, sent: Iterable[Batch]) -> tuple[dict[str, pa.Table], Change | None]:
        """The tables to be inserted, by the names the statements have for them; and what becomes of open spans."""
        incoming: dict[str, pa.Table] = {}
        change = None
        batches = list(sent)
        points = [batch for batch in batches if isinstance(batch, PointBatch)]
        logs = [batch for batch in batches if isinstance(batch, LogBatch)]
        spans = [batch for batch in batches if isinstance(batch, SpanBatch)]
        reports = [batch for batch in batches if isinstance(batch, OpenBatch)]
        if spans or reports:
            rows = owners.with_owners(pa.Table.from_batches([batch.rows for batch in spans], SPANS), spans)
            new, change = self._open.arrange(rows, reports)
            known = None
            if change is not None and change.again:
                known = pc.is_in(identities(new), value_set=pa.array(change.again, pa.binary()))
            pieces = new.to_batches(max_chunksize=PIECE)
            del rows, new, spans, batches  # what is laid out need not be there twice
            if pieces:
                batch = self.next_batch()
                laid_out = lay_out(pieces, self._connection)
                if laid_out.num_rows > PIECE:  # DuckDB takes as much now as laying out did
                    pa.default_memory_pool().release_unused()
                number = pa.repeat(pa.scalar(batch, pa.uint32()), laid_out.num_rows)
                laid_out = laid_out.append_column("batch", number)
                incoming["incoming"] = laid_out if known is None else laid_out.append_column(_KNOWN, known)
        if points:
            incoming["incoming_points"] = lay_out_points(points, self._connection)
        if logs:
            incoming["incoming_logs"] = lay_out_logs(logs, self._connection)
        return incoming, change

    def insert(self, incoming: dict[str, pa.Table]) -> Commit:
        """Insert them; some statements return the traces of the spans and evaluations, each with its tenant."""
        traces: dict[tuple[str, str | None], None] = {}
        for name, rows in incoming.items():
            for statement in _STATEMENTS[name](rows):
                returned = self._connection.execute(statement).fetchall()
                traces.update((row, None) for row in returned if len(row) == 2 and row[0] is not None)
        spans = incoming.get("incoming")
        named = {tenant for _, tenant in traces if tenant is not None}
        counts: dict[str | None, int] = {}
        if named and spans is not None:
            counts = self._count_by_tenant(frozenset(spans.column_names))
        return Commit(
            0 if spans is None else spans.num_rows,
            tuple(dict.fromkeys(trace for trace, _ in traces)),
            {
                tenant: Commit(counts.get(tenant, 0), tuple(trace for trace, of in traces if of == tenant))
                for tenant in named
            },
        )

    def _count_by_tenant(self, present: frozenset[str]) -> dict[str | None, int]:
        statement = _SPANS_OF_TENANTS.format(tenant=owners.tenant(present))
        return dict(self._connection.execute(statement).fetchall())
