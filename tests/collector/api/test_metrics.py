"""The collector about itself: /metrics and /readyz, while it is under load and when its disk is full."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import grpc
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from prometheus_client.parser import text_string_to_metric_families

from tests.collector import otlp
from tests.collector.api.asking import ask, sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RunningCollector

LINE = re.compile(r"([a-z_]+)(?:\{(.*)\})? ([-+.e\d]+)")
PROTOBUF = "application/x-protobuf"


def scraped(url: str) -> dict[tuple[str, str], float]:
    """The numbers by name and labels, without the prefix."""
    answer = ask(url, "GET", "/metrics")
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/plain")
    found = {}
    for line in answer.body.decode().splitlines():
        if not line.startswith("#"):
            name, labels, number = LINE.fullmatch(line).groups()
            found[name.removeprefix("otel_agents_collector_"), labels or ""] = float(number)
    return found


def records(found: dict[tuple[str, str], float], what: str) -> Counter[str]:
    """How many records of each signal."""
    counted: Counter[str] = Counter()
    for (name, labels), number in found.items():
        if name == f"records_{what}_total":
            counted[re.search(r'signal="(\w+)"', labels)[1]] += int(number)
    return counted


def test_received_is_stored_and_refused_always(start_collector: Callable[..., RunningCollector]):
    busy = start_collector(OTEL_AGENTS_QUEUE_BYTES="1500000", OTEL_AGENTS_MAX_REQUEST_BYTES="1200000")
    numbers = itertools.count(1 << 40)  # apart from those otlp.span gives by itself
    statuses: Counter[int] = Counter()
    stop = threading.Event()

    def trace() -> bytes:
        spans = [otlp.span(span_id=f"{next(numbers):016x}") for _ in range(50)]
        return otlp.request(*spans, otlp.span(trace_id=b"bad"), otlp.span({"k": "x" * 20_000})).SerializeToString()

    bodies = {
        "/v1/traces": [trace, lambda: b"no OTLP", lambda: bytes(1_300_000), lambda: bytes(1_100_000)],
        "/v1/metrics": [lambda: otlp.metrics(otlp.gauge(value=next(numbers)), otlp.gauge("")).SerializeToString()],
    }

    def send(path: str) -> None:
        for body in itertools.cycle(bodies[path]):
            if stop.is_set():
                return
            statuses[ask(busy.url, "POST", path, body(), Content_Type=PROTOBUF).status] += 1

    def send_logs() -> None:
        with grpc.insecure_channel(f"127.0.0.1:{busy.grpc_port}") as channel:
            while not stop.is_set():
                LogsServiceStub(channel).Export(otlp.logs(otlp.evaluation(name=str(next(numbers)))))

    threads = [threading.Thread(target=send, args=[path]) for path in (*bodies, "/v1/traces")]
    threads.append(threading.Thread(target=send_logs))
    for thread in threads:
        thread.start()
    looks = 0
    while looks < 30 or statuses[200] < 20:
        found = scraped(busy.url)
        assert records(found, "received") == records(found, "stored") + records(found, "refused")
        looks += 1
    stop.set()
    for thread in threads:
        thread.join()

    found = scraped(busy.url)
    stored = records(found, "stored")
    (row,) = busy.sql("SELECT (SELECT count(*) FROM spans) AS s, (SELECT count(*) FROM logs) AS l")
    assert (stored["traces"], stored["logs"]) == (row["s"], row["l"])
    assert records(found, "refused")["metrics"] == stored["metrics"] > 0  # the nameless one of each request
    answers = Counter({int(status): 0 for status in statuses})
    for (name, labels), number in found.items():
        if name == "requests_total" and 'transport="http"' in labels:
            answers[int(re.search(r'status="(\d+)"', labels)[1])] += int(number)
    assert answers == statuses
    assert {200, 400, 413} <= set(statuses)


def test_what_it_tells(collector: RunningCollector):
    otlp.post(f"{collector.url}/v1/traces", otlp.request(otlp.span()).SerializeToString())
    assert sql(collector.url, "SELECT count(*) FROM spans").json["rows"] == [[1]]
    found = scraped(collector.url)
    names = {name for name, _ in found}
    for of in ("request_seconds", "commit_seconds", "query_seconds"):
        assert {f"{of}_bucket", f"{of}_sum", f"{of}_count"} <= names
    assert found["query_seconds_count", 'resource="sql"'] == 1
    assert found["commit_seconds_count", ""] == 1
    assert (found["queue_bytes", ""], found["backlog_bytes", ""]) == (0, 0)
    assert found["disk_bytes", 'file="log"'] > 0
    assert found["batches_set_aside", ""] == 0
    assert found["disk_free_bytes", ""] > 0
    assert 20_000_000 < found["process_resident_memory_bytes", ""] < 2_000_000_000


def test_prometheus_reads_it(collector: RunningCollector):
    otlp.post(f"{collector.url}/v1/traces", otlp.request(otlp.span(), otlp.span(trace_id=b"bad")).SerializeToString())
    assert sql(collector.url, "SELECT count(*) FROM spans").json["rows"] == [[1]]
    families = list(text_string_to_metric_families(ask(collector.url, "GET", "/metrics").body.decode()))
    assert len({family.name for family in families}) == len(families)
    assert all(family.documentation and family.type in ("counter", "gauge", "histogram") for family in families)
    samples = [(sample.name, tuple(sorted(sample.labels.items()))) for family in families for sample in family.samples]
    assert len(set(samples)) == len(samples)
    for family in families:
        if family.type == "histogram":
            bounds = [sample for sample in family.samples if sample.name.endswith("_bucket")]
            assert not bounds or bounds[-1].labels["le"] == "+Inf"


def test_it_is_ready(collector: RunningCollector):
    answer = ask(collector.url, "GET", "/readyz")
    assert (answer.status, answer.json) == (200, {"status": "ready"})


def test_what_is_older_than_is_kept_is_removed_and_counted(start_collector: Callable[..., RunningCollector]):
    first = start_collector()
    old, new = otlp.START_NS - 400 * 86_400 * 10**9, time.time_ns()
    body = otlp.request(*(otlp.span(name=str(at), start_time_unix_nano=at, trace_id=f"{at:032x}") for at in (old, new)))
    otlp.post(f"{first.url}/v1/traces", body.SerializeToString())
    assert first.sql("SELECT count(*) AS spans FROM spans") == [{"spans": 2}]
    first.stop()
    kept = start_collector(OTEL_AGENTS_KEEP_DAYS="30")
    removed = ("traces_removed_total", 'reason="age"')
    while scraped(kept.url).get(removed) != 1:
        time.sleep(0.05)
    assert kept.sql("SELECT name FROM spans") == [{"name": str(new)}]
    assert scraped(kept.url)["records_removed_total", 'signal="traces",reason="age"'] == 1
