"""Asks the roll-ups about a window of time; what they do not have yet is added from the spans."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil, floor
from typing import TYPE_CHECKING, Any, Final

from otel_agents.collector.query.statements import Row, ask
from otel_agents.collector.query.window import EPOCH, Window
from otel_agents.collector.store import rollups
from otel_agents.collector.store.rollup_sql import LEVELS, SLICE_S
from otel_agents.health import sketch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from duckdb import DuckDBPyConnection

RECENT: Final = timedelta(minutes=5)  # of a window's end, in which failures are recent

# A connection that sees one tenant's rows does not see the state in its own database, as that says nothing of tenants.
_STATE: Final = 'SELECT batch, since, (SELECT count(*) FROM rollup_state) = 0 FROM "{database}".main.rollup_state'
_ROLLED: Final = """WITH rolled AS (
    SELECT * REPLACE (CASE kind WHEN 'part' THEN 'trace' ELSE kind END AS kind)
    FROM ({source})
    WHERE slice >= $low AND slice < $end AND kind IS DISTINCT FROM {hidden}
)
"""
_COLUMNS: Final = {
    "sum": "slice, kind, root, agent, name, provider, number, failed, timed, us, ttft_timed, ttft_us, input_tokens,"
    " output_tokens, cache_read_tokens, reasoning_tokens, priced, picodollars, unpriced",
    "failure": "slice, kind, agent, name, type, error_type, message, latest, number",
    "time": "slice, kind, name, provider, bucket, number",
}
_PENDING: Final = "CREATE OR REPLACE TEMP TABLE pending AS"


def fitting(asked: Window) -> Window:
    """Widen a window so that it begins and ends with a slice: 15 s, or 1 s where its buckets are short."""
    step = timedelta(seconds=_slice_s(asked))
    start = EPOCH + (asked.start - EPOCH) // step * step
    end = EPOCH - (EPOCH - asked.end) // step * step
    return Window(start, end, asked.bucket_s)


class Rolled:
    """The figures of a window, which ``fitting`` has given, and of the one before it.

    Args:
        cursor: in a transaction.
        asked: the window.
        at_once: leave out what the last commits changed; the roll-ups will have it in a moment.
    """

    def __init__(self, cursor: DuckDBPyConnection, asked: Window, *, at_once: bool = False) -> None:
        self._cursor = cursor
        self._asked = asked
        self._recent = max(asked.start, asked.end - RECENT)
        ((database,),) = cursor.execute("SELECT current_database()").fetchall()
        ((done, since, narrow),) = cursor.execute(_STATE.format(database=database)).fetchall()
        self._hidden = "'none'" if narrow else "'part'"
        self._is_rolled = _slice_s(asked) == SLICE_S and since <= asked.before.start
        if self._is_rolled:
            self._is_pending = not at_once and rollups.pending(cursor, _PENDING, done, since)
        else:
            rollups.apart(cursor, _PENDING, asked.before.start, asked.end, _slice_s(asked))
            self._is_pending = True

    def sums(self) -> tuple[list[Row], list[Row]]:
        """Sum up: by kind, name, provider, agent and whether it is a root; and this window by ``period`` and kind."""
        asked, fine = self._asked, _levels(self._asked)
        pieces = (
            *_pieces(asked.before.start, asked.start, LEVELS),
            *_pieces(asked.start, self._recent, fine),
            *_pieces(self._recent, asked.end, fine),
        )
        rows = self._ask("sums", "sum", asked.before.start, pieces, start=asked.start, recent=self._recent)
        return [row for row in rows if not row["by_period"]], [row for row in rows if row["by_period"]]

    def times(self) -> list[Row]:
        """Count by kind, name, provider and ``bucket``; and traces by ``period`` and bucket too."""
        asked = self._asked
        return self._ask("times", "time", asked.start, tuple(_pieces(asked.start, asked.end, _levels(asked))))

    def failures(self) -> list[Row]:
        """Give the newest failures; the same failure is one row."""
        asked = self._asked
        return self._ask("failures", "failure", asked.start, tuple(_pieces(asked.start, asked.end, LEVELS)))

    def _ask(
        self, name: str, what: str, low: datetime, pieces: Sequence[tuple[int, datetime, datetime]], **values: Any
    ) -> list[Row]:
        columns, sources = _COLUMNS[what], []
        if self._is_rolled:
            table = "rollup_times" if what == "time" else f"(SELECT * FROM rollups WHERE what = '{what}')"  # noqa: S608
            levels = [f"level = {level} AND slice >= '{a}' AND slice < '{b}'" for level, a, b in pieces]
            sources.append(f"SELECT {columns} FROM {table} WHERE level = 0 OR {' OR '.join(levels)}")  # noqa: S608
        if self._is_pending:
            sources.append(f"SELECT {columns} FROM pending WHERE what = '{what}'")  # noqa: S608 - all of it is ours
        rolled = _ROLLED.format(source=" UNION ALL ".join(sources), hidden=self._hidden)
        given = {"low": low, "end": self._asked.end, "bucket_s": self._asked.bucket_s, **values}
        return ask(self._cursor, name, opening=rolled, **given)


def _slice_s(asked: Window) -> int:
    return 1 if asked.bucket_s % SLICE_S else SLICE_S


def _levels(asked: Window) -> tuple[int, ...]:
    """Those whose slices lie in one bucket each."""
    return tuple(level for level in LEVELS if asked.bucket_s % level == 0)


def _pieces(start: datetime, end: datetime, levels: tuple[int, ...]) -> Iterator[tuple[int, datetime, datetime]]:
    """Divide a time into slices, as long ones as fit; a level, and from where to where it is used."""
    if start >= end or not levels:
        return
    *finer, level = levels
    step = timedelta(seconds=level)
    low = EPOCH - (EPOCH - start) // step * step
    high = EPOCH + (end - EPOCH) // step * step
    if low < high:
        yield from _pieces(start, low, tuple(finer))
        yield level, low, high
        yield from _pieces(high, end, tuple(finer))
    else:
        yield from _pieces(start, end, tuple(finer))


def quantile(buckets: Mapping[int, int], share: float) -> float:
    """Give milliseconds as DuckDB's quantile_cont does, from how many values fell into each bucket."""
    rank = share * (sum(buckets.values()) - 1)
    below, above = sketch.middle(_at(buckets, floor(rank))), sketch.middle(_at(buckets, ceil(rank)))
    return 1000 * (below + (above - below) * (rank - floor(rank)))


def _at(buckets: Mapping[int, int], rank: int) -> int:
    """The bucket of the value that has ``rank`` smaller ones."""
    seen = 0
    for number in sorted(buckets):
        seen += buckets[number]
        if seen > rank:
            return number
    return 0
