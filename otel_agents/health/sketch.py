"""Quantiles of times from counts in log-spaced buckets: mergeable, bounded, at most 1.5 % off (as in DDSketch)."""

from __future__ import annotations

from math import ceil, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ACCURACY = 0.015  # relative error of a quantile
SHORTEST = 1e-6  # seconds; anything shorter counts as 0
LONGEST = 1e6  # seconds (11 days); anything longer counts as this, so there are at most 922 buckets

_GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
_BUCKETS_PER_E = 1 / log(_GAMMA)
_OFFSET = 1 - log(SHORTEST) * _BUCKETS_PER_E

# One object for each number: sketches of many names share their keys, which halves what a sketch takes.
_BUCKET_NUMBERS = tuple(range(int(log(LONGEST) * _BUCKETS_PER_E + _OFFSET) + 1))

Buckets = dict[int, int]  # bucket number to how many values fell into it


def bucket(seconds: float) -> int:
    """Return the number of the bucket that ``seconds`` belongs to; 0 for no time at all."""
    if not seconds >= SHORTEST:  # this way round NaN counts as 0
        return 0
    if seconds > LONGEST:
        seconds = LONGEST
    return _BUCKET_NUMBERS[int(log(seconds) * _BUCKETS_PER_E + _OFFSET)]


def middle(number: int) -> float:
    """Return the seconds that stand for a bucket: within ``ACCURACY`` of everything in it."""
    return SHORTEST * 2 * _GAMMA**number / (_GAMMA + 1) if number else 0.0


def merge(into: Buckets, more: Iterable[tuple[int, int]]) -> None:
    """Add ``more``, pairs of bucket and count, to ``into``."""
    for number, count in more:
        into[number] = into.get(number, 0) + count


def quantile(buckets: Mapping[int, int], q: float) -> float:
    """Return the ``q`` quantile (0 < q ≤ 1) in seconds by nearest rank; 0.0 when nothing was counted."""
    rank = ceil(q * sum(buckets.values()))
    seen = 0
    for number in sorted(buckets):
        seen += buckets[number]
        if seen >= rank:
            return middle(number)
    return 0.0
