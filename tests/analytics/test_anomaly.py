"""Simulated series with a daily and a weekly season: how many spikes are found, and how many there are not."""

import math
import random

import pytest

from otel_agents.analytics.anomaly import Series

WEEK = 7 * 24 * 60
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
    spikes = found = alarms = 0
    until, hit, was = -1, False, False
    for minute in range(2 * WEEK):
        amount, calls = a_minute(draw, kind, minute)
        if minute >= WEEK and minute % 240 == 117:
            until, hit, rise = minute + LASTS, False, five_mad(kind, minute)
            spikes += 1
        if minute < until:
            amount += rise * calls if kind == "mean" else rise
        spike = series.add(amount, calls, minute) is not None
        if spike and minute < until and not hit:
            hit, found = True, found + 1
        elif spike and not was and minute >= until + LASTS:
            alarms += 1
        was = spike
    assert (found / spikes >= 0.95, alarms <= 2) == (True, True), (found, spikes, alarms)
