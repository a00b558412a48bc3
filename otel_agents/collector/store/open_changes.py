"""Says what a write does to the spans that are open: which come, which are replaced, which will never end.

In whichever order they arrive, a span's end goes before its snapshots, a newer report before an older one, and what a
program reports before what others say of its spans. Nothing is changed here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents import conventions as c
from otel_agents.collector.handoff import SPANS
from otel_agents.collector.store.attributes import from_python
from otel_agents.collector.store.owners import KEYS as TENANTS
from otel_agents.collector.store.owners import OWNER, with_owners
from otel_agents.collector.store.store import Commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from otel_agents.collector.handoff import OpenBatch, Report

WITH_OWNER: Final = SPANS.append(pa.field(OWNER, pa.string()))
OPEN: Final = "open"
ABANDONED: Final = "abandoned"
SAID: Final = (c.SPAN_STATE, c.SPAN_LAST_SEEN)  # the attributes that tell a span's state
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - as the store has times: UTC, without a zone


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of ``open_data``: a span that has no end. Times are UTC, without a zone."""

    trace_id: str
    span_id: str
    start_time: datetime
    program: str | None
    report: int
    state: str
    seen: datetime
    owner: str | None
    tenant: str | None

    @property
    def ids(self) -> bytes:
        """Both ids in one."""
        return bytes.fromhex(self.trace_id + self.span_id)

    @property
    def identity(self) -> bytes:
        """That, and whose it is: another owner's span is another span."""
        return self.ids + _suffix(self.owner)

    @property
    def said(self) -> dict[str, str | None]:
        """The attributes that tell its state; None for one it does not have."""
        last_seen = f"{self.seen.isoformat(timespec='microseconds')}Z" if self.state == ABANDONED else None
        return dict(zip(SAID, (self.state, last_seen), strict=True))


Entries = dict[bytes, Entry]
Sender = tuple[str | None, str]  # an owner and a program


@dataclass(frozen=True, slots=True)
class Change:
    """What one write does.

    Attributes:
        entries: what is open then.
        snapshots: what is inserted, in the columns of ``WITH_OWNER``.
        again: of those, which take the place of others.
        gone: the rows that are deleted before.
        marked: the rows that stay, in another state.
        reports: the last report of each program that was heard.
    """

    entries: Entries
    snapshots: pa.Table
    again: frozenset[bytes] = frozenset()
    gone: tuple[Entry, ...] = ()
    marked: tuple[Entry, ...] = ()
    reports: Mapping[Sender, int] = field(default_factory=dict)

    @property
    def commit(self) -> Commit:
        """Tell of the rows that are gone or marked; they are no new spans."""
        told = (*self.gone, *self.marked)
        tenants = {entry.tenant for entry in told if entry.tenant is not None}
        return Commit(
            0,
            tuple({entry.trace_id for entry in told}),
            {tenant: Commit(0, tuple({e.trace_id for e in told if e.tenant == tenant})) for tenant in tenants},
        )


