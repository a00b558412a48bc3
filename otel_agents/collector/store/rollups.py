"""Keeps the roll-ups of the overview, in a thread of its own beside the writes.

What a trace adds to them depends on that trace alone. So each step looks at the traces that commits have touched since
the last one, takes away what they had added before those commits, and adds what they add now. A step is one
transaction, which says up to which commit the roll-ups go: whoever reads them adds what later commits change
(``pending``), and so they are exact at any moment.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

import duckdb

from otel_agents.collector.store import rollup_sql as sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAUSE_S: Final = 1.0  # between two steps: planning one costs as much as 10,000 spans
MUCH: Final = 10_000  # spans; to add up more takes longer than a reader should wait
MOST_SPANS: Final = 200_000  # in one step
MOST_ROWS: Final = 30_000  # of level 0, before they are brought to the other levels
BUILT: Final = 10_000  # traces in one step, where there are some from before there were roll-ups
PATIENCE_S: Final = 30.0  # a step that takes longer to come has failed
ALL: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - `since` where all of those are in

# The columns of rollup_gone, where a span of span_data is kept when another takes its place.
GONE: Final = ", ".join(f"span_data.{name}" for name in ("batch", *sql.READ.split(", ")))

_Given = dict[str, object]

_log = logging.getLogger(__name__)

# Up to which commit a step goes.
_GOAL: Final = """
SELECT coalesce(
    (
        SELECT min(batch)
        FROM (
            SELECT batch, sum(count(*)) OVER (ORDER BY batch) AS spans
            FROM span_data
            WHERE batch > $done
            GROUP BY batch
        )
        WHERE spans > $most
    ),
    (SELECT max(batch) FROM span_data WHERE batch > $done),
    (SELECT $done::UINTEGER WHERE EXISTS (FROM rollup_gone))
)
"""
_UNRAISED: Final = """
SELECT (SELECT count(*) FROM rollups WHERE level = 0) + (SELECT count(*) FROM rollup_times WHERE level = 0)
"""
# Traces that were there before these commits.
_CONTINUED: Final = """
CREATE OR REPLACE TEMP TABLE continued AS
SELECT trace_id, min(first) AS first, max(last) AS last
FROM trace_ranges
WHERE batch <= $done
    AND (
        key IN (SELECT key FROM trace_ranges WHERE batch > $done AND batch <= $goal)
        OR trace_id IN (SELECT trace_id FROM rollup_gone)
    )
GROUP BY trace_id
"""
_NEW: Final = f"""
SELECT 1::TINYINT AS v, {sql.READ} FROM span_data WHERE batch > $done AND batch <= $goal
"""  # noqa: S608 - all SQL here is written here
_EARLIER: Final = f"""
UNION ALL
SELECT signs.v, {sql.READ}
FROM span_data, (VALUES (1::TINYINT), (-1::TINYINT)) AS signs(v)
WHERE batch <= $done
    AND start_time BETWEEN (SELECT min(first) FROM continued) AND (SELECT max(last) FROM continued)
    AND trace_id IN (SELECT trace_id FROM continued)
UNION ALL
SELECT -1, {sql.READ} FROM rollup_gone WHERE batch <= $done
"""  # noqa: S608
# While traces of before are not all in: those that are not are left out, on both sides.
_IN: Final = """
SELECT * FROM ({touched}) AS touched
WHERE hash(v, trace_id) IN (
    SELECT hash(v, trace_id) FROM ({touched}) AS again GROUP BY v, trace_id HAVING min(start_time) >= $since
)
"""
_NEXT: Final = """
SELECT min(began)
FROM (
    SELECT began
    FROM (SELECT min(first) AS began FROM trace_ranges WHERE batch <= $done GROUP BY trace_id)
    WHERE began < $since
    ORDER BY began DESC
    LIMIT $count
)
"""
_OF_TRACES: Final = f"""
SELECT {{v}}::TINYINT AS v, {sql.READ}
FROM span_data
WHERE batch <= $done
    AND start_time BETWEEN (SELECT min(first) FROM {{traces}}) AND (SELECT max(last) FROM {{traces}})
    AND trace_id IN (SELECT trace_id FROM {{traces}})
