"""What is old is removed, whole traces at a time, and the file does not grow."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from otel_agents.collector.meters import Meters
from otel_agents.collector.receiver.decode_logs import decode_logs
from otel_agents.collector.receiver.decode_points import decode_points
from otel_agents.collector.receiver.decode_spans import decode_spans
from otel_agents.collector.retention import Retention
from otel_agents.collector.store import removal
from otel_agents.collector.store.removal import Removed
from tests.collector import otlp

if TYPE_CHECKING:
    from typing import Any

    import pytest

    from otel_agents.collector.handoff import SpanBatch
    from otel_agents.collector.store.duckdb import DuckDBStore

MIB = 1024 * 1024
SECOND = 1_000_000_000
START = datetime(2026, 9, 21, 14, 13, 20, 123456, tzinfo=UTC)  # otlp.START_NS


def trace(number: int, *seconds: float) -> SpanBatch:
    """Spans that start so many seconds after the start."""
    spans = [
        otlp.span(
            {"text": f"{number} {at} {number * 7919 % 1009}" * 50},
            trace_id=f"{number:032x}",
            start_time_unix_nano=otlp.START_NS + int(at * SECOND),
        )
        for at in seconds
    ]
    return decode_spans(otlp.request(*spans).SerializeToString()).batch


def after(seconds: float) -> datetime:
    return (START + timedelta(seconds=seconds)).replace(tzinfo=None)


def left(store: DuckDBStore, what: str) -> list[Any]:
    with store.read() as cursor:
        return [value for (value,) in cursor.execute(what).fetchall()]


def test_a_trace_goes_whole_when_its_newest_span_is_old(store: DuckDBStore):
    store.write([trace(1, 0, 1), trace(2, 0, 20), trace(3, 2), trace(4, 30)])
    store.write([trace(1, 5)])
    assert store.remove(after(10)) == Removed(2, {"traces": 4, "metrics": 0, "logs": 0}, all=True)
    kept = [f"{number:032x}" for number in (2, 2, 4)]
    assert left(store, "SELECT trace_id FROM spans ORDER BY 1") == kept
    assert left(store, "SELECT trace_id FROM trace_ranges ORDER BY 1") == [kept[0], kept[2]]
    assert store.remove(after(10)) == Removed(0, {"traces": 0, "metrics": 0, "logs": 0}, all=True)


def test_metrics_logs_and_evaluations_go_by_their_age(store: DuckDBStore):
    old, new = otlp.START_NS, otlp.START_NS + 20 * SECOND
    judged = f"{4:032x}"
    records = [otlp.evaluation(trace_id=judged, time=old, name="kept"), otlp.evaluation(time=old, name="gone")]
    points = [otlp.gauge("old", time_unix_nano=old), otlp.gauge("new", time_unix_nano=new)]
    store.write([trace(4, 20), trace(5, 1)])
    store.write([decode_logs(otlp.logs(*records, otlp.evaluation(time=new, name="new")).SerializeToString()).batch])
    store.write([decode_points(otlp.metrics(*points).SerializeToString()).batch])
    assert store.remove(after(10)) == Removed(1, {"traces": 1, "metrics": 1, "logs": 2}, all=True)
    assert left(store, "SELECT name FROM metrics") == ["new"]
    assert left(store, "SELECT count(*) FROM logs") == [1]
    assert left(store, "SELECT name FROM evaluations ORDER BY 1") == ["kept", "new"]


def test_steps_are_short_and_the_oldest_come_first(store: DuckDBStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(removal, "TRACES", 2)
    store.write([trace(number, 10 - number) for number in range(1, 6)])
    expected = [(2, False, [1, 2, 3]), (2, False, [1]), (1, True, [])]
    for traces, everything, kept in expected:
        step = store.remove(after(100))
        assert (step.traces, step.all) == (traces, everything)
        assert left(store, "SELECT trace_id FROM spans ORDER BY 1") == [f"{number:032x}" for number in kept]


def counted(meters: Meters) -> dict[str, int]:
    lines = [line.removeprefix("otel_agents_collector_") for line in meters.text().splitlines()]
    found = [line.rsplit(" ", 1) for line in lines if "removed" in line and not line.startswith("#")]
    return {name: int(number) for name, number in found if number != "0"}


def test_what_is_too_old_is_removed_and_counted(store: DuckDBStore):
    meters = Meters()
    store.write([trace(1, 0, 5), trace(2, 86_400)])
    Retention(store, meters, 1, None, now=lambda: START + timedelta(days=1.5)).close()
    assert left(store, "SELECT trace_id FROM traces") == [f"{2:032x}"]
    assert counted(meters) == {
        'records_removed_total{signal="traces",reason="age"}': 2,
        'traces_removed_total{reason="age"}': 1,
    }


def test_without_a_limit_nothing_is_removed(store: DuckDBStore):
    store.write([trace(1, -40 * 365 * 86_400)])
    retention = Retention(store, Meters(), None, None)
    retention.by_age()
    retention.by_size()
    retention.close()
    assert left(store, "SELECT count(*) FROM spans") == [1]


def test_the_file_stays_at_the_size_that_is_kept_and_has_the_newest(store: DuckDBStore):
    meters, keep, rng = Meters(), 6 * MIB, random.Random(1)
    retention = Retention(store, meters, None, keep)
    sizes = []
    for number in range(14):
        spans = [
            otlp.span(
                {"text": rng.randbytes(2500).hex()},
                trace_id=f"{number * 20 + at // 10 + 1:032x}",
                start_time_unix_nano=otlp.START_NS + (number * 1000 + at) * SECOND,
            )
            for at in range(200)
        ]
        store.write([decode_spans(otlp.request(*spans).SerializeToString()).batch])
        retention.by_size()
        store.checkpoint()
        sizes.append(store.size())
    retention.close()
    assert max(sizes) < keep
    kept = left(store, "SELECT count(*) FROM spans GROUP BY trace_id")
    newest = left(store, "SELECT DISTINCT trace_id FROM spans ORDER BY 1 DESC")
    assert set(kept) == {10}
    assert len(kept) * 10 * 2_500 > keep / 4  # and not much less than there is room for
    assert newest == [f"{number:032x}" for number in range(280, 280 - len(kept), -1)]
    assert counted(meters) == {
        'records_removed_total{signal="traces",reason="size"}': 2_800 - 10 * len(kept),
        'traces_removed_total{reason="size"}': 280 - len(kept),
    }
