"""Which stored spans have no end yet, and what takes their place: a newer snapshot, or the span once it has ended.

A snapshot is a row of ``span_data`` as any other, so every question finds it, as fast as ever; ``open_data`` says
which rows they are. It is small and all of it is in memory: where nothing is open, a write looks for ends, and no more.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.store.columns import GROUPS, group
from otel_agents.collector.store.duplicates import drop_repeated, drop_stored
from otel_agents.collector.store.open_changes import OPEN, SAID, Change, Changing, Entries, Entry, Sender, identities
from otel_agents.collector.store.owners import OWNER
from otel_agents.collector.store.pending import announced
from otel_agents.collector.store.rollups import GONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import duckdb

    from otel_agents.collector.handoff import OpenBatch

_NO_END: Final = pa.scalar(0, pa.uint64())
_NEAR: Final = timedelta(minutes=1)  # rows whose starts are so close are looked for together
_FOUND: Final = (
    "span_data.start_time BETWEEN $first AND $last AND span_data.end_time IS NULL"
    " AND span_data.trace_id = open_rows.trace_id AND span_data.span_id = open_rows.span_id"
    " AND span_data.owner IS NOT DISTINCT FROM open_rows.owner"
)
_GONE: Final = f"INSERT INTO rollup_gone BY NAME SELECT {GONE} FROM span_data, open_rows WHERE {_FOUND}"  # noqa: S608
_DELETE: Final = f"DELETE FROM span_data USING open_rows WHERE {_FOUND}"  # noqa: S608 - all of it is written here
# What tells a span's state, by the columns it is kept in; in rows of earlier versions, that is `attributes`.
_SAID: Final = {name: [key for key in SAID if group(key) == name] for name in sorted(map(group, SAID))}
_PATCH: Final = "{0} = CASE WHEN {1} THEN json_merge_patch(span_data.{0}, open_rows.{0}::JSON) ELSE span_data.{0} END"
_PATCHED: Final = ", ".join(
    _PATCH.format(name, which)
    for name, which in (
        ("attributes", f"span_data.{GROUPS[0]} IS NULL"),
        *((name, f"span_data.{name} IS NOT NULL") for name in _SAID),
    )
)
_MARK: Final = f"UPDATE span_data SET {_PATCHED} FROM open_rows WHERE {_FOUND}"  # noqa: S608
_FORGET: Final = """
DELETE FROM open_data USING open_rows
WHERE open_data.trace_id = open_rows.trace_id AND open_data.span_id = open_rows.span_id
    AND open_data.owner IS NOT DISTINCT FROM open_rows.owner