class Changing:
    """Puts a change together.

    Args:
        entries: what is open so far.
        reports: the last report of each program so far.
        ended: the spans whose end comes with this write.
        now: the time, in UTC, without a zone.
    """

    def __init__(self, entries: Entries, reports: Mapping[Sender, int], ended: Iterable[bytes], now: datetime) -> None:
        self._before = entries
        self._ended = frozenset(ended)
        self._entries = {identity: entry for identity, entry in entries.items() if identity not in self._ended}
        self._rows: dict[bytes, pa.Table] = {}
        self._reports = dict(reports)
        self._now = now

    def take(self, snapshots: pa.Table) -> None:
        """Take spans without an end that came as any span does."""
        for row, identity in enumerate(identities(snapshots).to_pylist()):
            known = self._entries.get(identity)
            if identity in self._ended or (known is not None and known.program is not None):
                continue
            entry = _entry(snapshots, row, None, 0, self._now)
            # One that tells its state is out of a file of another collector's.
            told = (p["text"] for p in snapshots["attributes"][row].as_py() if p["key"] == c.SPAN_STATE)
            self._entries[identity] = replace(entry, state=next(told, None) or OPEN)
            self._rows[identity] = snapshots.slice(row, 1)

    def hear(self, batch: OpenBatch) -> None:
        """Take a report and the spans in it; one that is older than another that was heard says nothing."""
        report = batch.report
        sender = (batch.owner, report.program)
        if report.number <= self._reports.get(sender, -1):
            return
        self._reports[sender] = report.number
        seen = _EPOCH + timedelta(microseconds=report.seen_us)
        rows = with_owners(pa.Table.from_batches([batch.rows]), [batch], always=True)
        is_open = {each + _suffix(batch.owner) for each in report.open}
        for row, identity in enumerate(identities(rows).to_pylist()):
            if identity not in self._ended:
                self._entries[identity] = _entry(rows, row, report.program, report.number, seen)
                self._rows[identity] = rows.slice(row, 1)
        for identity, entry in list(self._entries.items()):
            if identity in is_open:
                self._entries[identity] = _reported(entry, report, seen)
            elif (entry.owner, entry.program) == sender:
                self._forget(identity)

    def lost(self, program: str, seen: datetime) -> None:
        """Take note that a program ended without a word, after it was last ``seen``."""
        for identity, entry in list(self._entries.items()):
            if entry.program == program and entry.state == OPEN:
                self._entries[identity] = replace(entry, state=ABANDONED, seen=max(seen, entry.seen))

    def first_seen(self) -> pa.Table:
        """Give the snapshots of spans that were not open before: their ends may be stored already."""
        return self._table(self._rows.keys() - self._before.keys())

    def have_ended(self, stored: Iterable[bytes]) -> None:
        """Leave out what has."""
        for identity in stored:
            self._forget(identity)

    def _forget(self, identity: bytes) -> None:
        self._entries.pop(identity, None)
        self._rows.pop(identity, None)

    def _table(self, wanted: Iterable[bytes]) -> pa.Table:
        rows = [row for identity in wanted if (row := self._rows.get(identity)) is not None]
        return pa.concat_tables(rows) if rows else pa.Table.from_batches([], WITH_OWNER)

    def change(self) -> Change:
        """Give what it comes to."""
        before, after, rows = self._before, self._entries, self._rows
        snapshots = self._table(rows)
        states = [after[identity] for identity in identities(snapshots).to_pylist()]
        return Change(
            after,
            _with_states(snapshots, states),
            frozenset(rows.keys() & before.keys()),
            tuple(entry for identity, entry in before.items() if identity not in after or identity in rows),
            tuple(
                entry
                for identity, entry in after.items()
                if identity in before and identity not in rows and entry.state != before[identity].state
            ),
            self._reports,
        )


def identities(spans: pa.Table) -> pa.ChunkedArray:
    """Give each span's trace id, span id and owner in one."""
    owner = pc.fill_null(spans[OWNER], "").cast(pa.binary())
    return pc.binary_join_element_wise(spans["trace_id"], spans["span_id"], owner, b"")


def _suffix(owner: str | None) -> bytes:
    return (owner or "").encode()


def _entry(spans: pa.Table, row: int, program: str | None, report: int, seen: datetime) -> Entry:
    trace_id, span_id, start_ns = (spans[name][row].as_py() for name in ("trace_id", "span_id", "start_ns"))
    start = _EPOCH + timedelta(microseconds=start_ns // 1000)
    owner = spans[OWNER][row].as_py()
    told = {pair["key"]: pair["text"] for pair in spans["attributes"][row].as_py() if pair["key"] in TENANTS}
    tenant = owner or next((told[key] for key in TENANTS if told.get(key)), None)
    return Entry(trace_id.hex(), span_id.hex(), start, program, report, OPEN, seen, owner, tenant)


def _reported(entry: Entry, report: Report, seen: datetime) -> Entry:
    """Give a span as a report that has it among the open ones leaves it: of one that is given up, no more will come."""
    over = report.leaving or entry.ids in report.given_up
    state, program = (ABANDONED, None) if over else (OPEN, report.program)
    if (entry.state, entry.program) == (state, program):
        return entry
    return replace(entry, state=state, program=program, seen=seen)


def _with_states(spans: pa.Table, entries: Iterable[Entry]) -> pa.Table:
    """Add the attributes that tell each span's state, where they are not told already."""
    attributes: list[list[dict[str, Any]]] = []
    for pairs, entry in zip(spans["attributes"].to_pylist(), entries, strict=True):
        said = {} if any(pair["key"] == c.SPAN_STATE for pair in pairs) else entry.said
        attributes.append([*pairs, *({"key": key, "text": text} for key, text in said.items() if text is not None)])
    at = spans.schema.get_field_index("attributes")
    return spans.set_column(at, spans.schema.field(at), from_python(attributes))
