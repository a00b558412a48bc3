"""A collector of others beside ours, on the same few spans: how fast they are taken in and stored, and found again."""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.benchmarks import processes, spans
from tests.benchmarks.peers import phoenix
from tests.benchmarks.processes import DidNotRunError
from tests.benchmarks.table import markdown

START_S = 300.0
STORE_S = 600.0
TIMES = 15


@dataclass
class Server:
    """A collector that runs: its process, the port of its API, and how it is asked."""

    process: psutil.Process
    port: int
    count: Callable[["Server"], int]
    newest: str
    one: str

    def ask(self, method: str, path: str, body: object = None, kind: str = "application/json") -> bytes:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            data = body if isinstance(body, bytes) else None if body is None else json.dumps(body)
            connection.request(method, path, data, {"content-type": kind})
            answer = connection.getresponse()
            said = answer.read()
        if answer.status >= 300:
            raise DidNotRunError(f"{path}: {answer.status} {said[:100]!r}")
        return said

    def cpu_s(self) -> float:
        """Of it and the processes it has started."""
        return sum(sum(one.cpu_times()[:2]) for one in (self.process, *self.process.children(recursive=True)))


def run(*, quick: bool) -> str:
    total = 1_024 if quick else 5_120
    rows = [["**otel-agents**", *_row(_ours, total)]]
    if not quick:
        try:
            processes.install("phoenix")
            rows.append([processes.label("phoenix"), *_row(_phoenix, total)])
        except DidNotRunError as reason:
            rows.append([processes.label("phoenix"), f"did not run: {reason}", *[""] * 7])
    columns = ["", "start", "memory idle", "acknowledged/s", "stored/s", "CPU a span", "on disk a span"]
    return markdown(
        f"A collector beside ours: {total:,} spans over OTLP/HTTP, one after another",
        [*columns, "newest 100 traces", "a trace by id"],
        rows,
    )


def _row(start: Callable[[str], AbstractContextManager[Server]], total: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with start(folder) as server:
            started = time.perf_counter() - began
            time.sleep(2)
            idle = server.process.memory_info().rss
            bodies = list(spans.requests(total, first_ns=time.time_ns() - 10**11, step_ns=1_000_000))
            cpu, began = server.cpu_s(), time.perf_counter()
            for body in bodies:
                server.ask("POST", "/v1/traces", body, "application/x-protobuf")
            acknowledged = time.perf_counter() - began
            while server.count(server) < total:
                if time.perf_counter() - began > STORE_S:
                    raise DidNotRunError(f"{server.count(server):,} of {total:,} spans stored after {STORE_S:.0f} s")
                time.sleep(0.1)
            stored, cpu = time.perf_counter() - began, server.cpu_s() - cpu
            some = _first_trace_id(bodies[0])
            # Not the same each time, as ours keeps an answer until something is stored.
            newest = _median(lambda at: server.ask("GET", server.newest.replace("{limit}", str(100 + at))))
            one = _median(lambda _: server.ask("GET", server.one.format(id=some)))
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    return [
        f"{started:.1f} s",
        f"{idle / 2**20:.0f} MB",
        f"{total / acknowledged:,.0f}",
        f"{total / stored:,.0f}",
        f"{cpu / total * 1e6:,.0f} µs",
        f"{size / total:,.0f} B",
        f"{newest * 1e3:.0f} ms",
        f"{one * 1e3:.0f} ms",
    ]


def _median(question: Callable[[int], object]) -> float:
    took = []
    for at in range(TIMES):
        began = time.perf_counter()
        question(at)
        took.append(time.perf_counter() - began)
    return median(took)


@contextmanager
def _ours(folder: str) -> Iterator[Server]:
    port, grpc_port = _free(), _free()
    command = [*("-m", "otel_agents.cli.main", "up", "--data", folder), *_ports(port, grpc_port)]
    with _running([sys.executable, *command], {}, port, "/readyz") as process:
        yield Server(process, port, _stored_by_us, "/api/v1/traces?limit={limit}", "/api/v1/traces/{id}")


@contextmanager
def _phoenix(folder: str) -> Iterator[Server]:
    port, grpc_port = _free(), _free()
    environment = phoenix.environment(folder, port, grpc_port)
    with _running([processes.python("phoenix"), *phoenix.COMMAND], environment, port, phoenix.READY) as process:
        yield Server(process, port, _stored_by_phoenix, phoenix.NEWEST, phoenix.ONE)


def _stored_by_us(server: Server) -> int:
    return json.loads(server.ask("POST", "/api/v1/sql", {"sql": "SELECT count(*) FROM spans"}))["rows"][0][0]


def _stored_by_phoenix(server: Server) -> int:
    return phoenix.count(json.loads(server.ask(*phoenix.COUNT)))


def _ports(port: int, grpc_port: int) -> list[str]:
    return ["--port", str(port), "--grpc-port", str(grpc_port)]


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def _running(command: list[str], environment: dict[str, str], port: int, ready: str) -> Iterator[psutil.Process]:
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + START_S
        while not _answers(port, ready):
            if process.poll() is not None or time.monotonic() > until:
                raise DidNotRunError(f"not ready after {START_S:.0f} s")
            time.sleep(0.05)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int, path: str) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False


def _first_trace_id(body: bytes) -> str:
    message = ExportTraceServiceRequest.FromString(body)
    return message.resource_spans[0].scope_spans[0].spans[0].trace_id.hex()
