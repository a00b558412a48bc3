"""Feeds a running collector with what is made up, and looks at it meanwhile."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

import grpc
import psutil

from tests.collector import otlp
from tests.fuzz import grammar, requests

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import RunningCollector

CANARY = "canary-5d41402abc4b"  # in the collector's environment and in a file beside its data
ANSWERS = {"sql": {200, 400, 403, 422}, "otlp": {200, 400, 413, 415, 503}}
CODES = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNAVAILABLE,
}
PATIENCE_S = 60  # for an answer; a query has ten seconds, and two are run at once
SETTLED = 0.3  # of the time, after which memory may grow no more


@dataclass
class Findings:
    """What was seen: answers by status, what should not be, and the collector's memory in bytes over time."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    kept: int = 0  # spans that were sent well-formed, and acknowledged

    def growth(self) -> int:
        """Bytes by which memory grew after it had settled."""
        if len(self.memory) < 10:
            return 0
        settled = self.memory[int(len(self.memory) * SETTLED) :]
        tenth = max(1, len(settled) // 10)
        return int(median(settled[-tenth:]) - median(settled[:tenth]))


class Fuzzer:
    """Several threads that send, each with a seed of its own, until a time or a number of requests."""

    def __init__(self, collector: RunningCollector, door: str, seed: int) -> None:
        self.findings = Findings()
        self._collector = collector
        self._door = door
        self._seed = seed
        self._lock = threading.Lock()
        self._host = collector.url.removeprefix("http://")

    def run(self, threads: int, *, seconds: float = 0, each: int = 0) -> Findings:
        """Send for some seconds, or so many requests from each thread."""
        until = time.monotonic() + seconds
        senders = [threading.Thread(target=self._send, args=(self._seed + n, until, each)) for n in range(threads)]
        for sender in senders:
            sender.start()
        process = psutil.Process(self._collector.process.pid)
        while any(sender.is_alive() for sender in senders):
            time.sleep(0.2 if each else 5)
            if self._collector.process.poll() is not None:
                self._wrong(f"the collector ended with {self._collector.process.returncode}")
                break
            self.findings.memory.append(process.memory_info().rss)
        for sender in senders:
            sender.join()
        if self._collector.process.poll() is None:
            self._look_after()
        return self.findings

    def _send(self, seed: int, until: float, each: int) -> None:
        chosen = random.Random(seed)
        one: Callable[[random.Random], None] = self._ask if self._door == "sql" else self._export
        number = 0
        while self._collector.process.poll() is None and (number < each if each else time.monotonic() < until):
            number += 1
            one(chosen)
            if number % 20 == 0:
                self._keep(chosen)

    def _ask(self, chosen: random.Random) -> None:
        text = grammar.query(chosen)
        status, body = self._post(
            "/api/v1/sql", json.dumps({"sql": text}).encode(), {"Content-Type": "application/json"}
        )
        self._judge(status, text)
        if CANARY in body.decode(errors="replace"):
            self._wrong(f"what no query may read was read: {text!r}")
        if status != 200 and not _says_why(body):
            self._wrong(f"{status} without a reason: {text!r} {body[:200]!r}")

    def _export(self, chosen: random.Random) -> None:
        made = requests.sent(chosen)
        if chosen.random() < 0.3:
            self._call(made)
            return
        status, _ = self._post(requests.PATHS[made.signal], made.body, made.headers)
        self._judge(status, f"{made.signal} {made.headers} {made.body[:2000]!r}")

    def _call(self, made: requests.Sent) -> None:
        with grpc.insecure_channel(f"127.0.0.1:{self._collector.grpc_port}") as channel:
            try:
                channel.unary_unary(requests.METHODS[made.signal])(made.body, timeout=PATIENCE_S)
                code = grpc.StatusCode.OK
            except grpc.RpcError as error:
                code = error.code()
        self._count(code.name)
        if code not in CODES:
            self._wrong(f"gRPC {code.name}: {made.signal} {made.body[:2000]!r}")

    def _keep(self, chosen: random.Random) -> None:
        """Send a span that is as it should be; it has to be there in the end."""
        span = otlp.span({"fuzz": "kept"}, trace_id=chosen.randbytes(16), span_id=chosen.randbytes(8), name="kept")
        body = otlp.request(span, resource={"service.name": "kept"}).SerializeToString()
        status, _ = self._post("/v1/traces", body, {"Content-Type": "application/x-protobuf"})
        if status == 200:
            with self._lock:
                self.findings.kept += 1
        elif status != 503:
            self._wrong(f"a good span was answered with {status}")

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._host, timeout=PATIENCE_S)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError as error:
            if self._collector.process.poll() is None and not isinstance(error, BrokenPipeError | ConnectionResetError):
                self._wrong(f"no answer: {error!r} to {path} {body[:2000]!r}")
            return 0, b""
        finally:
            connection.close()

    def _judge(self, status: int, what: str) -> None:
        self._count(str(status))
        if status and status not in ANSWERS[self._door]:
            self._wrong(f"{status}: {what}")

    def _count(self, name: str) -> None:
        with self._lock:
            self.findings.answers[name] += 1

    def _wrong(self, what: str) -> None:
        with self._lock:
            self.findings.wrong.append(what)

    def _look_after(self) -> None:
        """Nothing that was acknowledged is missing or there twice, and nothing was changed by SQL."""
        ((found, distinct),) = (
            tuple(row.values())
            for row in self._collector.sql(
                "SELECT count(*) AS found, count(DISTINCT span_id) AS spans FROM spans WHERE service_name = 'kept'"
            )
        )
        if not found == distinct == self.findings.kept:
            self._wrong(
                f"{self.findings.kept} spans were acknowledged, {found} are there, {distinct} of them different"
            )


def _says_why(body: bytes) -> bool:
    try:
        error: Any = json.loads(body)["error"]
        return bool(error["kind"] and error["message"])
    except (ValueError, KeyError, TypeError):
        return False


def prepared(folder: Path) -> dict[str, str]:
    """Lay out what queries must not find; returns the collector's environment."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret.txt").write_text(CANARY)
    return {"OTEL_AGENTS_FUZZ_SECRET": CANARY, "OTEL_AGENTS_MEMORY_BYTES": str(256 << 20)}
