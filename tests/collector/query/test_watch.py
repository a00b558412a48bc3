"""What ends a query."""

from __future__ import annotations

import threading

import duckdb
import pytest

from otel_agents.collector.query.watch import Limits, Watch

SLOW = "SELECT count(*) FROM range(1000000) a(i), range(1000000) b(j) WHERE (i * j) % 7 = 3"


@pytest.mark.parametrize(
    ("limits", "left", "reason"),
    [
        (Limits(time=0.1, memory=1 << 30), False, "time"),
        (Limits(time=60, memory=-(1 << 40)), False, "memory"),
        (Limits(time=60, memory=1 << 30), True, "left"),
    ],
)
def test_a_query_over_a_limit_is_interrupted(store, limits, left, reason):
    event = threading.Event()
    if left:
        event.set()
    with store.read() as cursor, Watch(cursor, limits, event) as watch:
        with pytest.raises(duckdb.InterruptException):
            cursor.execute(SLOW)
        assert watch.reason == reason


def test_a_query_within_its_limits_is_not(store):
    with store.read() as cursor, Watch(cursor, Limits(time=60, memory=1 << 30)) as watch:
        assert cursor.execute("SELECT 1").fetchall() == [(1,)]
    assert watch.reason is None
