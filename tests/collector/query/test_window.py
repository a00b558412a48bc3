"""The stretch of time a page looks at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from otel_agents.collector.query.window import Window, window
from tests.collector.query.filled import NOW


@pytest.mark.parametrize(
    ("minutes", "bucket_s"),
    [(1, 1), (5, 5), (60, 60), (180, 300), (24 * 60, 1800), (30 * 24 * 60, 43200), (525_600, 604800)],
)
def test_buckets_are_of_a_round_length(minutes, bucket_s):
    made = window(minutes, NOW)
    assert made == Window(NOW - timedelta(minutes=minutes), NOW, bucket_s)
    assert len(made.buckets) <= 61


def test_buckets_cover_the_window_and_no_more():
    made = window(1, NOW + timedelta(seconds=0.5))
    first, last = made.buckets[0] * made.bucket_s, made.buckets[-1] * made.bucket_s
    assert (last - first, len(made.buckets)) == (60, 61)
    assert len(window(1, NOW).buckets) == 60


def test_the_window_before():
    assert window(5, NOW).before == Window(NOW - timedelta(minutes=10), NOW - timedelta(minutes=5), 5)
