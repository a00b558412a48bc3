"""Sudden spikes in a series of minute figures: robust z-scores against its recent past and its hour of the week.

What is judged are the last five minutes together. A single minute cannot be: of a week's 10,080 minutes of plain noise,
four lie 5 MAD (3.4 standard deviations) above the median, so that whoever finds such minutes raises false alarms. Over
five minutes, a rise by 5 MAD stands 7.5 standard deviations out.

Figures are brought to a scale on which their spread does not depend on their level: the square root for what is counted
(Anscombe 1948, https://doi.org/10.1093/biomet/35.3-4.246), the logarithm for times. What is predicted is the level of
the hour of the week, moved by what the last two hours were off it; in the first week, where the last two hours lead, or
as much above them as this time of other days was above the half hour before. The spread is that of the errors either
prediction made in the last day, as 1.4826 MAD, so what makes a series hard to predict makes its alarms rarer.
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from statistics import median
from struct import Struct
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Kind = Literal["count", "sum", "mean"]

WINDOW = 5  # minutes that are judged together
_RECENT = 120  # windows the prediction is made from: two hours
_PART = _RECENT // 3
_ERRORS = 288  # predictions whose errors are remembered, one every WINDOW minutes: a day
_LEAST_ERRORS = 24  # before anything is judged: two hours more
# Robust standard deviations above what is predicted.
_FIRES: Mapping[Kind, float] = {"count": 3.8, "sum": 3.9, "mean": 3.9}
_ENDS = 3.0
_STEP = 8.0  # between hours, that is no slope
_HOURS = 168
_DAY = 1440  # minutes
_LEAST_OF_AN_HOUR = 30  # windows, for the hour to be remembered
_LEAST_CALLS = 5  # in a window, for its mean to be one
_HELD = 60  # minutes a spike may last before it becomes what is usual
_MAD = 1.4826  # MAD to standard deviation, for normal noise
_PAUSE = 15  # minutes, after which the last two hours are others
_VERSION = 1  # of what is packed, and the layout of its head: hour, unit, spreads, lengths of the six lists
_HEAD = Struct("<Bidff6H")
_SMALLEST = {"count": 1.0, "sum": 1.0, "mean": 0.02}  # spreads nobody believes: less than Poisson's, 2 % of a time


class _Season(NamedTuple):
    """What a minute of the week is like: its level, and how high a step is that comes at a minute nobody knows."""

    level: float
    step: float  # 0 where there is none, such as a job that starts each night


class Verdict(NamedTuple):
    """What a window is like.

    Attributes:
        value: the figure, a minute's: calls, dollars, or seconds a call.
        low: of what is usual, 95 of 100 are above.
        high: and 95 of 100 below.
        score: robust standard deviations above what was predicted.
        by_the_hour: whether usual means this hour of the week (or of a day); otherwise the last two hours.
    """

    value: float
    low: float
    high: float
    score: float
    by_the_hour: bool


class Series:
    """One series; it takes about 40 kB at most.

    Args:
        kind: count, for what happens and how often; sum, for amounts that each call adds to; mean, of what a call took.
    """

    __slots__ = (
        "_errors",
        "_held",
        "_hour",
        "_hours",
        "_in_hour",
        "_kind",
        "_minutes",
        "_off",
        "_recent",
        "_spike",
        "_spreads",
        "_unit",
    )

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._minutes: deque[tuple[float, int]] = deque(maxlen=WINDOW)
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._off: deque[float] = deque(maxlen=_RECENT)  # what they were off the level of their hour, where it is known
        self._errors: tuple[deque[float], deque[float]] = (deque(maxlen=_ERRORS), deque(maxlen=_ERRORS))
        self._hours: array[float] | None = None  # the median of each hour of the week, NaN where it is not known
        self._in_hour: list[float] = []
        self._hour = -1
        self._held = 0
        self._spreads: list[float | None] = [None, None]  # of what continues the past, and of what goes by the hour
        self._spike = False
        self._unit = 0.0  # what a call adds to a sum, about

    def add(self, amount: float, calls: int, minute: int) -> Verdict | None:
        """Take a minute; return the verdict on the last five, if they are a spike.

        Args:
            amount: what was counted, or summed up over the calls.
            calls: how many calls there were.
            minute: minutes since the epoch.
        """
        self._minutes.append((amount, calls))
        if len(self._minutes) < WINDOW:
            return None
        total, number = map(sum, zip(*self._minutes, strict=True))
        level = self._level(total, number)
        if level is None:
            self._spike = False
            return None
        weight = math.sqrt(number) if self._kind == "mean" else 1.0  # a mean of more calls spreads less
        verdict = self._judge(level, weight, minute)
        self._remember(level, minute)
        if verdict is None or self._held >= _HELD:
            self._learn(level, minute)
        if verdict is None:
            self._spike, self._held = False, 0
            return None
        self._spike = True
        self._held += 1
        return verdict

    def gap(self) -> None:
        """Note that minutes are missing."""
        self._minutes.clear()

    def pack(self) -> bytes:
        """Return what was learned, for :meth:`unpack`."""
        spreads = (math.nan if spread is None else spread for spread in self._spreads)
        parts: list[Collection[float]] = [
            self._recent,
            self._off,
            *self._errors,
            self._in_hour,
            () if self._hours is None else self._hours,
        ]
        head = _HEAD.pack(_VERSION, self._hour, self._unit, *spreads, *map(len, parts))
        return head + b"".join(array("f", part).tobytes() for part in parts)

    def unpack(self, packed: bytes, *, minutes_ago: int) -> None:
        """Go on with what was learned before a pause; what is not of this version is left alone.

        Args:
            packed: what :meth:`pack` gave.
            minutes_ago: when. After a longer pause, the last two hours begin anew.
        """
        if len(packed) < _HEAD.size or packed[0] != _VERSION:
            return
        _, self._hour, self._unit, *numbers = _HEAD.unpack_from(packed)
        spreads, lengths = numbers[:2], numbers[2:]
        floats = array("f")
        floats.frombytes(packed[_HEAD.size :])
        parts, at = [], 0
        for length in map(int, lengths):
            parts.append(floats[at : at + length])
            at += length
        recent, off, continued, by_the_hour, self._in_hour, hours = (*map(list, parts[:5]), parts[5])
        self._errors = (deque(continued, _ERRORS), deque(by_the_hour, _ERRORS))
        self._spreads = [None if math.isnan(spread) else spread for spread in spreads]
        self._hours = hours or None
        if 0 <= minutes_ago <= _PAUSE:
            self._recent, self._off = deque(recent, _RECENT), deque(off, _RECENT)

    # --- The scale of judgement ---------------------------------------------------------------------------------------

    def _level(self, total: float, calls: int) -> float | None:
        """Bring a window's total to the scale; None where it says nothing."""
        if self._kind == "mean":
            return math.log(total / calls) if calls >= _LEAST_CALLS and total > 0 else None
        if self._kind == "sum":
            if not self._unit:
                if calls < _LEAST_CALLS or total <= 0:
                    return None
                self._unit = total / calls
            total /= self._unit
        return 2 * math.sqrt(max(total, 0.0) + 0.375)

    def _figure(self, level: float) -> float:
        """Give the minute figure that a level stands for."""
        if self._kind == "mean":
            return math.exp(level)
        total = max(0.0, (max(level, 0.0) / 2) ** 2 - 0.375)
        return total * (self._unit if self._kind == "sum" else 1.0) / WINDOW

    # --- What is usual ------------------------------------------------------------------------------------------------

    def _judge(self, level: float, weight: float, minute: int) -> Verdict | None:
        if len(self._recent) < _RECENT:
            return None
        season = self._season(minute)
        predictions = [max(self._continued(), median(list(self._recent)[-_PART:]) + self._rise(minute))]
        if season is not None and len(self._off) >= _PART:
            predictions.append(season.level + median(self._off))
        by_the_hour = len(predictions) == 2 and self._spreads[1] is not None
        predicted, spread = predictions[by_the_hour], self._spreads[by_the_hour]
        score = 0.0 if spread is None else (level - predicted) * weight / spread
        above = score >= (_ENDS if self._spike else _FIRES[self._kind])
        if not above and minute % WINDOW == 0:
            for which, each in enumerate(predictions):
                self._errors[which].append((level - each) * weight)
                self._measure(which)
        if not above or spread is None:
            return None
        around = 2 * spread / weight
        low, high = self._figure(predicted - around), self._figure(predicted + around)
        return Verdict(self._figure(level), low, high, score, by_the_hour)

    def _measure(self, which: int) -> None:
        """Measure how far predictions of a kind lie off."""
        errors = self._errors[which]
        if len(errors) >= _LEAST_ERRORS:
            centre = median(errors)
            spread = _MAD * median([abs(error - centre) for error in errors])
            self._spreads[which] = max(spread, _SMALLEST[self._kind])

    def _continued(self) -> float:
        """Continue the last two hours: the median of the last third, or where their trend leads, whichever is more."""
        recent = list(self._recent)
        first, second, third = (median(recent[at : at + _PART]) for at in range(0, _RECENT, _PART))
        trend = second + (third - first) / (2 * _PART) * (1.5 * _PART)
        return max(third, trend)

    def _season(self, minute: int) -> _Season | None:
        """Give what this minute of the week is like, by the hours around; None where they are unknown."""
        hours = self._hours
        if hours is None:
            return None
        hour, after = divmod(minute - 30, 60)
        before, next_ = hours[hour % _HOURS], hours[(hour + 1) % _HOURS]
        level = before + (next_ - before) * after / 60
        if math.isnan(level):
            return None
        spread = self._spreads[1] if self._spreads[1] is not None else self._spreads[0]
        if spread is not None and self._kind != "mean":
            at = minute // 60
            around = [hours[each % _HOURS] for each in (at - 1, at, at + 1) if not math.isnan(hours[each % _HOURS])]
            step = max(around) - min(around)
            if step > _STEP * spread:
                return _Season(max(around), step)
        return _Season(level, 0.0)

    def _rise(self, minute: int) -> float:
        """Give by how much this time of other days was above the middle of what was last then; the most of any day."""
        most = -math.inf
        for days in range(7):
            now = self._season(minute - days * _DAY)
            then = self._season(minute - days * _DAY - _PART // 2)
            if now is not None and then is not None:
                most = max(most, now.step or now.level - then.level)
        return most

    def _learn(self, level: float, minute: int) -> None:
        self._recent.append(level)
        season = self._season(minute)
        if season is not None and not season.step:
            self._off.append(level - season.level)

    def _remember(self, level: float, minute: int) -> None:
        """Remember what an hour is like, spikes too: what comes each day, or each week, is usual."""
        hour = minute // 60
        if hour != self._hour:
            self._remember_hour()
            self._hour = hour
        self._in_hour.append(level)

    def _remember_hour(self) -> None:
        if len(self._in_hour) >= _LEAST_OF_AN_HOUR:
            if self._hours is None:
                self._hours = array("f", [math.nan] * _HOURS)
            level, at = median(self._in_hour), self._hour % _HOURS
            before = self._hours[at]
            self._hours[at] = level if math.isnan(before) else (before + level) / 2
        self._in_hour.clear()
