"""telemetry_health(): every span is delivered, spooled, waiting or dropped, and the counts say which."""

import socket
import threading

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_agents import configure, flush, monitor_operation, shutdown, telemetry_health
from tests.sdk.receiving import receiving


@pytest.fixture(autouse=True)
def _shut_down():
    yield
    shutdown()


@pytest.fixture
def receiver():
    with receiving() as server:
        yield server


def spans(count: int, **attributes: object) -> None:
    for _ in range(count):
        with monitor_operation("work", **attributes):
            pass


def destination(url: str) -> dict[str, object]:
    """The counts for one address that are not 0; they add up, also with those of all others."""
    health = telemetry_health()
    assert health.emitted == health.delivered + health.spooled + health.waiting + sum(health.dropped.values())
    (found,) = [each for each in health.destinations if each.name == f"{url}/v1/traces"]
    assert found.emitted == found.delivered + found.spooled + found.waiting + sum(found.dropped.values())
    counts = {name: getattr(found, name) for name in ("emitted", "delivered", "spooled", "waiting", "dropped")}
    return {name: count for name, count in counts.items() if count}


def test_what_arrives_is_delivered(receiver) -> None:
    configure(endpoint=receiver.url)
    threads = [threading.Thread(target=spans, args=(500,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert destination(receiver.url)["emitted"] == 2000
    assert flush()
    assert destination(receiver.url) == {"emitted": 2000, "delivered": 2000}
    assert len(receiver.names()) == 2000


def test_what_is_refused_is_dropped_with_the_reason(receiver) -> None:
    receiver.answers.put((400, {}))
    configure(endpoint=receiver.url)
    spans(3)
    assert flush()
    spans(2)
    assert flush()
    assert destination(receiver.url) == {"emitted": 5, "delivered": 2, "dropped": {"refused": 3}}


def test_what_is_taken_but_for_some_spans(receiver, caplog) -> None:
    partly = ExportTraceServiceResponse()
    partly.partial_success.rejected_spans = 2
    partly.partial_success.error_message = "older than a year"
    receiver.body = partly.SerializeToString()
    configure(endpoint=receiver.url)
    spans(3)
    assert flush()
    assert destination(receiver.url) == {"emitted": 3, "delivered": 1, "dropped": {"rejected": 2}}
    shutdown()
    (record,) = caplog.records
    assert record.message == f"{receiver.url}/v1/traces did not take 2 spans: older than a year"


def test_a_span_that_is_too_large_is_dropped_and_those_beside_it_arrive(receiver) -> None:
    receiver.largest = 12_000
    configure(endpoint=receiver.url)
    spans(4, text="x" * 4000)
    spans(1, text="x" * 20_000)
    assert flush()
    assert destination(receiver.url) == {"emitted": 5, "delivered": 4, "dropped": {"too_large": 1}}


def test_what_nobody_takes_waits(receiver) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        configure(endpoint=url)
        spans(3)
        assert not flush()
        assert destination(url) == {"emitted": 3, "waiting": 3}


def test_what_is_left_at_the_end_is_spooled_and_without_a_spool_dropped() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        configure(endpoint=url)
        spans(3)
        shutdown()
        assert destination(url) == {"emitted": 3, "spooled": 3}
        configure(endpoint=url, spool=False)
        spans(2)
        shutdown()
        assert destination(url) == {"emitted": 5, "spooled": 3, "dropped": {"shutdown": 2}}


def test_the_counts_go_on_across_a_new_configuration(receiver) -> None:
    configure(endpoint=receiver.url)
    spans(2)
    configure(endpoint=receiver.url)
    spans(1)
    assert flush()
    assert destination(receiver.url) == {"emitted": 3, "delivered": 3}


def test_spans_that_are_not_sampled_are_not_emitted(receiver) -> None:
    configure(endpoint=receiver.url, sample_ratio=0.0)
    spans(2)
    configure(endpoint=receiver.url)
    spans(1)
    assert flush()
    assert destination(receiver.url) == {"emitted": 1, "delivered": 1}


def test_each_destination_has_its_own_counts(receiver) -> None:
    before = {each.name: each.delivered for each in telemetry_health().destinations}
    receiver.answers.put((400, {}))
    configure(endpoint=receiver.url, exporters=[InMemorySpanExporter()])
    spans(2)
    assert flush()
    after = {each.name: each.delivered for each in telemetry_health().destinations}
    assert after["InMemorySpanExporter"] - before.get("InMemorySpanExporter", 0) == 2
    assert destination(receiver.url) == {"emitted": 2, "dropped": {"refused": 2}}
