"""A collector in a process of its own, for a benchmark, with what it takes to fill and to ask it."""

import contextlib
import http.client
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil


class Collector:
    """A running collector: its ports, process and data folder."""

    def __init__(self, process: subprocess.Popen, port: int, grpc_port: int, data: Path) -> None:
        self.process, self.port, self.grpc_port, self.data = process, port, grpc_port, data
        self._looked_at = psutil.Process(process.pid)
        self._most_memory = 0
        threading.Thread(target=self._watch_memory, daemon=True).start()

    def _watch_memory(self) -> None:
        with contextlib.suppress(psutil.Error):  # it has ended
            while True:
                self._most_memory = max(self._most_memory, self.memory())
                time.sleep(0.1)

    def memory(self) -> int:
        """Bytes of memory it has now."""
        return self._looked_at.memory_info().rss

    def most_memory(self) -> int:
        """The most it had."""
        return self._most_memory

    def cpu_s(self) -> float:
        """Seconds of CPU it took."""
        return sum(self._looked_at.cpu_times()[:2])

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(body) if body else None, {"content-type": "application/json"})
            answer = connection.getresponse()
            data = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {data}")
        return data

    def count(self) -> int:
        return self.ask("POST", "/api/v1/sql", {"sql": "SELECT count(*) FROM spans"})["rows"][0][0]

    def committed(self, spans: int, timeout_s: float = 120) -> int:
        """Wait until so many spans can be read, and say how many can; only then is what was acknowledged committed."""
        until = time.monotonic() + timeout_s
        while (found := self.count()) < spans and time.monotonic() < until:
            time.sleep(0.05)
        return found

    def disk_bytes(self) -> int:
        total = 0
        for file in self.data.rglob("*"):
            with contextlib.suppress(FileNotFoundError):  # of the journal, one that was just removed
                total += file.stat().st_size if file.is_file() else 0
        return total

    def send(self, requests: Iterable[bytes], connections: int = 4) -> None:
        """Post every request over a few connections at once; raises unless each is acknowledged."""
        waiting: queue.Queue[bytes | None] = queue.Queue(2 * connections)
        failed: list[str] = []

        def post() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            while (body := waiting.get()) is not None:
                connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
                answer = connection.getresponse()
                said = answer.read()
                if answer.status != 200 or said:
                    failed.append(f"{answer.status} {said[:200]!r}")
            connection.close()

        threads = [threading.Thread(target=post) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for body in requests:
            waiting.put(body)
        for _ in threads:
            waiting.put(None)
        for thread in threads:
            thread.join()
        if failed:
            raise RuntimeError(f"{len(failed)} requests were not acknowledged in full, first: {failed[0]}")


@contextlib.contextmanager
def collector(data: Path | None = None, **environment: str) -> Iterator[Collector]:
    """Start `otel-agents up` on free ports and stop it afterwards.

    Args:
        data: the folder of its data; without it an empty one that is removed afterwards.
        environment: variables it gets beside those of this process.
    """
    with tempfile.TemporaryDirectory() as folder:
        data = data or Path(folder)
        ports = ["--port", "0", "--grpc-port", "0"]
        command = [sys.executable, "-m", "otel_agents.cli.main", "up", *ports, "--data", str(data)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | environment)
        found: list[int] = []
        try:
            for line in process.stdout:
                found += map(int, re.findall(r"OTLP/\w+ +\S*127\.0\.0\.1:(\d+)", line))
                if len(found) == 2:
                    break
            else:
                raise RuntimeError("the collector did not start")
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield Collector(process, *found, data)
        finally:
            process.terminate()
            process.wait(30)
