"""Senders that never stop, and remember what they were told is safe."""

from __future__ import annotations

import http.client
import itertools
import random
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import duckdb

from otel_agents.collector.receiver.decode_spans import decode_spans
from tests.benchmarks import spans

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Load:
    """A context manager: requests of 512 spans each, over several connections at once, until it is told to stop.

    What was not acknowledged is sent again, first thing in the next run.

    Attributes:
        acknowledged: the ids of the spans that were.
        answers: how often each status came; 0: none came.
        asked_to_wait: the Retry-After headers that came.
    """

    def __init__(self, connections: int = 4) -> None:
        self._connections = connections
        self._bodies = _bodies()
        self._again: list[bytes] = []
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.acknowledged: set[bytes] = set()
        self.answers: Counter[int] = Counter()
        self.asked_to_wait: list[str | None] = []
        self.answered = threading.Condition(self._lock)

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, url: str) -> None:
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._send, args=(url,), daemon=True) for _ in range(self._connections)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping = True
        for thread in self._threads:
            thread.join()

    def wait_for(self, status: int, times: int = 1, timeout_s: float = 60) -> None:
        """Wait until a status has come so many times more."""
        with self.answered:
            target = self.answers[status] + times
            assert self.answered.wait_for(lambda: self.answers[status] >= target, timeout_s), self.answers

    def _send(self, url: str) -> None:
        address = urlsplit(url)
        while not self._stopping:
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
            try:
                while not self._stopping:
                    self._post(connection)
            except (OSError, http.client.HTTPException):  # it was killed
                time.sleep(0.005)
            finally:
                connection.close()

    def _post(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            body = self._again.pop() if self._again else next(self._bodies)
        status = 0
        try:
            connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        finally:
            with self.answered:
                self.answers[status] += 1
                if status == 200:
                    self.acknowledged |= ids(body)
                else:
                    self._again.append(body)
                if status == 503:
                    self.asked_to_wait.append(answer.headers["retry-after"])
                self.answered.notify_all()
        if status == 503:
            time.sleep(0.02)  # less than it was asked to: a sender without manners


def ids(body: bytes) -> set[bytes]:
    return set(decode_spans(body).batch.rows["span_id"].to_pylist())


def stored(data: Path) -> Counter[bytes]:
    """How often each span is in the file of a collector that has ended."""
    with duckdb.connect(str(data / "spans.duckdb"), read_only=True) as connection:
        rows = connection.execute("SELECT span_id, count(*) FROM spans GROUP BY 1").fetchall()
    return Counter({bytes.fromhex(span_id): count for span_id, count in rows})


def _bodies() -> Iterator[bytes]:
    rng = random.Random()
    templates = [spans.Template(rng) for _ in range(4)]
    for number in itertools.count():
        yield templates[number % len(templates)].fill(rng, time.time_ns(), 1_000_000)
