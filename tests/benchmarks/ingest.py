"""What a collector takes in: spans a second by both transports, its answers, its memory, and more than it can take."""

import tempfile
import time
import urllib.request
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from statistics import quantiles

from otel_agents.collector.app import DATABASE
from tests.benchmarks import running, spans
from tests.benchmarks.running import Collector
from tests.benchmarks.sending import send
from tests.benchmarks.table import markdown

MIB = 2**20
WARM_UP = 5_120  # spans
OVERLOAD_QUEUE = 64 * MIB
# What it is held to, in the columns of the tables below.
TAKEN_MARK = ["at least, or at most", "50,000; gRPC 20 % less", "", "", "", "1 s", "2 s", "260 B", "150 MB", "1,200 MB"]
STARTED_MARK = ["at most", "2 s"]
OVERLOAD_MARK = ["at most", "", "1,200 MB"]
REMOVED_MARK = ["", "", "256 MB", "", "1 s", "2 s", "1,200 MB"]
KEEP = 256 * MIB
KEEP_RATE = 12_000  # spans a second: half of what it takes in, as removing is half as much again
OVERLOAD_CONNECTIONS = 200  # each with a request of 0.6 MB under way: twice what the queue has room for


def run(*, quick: bool) -> str:
    total = 20_480 if quick else 2_000_896
    with tempfile.TemporaryDirectory() as folder:
        taken = [_taken(transport, total, Path(folder) / transport) for transport in ("http", "grpc")]
        started = _started(Path(folder) / "http", total + WARM_UP)
        overload = _overloaded(3 if quick else 20, Path(folder) / "overload")
        removed = _removed(5 if quick else 120, Path(folder) / "removed")
    return "\n".join([taken_table(total, taken), started, overload, removed])


def taken_table(total: int, rows: list[list[str]]) -> str:
    columns = [
        "",
        "spans/s",
        "CPU a span",
        "of it the sender's",
        "acknowledged after, median",
        "99 %",
        "longest",
        "on disk a span",
        "memory before",
        "most",
    ]
    return markdown(
        f"{total:,} spans over OTLP/HTTP, and over gRPC, acknowledged and committed",
        columns,
        [*rows, TAKEN_MARK],
    )


def _taken(transport: str, total: int, data: Path) -> list[str]:
    with running.collector(data) as collector:
        time.sleep(2)
        idle = collector.memory()
        warm_up = spans.requests(WARM_UP, first_ns=time.time_ns() - 10**13, step_ns=1_000_000, seed=2)
        send(collector, warm_up, transport)
        bodies = spans.requests(total, first_ns=time.time_ns() - 10**12, step_ns=1_000_000)
        before = collector.count()
        time.sleep(5)  # for a reader of a moment ago, commits would be smaller and sooner
        cpu, sender_cpu = collector.cpu_s(), time.process_time()
        began = time.perf_counter()
        answers = send(collector, bodies, transport)
        stored = collector.committed(before + total) - before
        took = time.perf_counter() - began
        cpu, sender_cpu = collector.cpu_s() - cpu, time.process_time() - sender_cpu
        if stored != total or set(answers.statuses) != {"200"}:
            raise RuntimeError(f"{total} spans were sent and {stored} are stored: {dict(answers.statuses)}")
        most = collector.most_memory()
    size = sum(file.stat().st_size for file in data.rglob("*") if file.is_file()) / (total + before)
    cuts = quantiles(answers.seconds, n=100)
    return [
        {"http": "OTLP/HTTP", "grpc": "OTLP/gRPC"}[transport],
        f"{total / took:,.0f}",
        f"{(cpu + sender_cpu) / total * 1e6:.1f} µs",
        f"{sender_cpu / total * 1e6:.1f} µs",
        f"{cuts[49] * 1e3:.0f} ms",
        f"{cuts[98] * 1e3:.0f} ms",
        f"{max(answers.seconds) * 1e3:.0f} ms",
        f"{size:.0f} B",
        f"{idle / MIB:.0f} MB",
        f"{most / MIB:.0f} MB",
    ]