"""
_REMEMBER: Final = (
    f"INSERT INTO open_data BY NAME SELECT * EXCLUDE ({', '.join(('attributes', *_SAID))}) FROM open_rows"  # noqa: S608
)
_COLUMNS: Final = pa.schema(  # of open_rows: those of open_data, and what the attributes become
    [
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("start_time", pa.timestamp("us")),
        ("program", pa.string()),
        ("report", pa.uint64()),
        ("state", pa.string()),
        ("seen", pa.timestamp("us")),
        ("owner", pa.string()),
        ("tenant", pa.string()),
        ("attributes", pa.string()),
        *((name, pa.string()) for name in _SAID),
    ]
)


class OpenSpans:
    """What is open, as of the last write.

    Changes are made under the writer's lock; any thread may count.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._reports: dict[Sender, int] = {}
        self.load()

    def load(self) -> None:
        """Read it from the database."""
        entries = [Entry(*row) for row in self._connection.execute("FROM open_data").fetchall()]
        for entry in entries:
            if entry.program is not None:
                sender = (entry.owner, entry.program)
                self._reports[sender] = max(entry.report, self._reports.get(sender, 0))
        self._keep({entry.identity: entry for entry in entries})

    def _keep(self, entries: Entries) -> None:
        self._entries = entries
        self._identities = pa.array(entries, pa.binary())

    def count(self, state: str) -> int:
        """How many spans are in a state: open, or abandoned."""
        return sum(entry.state == state for entry in self._entries.values())

    def has(self, ids: frozenset[bytes]) -> bool:
        """Say whether any span of some ids, trace and span in one, is among them."""
        return bool(ids) and any(entry.ids in ids for entry in self._entries.values())

    def abandoned(self, program: str) -> bool:
        """Say whether spans of a program are marked as those of one that died."""
        return any(entry.program == program and entry.state != OPEN for entry in self._entries.values())

    def programs(self) -> dict[str, datetime]:
        """Give the programs that have spans open, and when they last reported news of one (UTC, without a zone)."""
        seen: dict[str, datetime] = {}
        for entry in self._entries.values():
            if entry.program is not None and entry.state == OPEN:
                seen[entry.program] = max(entry.seen, seen.get(entry.program, entry.seen))
        return seen

    # --- What a write does ------------------------------------------------------------------------------------------

    def arrange(self, spans: pa.Table, batches: Sequence[OpenBatch]) -> tuple[pa.Table, Change | None]:
        """Sort out what is written.

        Args:
            spans: of any kind, in the columns of ``handoff.SPANS``, perhaps with their owners, as they came.
            batches: reports, as they came.

        Returns:
            The spans that are inserted; and what becomes of those that are open, None for nothing.
        """
        spans = announced(spans)
        has_end = pc.not_equal(spans["end_ns"], _NO_END)
        some_open = bool(batches or self._entries or pc.any(pc.invert(has_end)).as_py())
        if not some_open:
            return self._new(spans), None
        if OWNER not in spans.column_names:
            spans = spans.append_column(OWNER, pa.nulls(spans.num_rows, pa.string()))
        finished = drop_repeated(spans.filter(has_end))
        ids = identities(finished)
        ends_one = pc.is_in(ids, value_set=self._identities)
        new = [finished.filter(ends_one), self._new(finished.filter(pc.invert(ends_one)))]

        changing = Changing(self._entries, self._reports, ids.to_pylist(), datetime.now(UTC).replace(tzinfo=None))
        changing.take(spans.filter(pc.invert(has_end)))
        for batch in batches:
            changing.hear(batch)
        first_seen = changing.first_seen()
        still_open = set(identities(self._new(first_seen)).to_pylist())
        changing.have_ended(set(identities(first_seen).to_pylist()) - still_open)
        change = changing.change()
        return pa.concat_tables([*new, change.snapshots]), change

    def _new(self, spans: pa.Table) -> pa.Table:
        return drop_stored(drop_repeated(spans), self._connection) if spans.num_rows else spans

    def lost(self, program: str, seen: datetime) -> Change:
        """Say what it does that a program ended without a word, after it was last ``seen``."""
        changing = Changing(self._entries, self._reports, (), seen)
        changing.lost(program, seen)
        return changing.change()

    # --- In the database --------------------------------------------------------------------------------------------

    def write(self, change: Change) -> None:
        """Delete and mark rows; those that take the place of others are inserted after, in the same transaction."""
        for near in _neighbours(change.gone):
            self._run(_GONE, near)
            self._run(_DELETE, near)
        for near in _neighbours(change.marked):
            self._run(_MARK, near)
        before, after = self._entries, change.entries
        if left := [entry for identity, entry in before.items() if after.get(identity) is not entry]:
            self._run(_FORGET, left)
        if come := [entry for identity, entry in after.items() if before.get(identity) is not entry]:
            self._run(_REMEMBER, come)

    def _run(self, statement: str, entries: Sequence[Entry]) -> None:
        rows = [_row(entry) for entry in entries]
        times = {"first": entries[0].start_time, "last": entries[-1].start_time}
        self._connection.register("open_rows", pa.Table.from_pylist(rows, _COLUMNS))
        self._connection.execute(statement, times if "$first" in statement else None)

    def committed(self, change: Change) -> None:
        """Go by what was written, now that it is."""
        self._reports.update(change.reports)
        self._keep(change.entries)


def _row(entry: Entry) -> dict[str, Any]:
    said = {name: json.dumps({key: entry.said[key] for key in keys}) for name, keys in _SAID.items()}
    said["attributes"] = json.dumps(entry.said)
    return {name: said[name] if name in said else getattr(entry, name) for name in _COLUMNS.names}


def _neighbours(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Group what started about the same time: the rows stand together, and what is between need not be read."""
    near: list[Entry] = []
    for entry in sorted(entries, key=lambda entry: entry.start_time):
        if near and entry.start_time - near[0].start_time > _NEAR:
            yield near
            near = []
        near.append(entry)
    if near:
        yield near
