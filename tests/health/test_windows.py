import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agents.health.sketch import bucket
from otel_agents.health.tally import Tally
from otel_agents.health.windows import FIVE_MINUTES, HOUR, SLOT_NS, Series

START = 170_000_000  # a slot in 2023


def requests(series: Series, *slots: int) -> None:
    for slot in slots:
        series[slot].request(1.0, bucket(1.0), failed=False)


def counted(series: Series, seconds: float | None, slot: int) -> int:
    return series.over(seconds, slot * SLOT_NS).requests


def test_a_request_leaves_each_window_in_its_time():
    series = Series()
    requests(series, START)

    def windows(slots_later):
        return [counted(series, seconds, START + slots_later) for seconds in (60, FIVE_MINUTES, HOUR, None)]

    assert windows(0) == [1, 1, 1, 1]
    assert windows(5) == [1, 1, 1, 1]
    assert windows(6) == [0, 1, 1, 1]
    assert windows(29) == [0, 1, 1, 1]
    assert windows(30) == [0, 0, 1, 1]
    assert windows(360) == [0, 0, 0, 1]


def test_windows_slide_while_requests_go_on():
    series = Series()
    requests(series, *range(START, START + 1000))
    now = START + 999
    assert [counted(series, seconds, now) for seconds in (60, FIVE_MINUTES, None)] == [6, 30, 1000]
    assert 330 < counted(series, HOUR, now) <= 360  # by blocks of 30


def test_a_late_request_counts_where_it_belongs():
    series = Series()
    requests(series, START, START + 20, START + 2, START + 21)
    assert counted(series, FIVE_MINUTES, START + 21) == 4
    assert counted(series, FIVE_MINUTES, START + 32) == 2
    assert counted(series, None, START + 32) == 4


@given(st.lists(st.integers(0, 800), min_size=1, max_size=200))
def test_in_any_order_a_window_holds_what_is_inside_it(offsets):
    series = Series()
    requests(series, *(START + offset for offset in offsets))
    now = max(offsets)
    assert counted(series, FIVE_MINUTES, START + now) == sum(offset > now - 30 for offset in offsets)
    assert counted(series, None, START + now) == len(offsets)


def test_what_is_kept_is_bounded():
    series = Series()
    requests(series, *range(START, START + 5000), *range(START - 5000, START))
    assert (len(series) <= 60, len(series._slots) <= 31, len(series._blocks) <= 13) == (True, True, True)
    assert counted(series, None, START) == 10_000


@pytest.mark.parametrize("cost", [None, 0.25])
def test_a_packed_tally_holds_everything(cost):
    tally = Tally()
    tally.request(1.5, bucket(1.5), failed=True, error_type="TimeoutError")
    tally.first_chunk(0.25, bucket(0.25))
    tally.retries = 3
    tally.request(0.5, bucket(0.5), failed=False)
    tally.spend(1000, 200, 300, 50, cost, cost is None)
    tally.unsplit_tokens = 7
    merged = Tally()
    merged.merge_packed(tally.pack())
    assert {name: getattr(merged, name) for name in Tally.__slots__} == {
        "buckets": {bucket(1.5): 1, bucket(0.5): 1},
        "cached_tokens": 300,
        "cost": cost,
        "error_types": {"TimeoutError": 1},
        "failures": 1,
        "first_chunk_seconds": 0.25,
        "first_chunks": {bucket(0.25): 1},
        "input_tokens": 1000,
        "output_tokens": 200,
        "reasoning_tokens": 50,
        "requests": 2,
        "retries": 3,
        "seconds": 2.0,
        "unpriced_calls": 1 if cost is None else 0,
        "unsplit_tokens": 7,
    }


def test_a_busy_tally_is_packed_whole():
    tally = Tally()
    for seconds, number in ((1.0, 70_000), (2.0, 3)):
        for _ in range(number):
            tally.request(seconds, bucket(seconds), failed=False)
    merged = Tally()
    merged.merge_packed(tally.pack())
    assert merged.buckets == {bucket(1.0): 70_000, bucket(2.0): 3}


def test_sums_alone_are_those_of_the_whole():
    series = Series()
    for slot in range(START, START + 40):
        series[slot].request(1.5, bucket(1.5), failed=slot % 2 == 0, error_type="TimeoutError")
        series[slot].spend(10, 2, 0, 0, 0.25, unpriced=False)
    now = (START + 40) * SLOT_NS
    for seconds in (60, FIVE_MINUTES, HOUR, None):
        whole, sums = series.over(seconds, now), series.over(seconds, now, sums_only=True)
        assert [getattr(sums, name) for name in ("requests", "failures", "seconds", "tokens", "cost")] == [
            getattr(whole, name) for name in ("requests", "failures", "seconds", "tokens", "cost")
        ]
        assert (sums.buckets, sums.error_types) == ({}, None)


@given(st.lists(st.integers(-2000, 3000), min_size=1, max_size=200))
def test_everything_since_the_start_is_counted_however_late_it_comes(offsets):
    series = Series()
    for offset in offsets:
        series[START + offset].request(1.0, bucket(1.0), failed=offset % 2 == 0, error_type="TimeoutError")
    total = series.over(None, 0)
    assert (total.requests, total.seconds, total.buckets) == (len(offsets), len(offsets), {bucket(1.0): len(offsets)})
    assert sum((total.error_types or {}).values()) == total.failures == sum(offset % 2 == 0 for offset in offsets)
