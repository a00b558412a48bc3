"""The collector the demo sends to: one that runs already, or a child process of ``otel-agents up``."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from otel_agents.errors import CollectorError, CollectorUnreachable

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = ("127.0.0.1", "localhost", "::1")
START_TIMEOUT = 20.0  # seconds; it takes less than two
STOP_TIMEOUT = 10.0
ANSWER_TIMEOUT = 15.0

# Loopback is never asked for through a proxy.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def answers(url: str) -> bool:
    """Say whether a collector of ours answers at ``url``.

    Raises:
        CollectorError: something else does.
    """
    try:
        health = _ask(f"{url}/healthz")
    except CollectorUnreachable:
        return False
    if isinstance(health, dict) and health.get("status") == "ok" and "version" in health:
        return True
    raise CollectorError(f"something else than otel-agents answers at {url}; choose another port with --port")


def query(url: str, sql: str) -> list[dict[str, Any]]:
    """Ask the collector, and give its rows.

    Raises:
        CollectorUnreachable: no collector answers.
        CollectorError: it refuses the query.
    """
    answer = _ask(f"{url}/api/v1/sql", {"sql": sql})
    if not isinstance(answer, dict) or "rows" not in answer:
        raise CollectorError(f"the collector refused the query: {answer}")
    return [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]


def _ask(url: str, body: dict[str, Any] | None = None) -> Any:
    """Give the JSON that answers a request, whatever its status; None when it is no JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - http_url checked it
    try:
        try:
            with _opener.open(request, timeout=ANSWER_TIMEOUT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)
    except (ValueError, http.client.HTTPException):
        return None
    except OSError as error:
        raise CollectorUnreachable(f"no collector answers at {url}: {getattr(error, 'reason', error)}") from None


class ChildCollector:
    """A collector started for as long as the demo runs.

    Args:
        port: HTTP port; 0 takes a free one.
        grpc_port: gRPC port; 0 takes a free one.
        folder: where it keeps its data.

    Raises:
        CollectorError: it did not start; the message is what it said.
    """

    def __init__(self, port: int, grpc_port: int, folder: Path) -> None:
        options = ["--port", str(port), "--grpc-port", str(grpc_port), "--data", str(folder)]
        # A session of its own: Ctrl-C reaches the demo alone, which stops the collector once it has the last spans.
        self._process = subprocess.Popen(  # noqa: S603 - our own command, and no shell
            [sys.executable, "-P", "-m", "otel_agents.cli.main", "up", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, "OTEL_AGENTS_LOG_FORMAT": "text", "OTEL_AGENTS_LOG_LEVEL": "warning"},  # is read below
        )
        self.url = ""
        self._said: deque[str] = deque(maxlen=20)
        self._settled = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._settled.wait(START_TIMEOUT)
        if not self.url:
            self.stop()
            said = "\n".join(self._said).removeprefix("otel-agents: ")
            raise CollectorError(said or "the collector did not start")

    def stop(self) -> None:
        """End it, having let it finish what it acknowledged."""
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        """Take what it prints, to its end: the address, or why it did not start."""
        if self._process.stdout is None:
            return
        with self._process.stdout as lines:
            for line in lines:
                self._said.append(line.rstrip())
                found = re.search(r"http://\S+", line)
                if found and not self.url:
                    self.url = found.group().rstrip("/")
                    self._settled.set()
        self._settled.set()


def local_port(url: str) -> int:
    """Give the port a collector can be started at for ``url``.

    Raises:
        CollectorUnreachable: it is the address of another machine.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        raise CollectorUnreachable(f"no collector answers at {url}, and the demo starts one on this machine only")
    return 80 if parts.port is None else parts.port