def _started(data: Path, total: int) -> str:
    began = time.perf_counter()
    with running.collector(data) as collector:
        took = time.perf_counter() - began
        if collector.count() != total:
            raise RuntimeError(f"not all of {total} spans are there after a new start")
    rows = [[f"{total:,}", f"{took:.2f} s"], STARTED_MARK]
    return markdown("A start", ["spans stored", "from the command to listening"], rows)


def _overloaded(seconds: float, data: Path) -> str:
    """More senders than it has room for, that do not wait however they are asked to."""
    with running.collector(data, OTEL_AGENTS_QUEUE_BYTES=str(OVERLOAD_QUEUE)) as collector:
        bodies = spans.requests(10**9, first_ns=time.time_ns(), step_ns=1_000_000)
        until = time.monotonic() + seconds
        answers = send(collector, takewhile(lambda _: time.monotonic() < until, bodies), "http", OVERLOAD_CONNECTIONS)
        stored = collector.committed(answers.statuses["200"] * spans.REQUEST)
        most = collector.most_memory()
    if stored < answers.statuses["200"] * spans.REQUEST:
        raise RuntimeError(f"{stored} spans are stored of {dict(answers.statuses)} requests of {spans.REQUEST}")
    refused = answers.statuses.total() - answers.statuses["200"]
    row = [f"{answers.statuses['200']:,}", f"{refused:,}", f"{most / MIB:.0f} MB"]
    title = f"{OVERLOAD_CONNECTIONS} connections that never wait, and room for half of their requests"
    columns = ["acknowledged and stored", "asked to come again (503) or cut off", "most memory"]
    return markdown(title, columns, [row, OVERLOAD_MARK])


def _removed(seconds: float, data: Path) -> str:
    """Spans come in at a rate for which the size that is kept is too small within half a minute or two."""
    total = int(seconds * KEEP_RATE) // spans.REQUEST * spans.REQUEST
    database = everything = 0

    def paced() -> Iterator[bytes]:
        nonlocal database, everything
        began = time.monotonic()
        bodies = spans.requests(total, first_ns=time.time_ns(), step_ns=int(1e9 / KEEP_RATE * spans.TRACE))
        for number, body in enumerate(bodies):
            time.sleep(max(0.0, began + number * spans.REQUEST / KEEP_RATE - time.monotonic()))
            if number % 10 == 0 and (data / DATABASE).exists():
                database = max(database, (data / DATABASE).stat().st_size)
                everything = max(everything, collector.disk_bytes())
            yield body

    with running.collector(data, OTEL_AGENTS_KEEP_BYTES=str(KEEP)) as collector:
        began = time.perf_counter()
        answers = send(collector, paced(), "http")
        took = time.perf_counter() - began
        # What was sent is stored, or counted as removed.
        until = time.monotonic() + 60
        while (kept := collector.count()) + (removed := _counted(collector)) != total and time.monotonic() < until:
            time.sleep(0.5)
        most = collector.most_memory()
    if kept + removed != total or set(answers.statuses) != {"200"}:
        raise RuntimeError(f"{kept} and {removed} removed are not the {total} sent: {dict(answers.statuses)}")
    cuts = quantiles(answers.seconds, n=100)
    row = [
        f"{total / took:,.0f}",
        f"{removed:,} of {total:,}",
        f"{database / MIB:.0f} MB",
        f"{everything / MIB:.0f} MB",
        f"{cuts[98] * 1e3:.0f} ms",
        f"{max(answers.seconds) * 1e3:.0f} ms",
        f"{most / MIB:.0f} MB",
    ]
    columns = [
        "spans/s",
        "removed",
        "database at most",
        "with log and journal",
        "acknowledged after, 99 %",
        "longest",
        "most memory",
    ]
    return markdown(
        f"At most {KEEP // MIB} MB are kept, while spans come in for {seconds:.0f} s", columns, [row, REMOVED_MARK]
    )


def _counted(collector: Collector) -> int:
    """How many spans were removed, as its metrics say."""
    with urllib.request.urlopen(f"http://127.0.0.1:{collector.port}/metrics", timeout=60) as answer:
        said = answer.read().decode()
    lines = [line for line in said.splitlines() if "records_removed_total" in line and 'signal="traces"' in line]
    return sum(int(float(line.rpartition(" ")[2])) for line in lines)