"""  # noqa: S608
_GONE_OF_DOOMED: Final = f"""
UNION ALL
SELECT -1, {sql.READ} FROM rollup_gone WHERE batch <= $done AND trace_id IN (SELECT trace_id FROM doomed)
"""  # noqa: S608
_BETWEEN: Final = """
CREATE OR REPLACE TEMP TABLE older AS
SELECT trace_id, min(first) AS first, max(last) AS last
FROM trace_ranges
WHERE batch <= $done
GROUP BY trace_id
HAVING min(first) >= $low AND min(first) < $since
"""
_WITHIN: Final = """
CREATE OR REPLACE TEMP TABLE older AS
SELECT trace_id, min(first) AS first, max(last) AS last
FROM trace_ranges
WHERE key IN (SELECT key FROM trace_ranges WHERE last >= $start AND first < $end)
GROUP BY trace_id
"""


def pending(cursor: duckdb.DuckDBPyConnection, into: str, done: int, since: datetime) -> bool:
    """Find what commits after ``done`` change, for a reader, who may see one tenant's spans alone.

    Args:
        cursor: in a transaction.
        into: ``CREATE TEMP TABLE`` or ``INSERT`` with all but the query.
        done: up to which commit the roll-ups go.
        since: traces that began before are not in them.

    Returns:
        Whether there are such commits; if not, nothing is written.
    """
    goal = _goal(cursor, done)
    if goal is not None:
        touched, given = _touched(cursor, done, goal, since)
        cursor.execute(f"{into} {sql.changes(touched)}", given)
    return goal is not None


def apart(cursor: duckdb.DuckDBPyConnection, into: str, start: datetime, end: datetime, slice_s: int) -> None:
    """Find what all traces that have spans between two times come to, in slices of any length, from the spans alone."""
    cursor.execute(_WITHIN, {"start": start, "end": end})
    cursor.execute(f"{into} {sql.changes(_OF_TRACES.format(v=1, traces='older'), slice_s)}", {"done": 1 << 31})


def take_away(writer: duckdb.DuckDBPyConnection) -> None:
    """Take away what the traces of the table ``doomed`` have added, before their spans are removed."""
    ((done, since),) = writer.execute("SELECT batch, since FROM rollup_state").fetchall()
    touched = _OF_TRACES.format(v=-1, traces="doomed") + _GONE_OF_DOOMED
    given: _Given = {"done": done}
    if since > ALL:
        touched = _IN.format(touched=touched)
        given["since"] = since
    _add(writer, touched, given)
    writer.execute("DELETE FROM rollup_gone WHERE trace_id IN (SELECT trace_id FROM doomed)")


def _touched(cursor: duckdb.DuckDBPyConnection, done: int, goal: int, since: datetime) -> tuple[str, _Given]:
    """Write the query for what commits have touched, and its parameters."""
    given: _Given = {"done": done, "goal": goal}
    cursor.execute(_CONTINUED, given)
    ((continued,),) = cursor.execute("SELECT count(*) FROM continued").fetchall()
    touched = _NEW + _EARLIER if continued else _NEW
    if since > ALL:
        touched = _IN.format(touched=touched)
        given["since"] = since
    return touched, given


def _add(connection: duckdb.DuckDBPyConnection, touched: str, given: _Given) -> None:
    first, *others = sql.add(touched)
    connection.execute(first, given)
    for statement in others:
        connection.execute(statement)


def _goal(cursor: duckdb.DuckDBPyConnection, done: int, most: int = 1 << 40) -> int | None:
    ((goal,),) = cursor.execute(_GOAL, {"done": done, "most": most}).fetchall()
    return None if goal is None else int(goal)


class Rollups:
    """The thread that keeps them.

    Args:
        connection: one of its own.
        failed: is told of DuckDB's errors, and says whether the database is opened anew because of one.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, failed: Callable[[duckdb.Error], bool]) -> None:
        self._connection = connection
        self._failed = failed
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._wake.set()  # what an earlier run has left
        self._behind_since: float | None = None
        self._behind_spans = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rollups", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; what is not in yet is the next run's."""
        self._closing.set()
        self._wake.set()
        self._thread.join()
        self._connection.close()

    def wake(self, spans: int = 0) -> None:
        """Tell of a commit of so many spans."""
        self._behind_spans += spans
        self._behind_since = self._behind_since or monotonic()
        self._wake.set()

    @property
    def are_many_coming(self) -> bool:
        """Whether there are commits of many spans that are brought in right now, or in a moment."""
        since = self._behind_since
        return since is not None and self._behind_spans > MUCH and monotonic() - since < PATIENCE_S

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold them still while a transaction removes spans that are in them; ``take_away`` is called in it."""
        with self._lock:
            yield

    def step(self) -> bool:
        """Bring them up to date, or nearer to it; return whether there was anything to do."""
        with self._lock, self._transaction():
            done, since = self._state()
            goal = _goal(self._connection, done, MOST_SPANS)
            if goal is not None:
                _add(self._connection, *_touched(self._connection, done, goal, since))
                self._note(goal, since)
                self._connection.execute("DELETE FROM rollup_gone")
            elif since > ALL:
                self._build(done, since)
            else:
                return False
            ((rows,),) = self._connection.execute(_UNRAISED).fetchall()
            if rows > MOST_ROWS:
                for statement in sql.RAISE:
                    self._connection.execute(statement)
            return True

    def _build(self, done: int, since: datetime) -> None:
        """Add some of the traces of before, the newest first."""
        given = {"done": done, "since": since}
        ((low,),) = self._connection.execute(_NEXT, {**given, "count": BUILT}).fetchall()
        if low is not None:
            self._connection.execute(_BETWEEN, {**given, "low": low})
            _add(self._connection, _OF_TRACES.format(v=1, traces="older"), {"done": done})
        self._note(done, low or ALL)

    def _note(self, done: int, since: datetime) -> None:
        # Not by an UPDATE: there could be no checkpoint until all who read at that moment had ended.
        self._connection.execute("DELETE FROM rollup_state")
        self._connection.execute("INSERT INTO rollup_state VALUES ($done, $since)", {"done": done, "since": since})

    def _state(self) -> tuple[int, datetime]:
        ((done, since),) = self._connection.execute("SELECT batch, since FROM rollup_state").fetchall()
        return int(done), since

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.begin()
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._wake.clear()
            try:
                while not self._closing.is_set() and self.step():
                    self._closing.wait(0.01)
                if not self._wake.is_set():
                    self._behind_since, self._behind_spans = None, 0
            except duckdb.Error as error:  # the disk is full, perhaps; readers add what is not in
                if self._failed(error):
                    return
                _log.exception("The roll-ups could not be brought up to date; it is tried again")
            self._closing.wait(PAUSE_S)
