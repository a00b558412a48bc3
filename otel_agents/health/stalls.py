"""Runs that stand still: something is open in them, and nothing has ended for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SHOWN = 10


class Open(NamedTuple):
    """A span that is open. Times are nanoseconds since the epoch."""

    run: int  # the trace's id
    name: str
    start_ns: int


class Stall(NamedTuple):
    """A run that stands still, for so many seconds, and what is open in it, the newest first."""

    run: int
    seconds: float
    open: list[Open]


def stalls(spans: Iterable[Open], last_end_ns: Callable[[int], int], after_s: float, now_ns: int) -> list[Stall]:
    """Return the runs in which nothing has begun or ended for ``after_s`` seconds while something is open."""
    runs: dict[int, list[Open]] = {}
    for span in spans:
        runs.setdefault(span.run, []).append(span)
    found = []
    for run, open_spans in runs.items():
        open_spans.sort(key=lambda span: -span.start_ns)
        seconds = (now_ns - max(open_spans[0].start_ns, last_end_ns(run))) / 1e9
        if seconds >= after_s:
            found.append(Stall(run, seconds, open_spans[:_SHOWN]))
    return sorted(found, key=lambda stall: -stall.seconds)
