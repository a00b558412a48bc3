from __future__ import annotations

import threading

import pytest

from otel_agents.collector.meters import Meters


def lines(meters: Meters, name: str) -> list[str]:
    return [line for line in meters.text().splitlines() if line.startswith(f"otel_agents_collector_{name}")]


def test_nothing_is_documented_and_has_no_numbers():
    text = Meters().text().splitlines()
    assert all(line.startswith(("# HELP otel_agents_collector_", "# TYPE otel_agents_collector_")) for line in text)


def test_records_are_received_stored_and_refused():
    meters = Meters()
    meters.decided("traces", 3, {"a trace_id that is zero": 2, 'odd "\\\n': 1})
    meters.decided("traces", 1, {})
    assert lines(meters, "records") == [
        'otel_agents_collector_records_received_total{signal="traces"} 7',
        'otel_agents_collector_records_stored_total{signal="traces"} 4',
        'otel_agents_collector_records_refused_total{signal="traces",reason="a trace_id that is zero"} 2',
        'otel_agents_collector_records_refused_total{signal="traces",reason="odd \\"\\\\\\n"} 1',
    ]


def test_what_the_database_did_not_take_is_dropped():
    meters = Meters()
    meters.set_aside("logs", 2)
    assert lines(meters, "records_dropped") == [
        'otel_agents_collector_records_dropped_total{signal="logs",reason="set aside"} 2'
    ]


def test_a_histogram_counts_what_is_up_to_each_bound():
    meters = Meters()
    for seconds in (0.001, 0.002, 0.5, 60.0):
        meters.observe("query_seconds", seconds, resource="sql")
    found = dict(line.rsplit(" ", 1) for line in lines(meters, "query_seconds"))
    prefix = 'otel_agents_collector_query_seconds_bucket{resource="sql",le='
    at = {key.removeprefix(prefix).strip('"}'): int(value) for key, value in found.items() if key.startswith(prefix)}
    assert (at["0.001"], at["0.0025"], at["0.25"], at["0.5"], at["10.0"], at["+Inf"]) == (1, 2, 2, 3, 3, 4)
    assert found['otel_agents_collector_query_seconds_count{resource="sql"}'] == "4"
    assert float(found['otel_agents_collector_query_seconds_sum{resource="sql"}']) == pytest.approx(60.503)


def test_a_commit_is_timed_and_one_that_fails_is_counted():
    meters = Meters()
    assert meters.timed_commit(lambda value: value + 1)(1) == 2
    with pytest.raises(ZeroDivisionError):
        meters.timed_commit(lambda: 1 // 0)()
    assert lines(meters, "commits_failed_total") == ["otel_agents_collector_commits_failed_total 1"]
    assert "otel_agents_collector_commit_seconds_count 1" in lines(meters, "commit_seconds")


def test_whoever_looks_meanwhile_sees_every_record_somewhere():
    meters = Meters()
    done = threading.Event()

    def decide() -> None:
        while not done.is_set():
            meters.decided("logs", 2, {"overload": 1})

    threads = [threading.Thread(target=decide) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        counts = [int(line.rsplit(" ", 1)[1]) for line in lines(meters, "records")]
        assert not counts or counts[0] == sum(counts[1:])
    done.set()
    for thread in threads:
        thread.join()
