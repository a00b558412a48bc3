"""The list of traces, newest first, a page at a time."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from otel_agents.collector.query.kept import Kept
from otel_agents.collector.query.ranges import ranges_of
from otel_agents.collector.query.statements import Row, ask
from otel_agents.collector.query.summaries import summaries
from otel_agents.collector.query.window import EPOCH
from otel_agents.collector.store.rollup_sql import SLICE_S
from otel_agents.errors import QueryError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from otel_agents.collector.store.store import ChangingStore, Store

_CURSOR = re.compile(r"(-?\d{1,18})-([0-9a-f]{0,32})")

_SLICE = timedelta(seconds=SLICE_S)
_FIRST_STRETCH = timedelta(minutes=1)  # at least
SEARCH_S = 2.0  # after so long a search stops with what it has, and goes on with the next page


@dataclass(frozen=True, slots=True)
class Filter:
    """What traces are asked for; None asks for nothing.

    Attributes:
        agent: the name of an agent that has a span in the trace.
        status: of the trace; one that runs is neither ok nor error yet.
        text: something that stands in a name, an id, an attribute, a message or an error of any span of the trace.
        minutes: how long ago it began at most.
    """

    agent: str | None = None
    status: Literal["ok", "error", "running"] | None = None
    text: str | None = None
    minutes: int | None = None

    @property
    def needs_spans(self) -> bool:
        """Whether the times of the traces are not enough to tell."""
        return (self.agent, self.status, self.text) != (None, None, None)


@dataclass(frozen=True, slots=True)
class _Point:
    """A place in the list: traces are ordered by their begin and then their id, the newest first."""

    began: datetime
    trace_id: str

    def __str__(self) -> str:
        return f"{(self.began - EPOCH) // timedelta(microseconds=1)}-{self.trace_id}"

    @classmethod
    def parse(cls, text: str) -> _Point:
        found = _CURSOR.fullmatch(text)
        try:
            if found is not None:
                return cls(EPOCH + timedelta(microseconds=int(found[1])), found[2])
        except OverflowError:
            pass
        raise QueryError("before is not a cursor of this list", kind="bad_request", hint='use "next" of an answer')


_NEWEST = _Point(EPOCH + timedelta(days=1_000_000), "")  # after any time of OTLP, which are whole nanoseconds


def list_traces(
    store: ChangingStore, wanted: Filter, limit: int, before: str | None, now: datetime, agents: Kept | None = None
) -> dict[str, Any]:
    """Return a page of traces in the shape of ``GET /api/v1/traces``.

    A page may hold fewer traces than ``limit`` and yet have a next one, when a search took long. ``agents`` are those
    that there are, kept from page to page.

    Raises:
        QueryError: ``before`` is not what an earlier page had as ``next``.
    """
    point = _NEWEST if before is None else _Point.parse(before)
    since = EPOCH if wanted.minutes is None else now - timedelta(minutes=wanted.minutes)
    slice_ = beginning(wanted, now)
    names = (agents or Kept()).answer(store, slice_, lambda: _agent_names(store, slice_))
    with store.read() as cursor:
        if wanted.status == "running":
            found, rest = _running(cursor, wanted, limit, point, since)
        elif wanted.needs_spans:
            found, rest = _search(cursor, wanted, limit, point, since)
        else:
            found, rest = _newest(cursor, limit, point, since)
        return {
            "traces": summaries(cursor, found),
            "next": None if rest is None else str(rest),
            "agents": names,
        }


def beginning(wanted: Filter, now: datetime) -> datetime:
    """Give the time from which on traces are wanted: the same for 15 s."""
    if wanted.minutes is None:
        return EPOCH
    return EPOCH + (now - timedelta(minutes=wanted.minutes) - EPOCH) // _SLICE * _SLICE


def _agent_names(store: Store, since: datetime) -> list[str]:
    with store.read() as cursor:
        return [row["agent"] for row in ask(cursor, "agent_names", since=since)]


def _newest(cursor: DuckDBPyConnection, limit: int, point: _Point, since: datetime) -> tuple[list[Row], _Point | None]:
    """Return up to ``limit`` traces after a point, and the point to go on from, if there may be more."""
    found: list[Row] = []
    step = limit + 1
    while True:
        rows = _last(cursor, point, since, step)
        end = _Point(rows[-1]["first"], rows[-1]["trace_id"]) if len(rows) == step else None
        ranges = _ranges(cursor, {row["trace_id"] for row in rows})
        # A trace that goes on from before this stretch has its place where it began.
        found += [row for row in ranges if row["began"] >= since and (end is None or _at(row) >= _at(end))]
        if end is None or len(found) > limit:
            return _cut(found, limit, None)
        point = end
        step *= 4


def _last(cursor: DuckDBPyConnection, point: _Point, since: datetime, count: int) -> list[Row]:
    """Return the ``count`` last rows of trace_ranges after a point, looking no further back than is needed for them.

    To find the last of all rows, all are looked at; those of a stretch of time are found by their zone maps.
    """
    (extent,) = ask(cursor, "extent")
    if not extent["count"]:
        return []
    before, since = min(point.began, extent["latest"] + timedelta(microseconds=1)), max(since, extent["earliest"])
    stretch = 2 * (extent["latest"] - extent["earliest"]) * count / extent["count"]
    while True:
        low = max(since, before - stretch) if stretch < before - since else since
        given = {"since": low, "before": before, "before_id": point.trace_id, "count": count}
        rows = ask(cursor, "newest", **given)
        if len(rows) == count or low == since:
            return rows
        stretch = max(16 * stretch, _FIRST_STRETCH)


def _running(
    cursor: DuckDBPyConnection, wanted: Filter, limit: int, point: _Point, since: datetime
) -> tuple[list[Row], _Point | None]:
    """Do the same for traces that run, which are few, however long ago they began."""
    ids = {row["trace_id"] for row in ask(cursor, "running")}
    ranges = _ranges(cursor, ids)
    if ranges and (wanted.agent, wanted.text) != (None, None):
        low, high = ranges[-1]["began"], ranges[0]["began"]
        ids = {row["trace_id"] for row in ask(cursor, "matching", low=low, high=high, **_conditions(wanted))}
    found = [row for row in ranges if row["trace_id"] in ids and row["began"] >= since and _at(row) < _at(point)]
    return _cut(found, limit, None)


def _search(
    cursor: DuckDBPyConnection, wanted: Filter, limit: int, point: _Point, since: datetime
) -> tuple[list[Row], _Point | None]:
    """Do the same for traces that have what is wanted, in stretches of time that grow while little is found."""
    found: list[Row] = []
    deadline = time.monotonic() + SEARCH_S
    rows = _last(cursor, point, since, 4 * limit)
    if not rows:
        return [], None
    (oldest,) = ask(cursor, "oldest", since=since)
    high, low = min(point.began, rows[0]["first"]), rows[-1]["first"]
    while True:
        ids = {row["trace_id"] for row in ask(cursor, "matching", low=low, high=high, **_conditions(wanted))}
        ranges = _ranges(cursor, ids)
        found += [row for row in ranges if low <= row["began"] and _at(row) < _at(point)]
        if len(found) > limit or low <= oldest["first"]:
            return _cut(found, limit, None)
        point = _Point(low, "")  # no id is smaller, so nothing that began then is left out or comes again
        if time.monotonic() > deadline:
            return _cut(found, limit, point)
        high, low = low, max(low - max(4 * (high - low), _FIRST_STRETCH), oldest["first"])


def _cut(found: list[Row], limit: int, rest: _Point | None) -> tuple[list[Row], _Point | None]:
    if len(found) > limit:
        found = found[:limit]
        rest = _Point(found[-1]["began"], found[-1]["trace_id"])
    return found, rest


def _ranges(cursor: DuckDBPyConnection, ids: set[str]) -> list[Row]:
    return ranges_of(cursor, ids) if ids else []


def _at(place: Row | _Point) -> tuple[datetime, str]:
    return (place.began, place.trace_id) if isinstance(place, _Point) else (place["began"], place["trace_id"])


def _conditions(wanted: Filter) -> dict[str, Any]:
    text = wanted.text
    in_json = None if text is None else json.dumps(text, ensure_ascii=False)[1:-1]
    in_message = None if in_json is None else json.dumps(in_json, ensure_ascii=False)[1:-1]  # JSON in a JSON text
    return {
        "agent": wanted.agent,
        "status": wanted.status,
        "text": _expression(text),
        "text_in_json": _expression(in_json, in_message),
    }


def _expression(*texts: str | None) -> str | None:
    """Write a regular expression that finds any of some texts; None for none."""
    found = "|".join(dict.fromkeys(re.escape(text) for text in texts if text is not None))
    return found or None
