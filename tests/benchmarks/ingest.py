"""Spans a second that a collector acknowledges and has committed, its sender beside it on the same cores."""

import time

import psutil

from tests.benchmarks import running, spans
from tests.benchmarks.table import markdown


def run(*, quick: bool) -> str:
    total = 20_480 if quick else 512_000
    with running.collector() as collector:
        process = psutil.Process(collector.process.pid)
        collector.send(spans.requests(5_120, first_ns=time.time_ns() - 10**13, step_ns=1_000_000, seed=2))
        before, cpu = collector.count(), sum(process.cpu_times()[:2])
        bodies = spans.requests(total, first_ns=time.time_ns() - 10**12, step_ns=1_000_000)
        began = time.perf_counter()
        collector.send(bodies)
        took = time.perf_counter() - began
        cpu = sum(process.cpu_times()[:2]) - cpu
        stored = collector.count() - before
        memory = process.memory_info().rss / 2**20
        if stored != total:
            raise RuntimeError(f"{total} spans were acknowledged and {stored} are stored")
        collector.process.terminate()
        collector.process.wait(30)
        size = collector.disk_bytes() / (total + before)
    row = [f"{total / took:,.0f}", f"{cpu / total * 1e6:.1f} µs", f"{size:.0f} B", f"{memory:.0f} MB"]
    columns = ["spans/s", "collector CPU a span", "on disk a span", "memory"]
    return markdown(f"{total:,} spans over OTLP/HTTP, acknowledged and committed", columns, [row])
