"""Simulated series with a daily and a weekly season: how many spikes are found, and how many there are not."""

import math
import random

import pytest

from otel_agents.analytics.anomaly import Series

WEEK = 7 * 24 * 60
DAY = 24 * 60
FIRST_JUDGED = 240  # minutes until there is enough to judge by
LASTS = 5  # minutes


def season(minute):
    return (1 + 0.5 * math.sin(2 * math.pi * minute / 1440)) * (1 + 0.3 * math.sin(2 * math.pi * minute / WEEK))


def poisson(draw, mean):
    limit, number, product = math.exp(-mean), 0, draw.random()
    while product > limit:
        number += 1
        product *= draw.random()
    return number


def a_minute(draw, kind, minute):
    """What a minute is like: the amount, and the calls."""
    calls = poisson(draw, 20 * season(minute))
    if kind == "count":
        return float(calls), calls
    return sum(draw.lognormvariate(0.5 if kind == "mean" else -4.0, 0.5) for _ in range(calls)), calls


def five_mad(kind, minute):
    """5 MAD of the figures of minutes like this one, as an amount."""
    draw = random.Random(minute)
    figures = sorted(
        amount / max(calls, 1) if kind == "mean" else amount
        for amount, calls in (a_minute(draw, kind, minute) for _ in range(301))
    )
    return 5 * sorted(abs(figure - figures[150]) for figure in figures)[150]


@pytest.mark.parametrize("kind", ["count", "mean", "sum"])
def test_spikes_of_5_mad_are_found_and_noise_raises_at_most_one_alarm_a_week(kind):
    draw, series = random.Random(50), Series(kind)
    spikes, found, alarms = [0, 0], [0, 0], [0, 0]  # in the first week, and in the second
    until, hit, was = -1, False, False
    for minute in range(2 * WEEK):
        week = minute // WEEK
        amount, calls = a_minute(draw, kind, minute)
        if minute > FIRST_JUDGED and minute % 240 == 117:
            until, hit, rise = minute + LASTS, False, five_mad(kind, minute)
            spikes[week] += 1
        if minute < until:
            amount += rise * calls if kind == "mean" else rise
        spike = series.add(amount, calls, minute) is not None
        if spike and minute < until and not hit:
            hit = True
            found[week] += 1
        elif spike and not was and minute >= until + LASTS:
            alarms[week] += 1
        was = spike
    assert (found[0] / spikes[0] >= 0.85, found[1] / spikes[1] >= 0.95, max(alarms) <= 1) == (True, True, True), (
        found,
        spikes,
        alarms,
    )


@pytest.mark.parametrize(("begins", "lasts"), [(135, 60), (610, 45)])
def test_what_happens_every_day_raises_an_alarm_on_the_first_at_most(begins, lasts):
    draw, series, alarms = random.Random(1), Series("count"), set()
    for minute in range(5 * DAY):
        calls = poisson(draw, 20 * season(minute) * (3 if begins <= minute % DAY < begins + lasts else 1))
        if series.add(float(calls), calls, minute) is not None:
            alarms.add(minute // DAY)
    assert alarms <= {0}


@pytest.mark.parametrize("kind", ["count", "mean", "sum"])
def test_what_was_learned_goes_on_after_a_pause(kind):
    draw, learner = random.Random(3), Series(kind)
    for minute in range(2 * DAY):
        learner.add(*a_minute(draw, kind, minute), minute)
    restarted, later, new = Series(kind), Series(kind), Series(kind)
    restarted.unpack(learner.pack(), minutes_ago=3)
    later.unpack(learner.pack(), minutes_ago=600)
    assert restarted.pack() == learner.pack() != later.pack()
    new.unpack(b"of another version", minutes_ago=0)
    assert new.pack() == Series(kind).pack()
    begins = 2 * DAY + 600
    for minute in range(begins, begins + 150):
        amount, calls = a_minute(draw, kind, minute)
        rise = five_mad(kind, minute) if minute >= begins + 145 else 0.0
        verdict = later.add(amount + (rise * calls if kind == "mean" else rise), calls, minute)
    assert verdict is not None  # after two hours and a half, where one that knows nothing needs four
