"""What was acknowledged is there, once, whatever happens: kills, a full disk, more than it can take.

`make soak` runs these for as long as it takes to believe them; here they are short.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import pytest

from tests.collector.trust.load import Load, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import RunningCollector

SOAK = "OTEL_AGENTS_SOAK" in os.environ
MIB = 1024 * 1024


def nothing_is_missing(load: Load, data: Path, start_collector: Callable[..., RunningCollector]) -> None:
    while (data / "journal").exists():  # what a run had no time to store, the next does
        assert start_collector(data=data).stop() == 0
    found = stored(data)
    assert len(load.acknowledged) > 0
    assert load.acknowledged - found.keys() == set()
    assert {span: count for span, count in found.items() if count > 1} == {}


@pytest.mark.timeout(1800 if SOAK else 300)
def test_killed_at_any_moment_it_has_every_acknowledged_span_once(start_collector, tmp_path):
    with Load() as load:
        for _ in range(100 if SOAK else 4):
            collector = start_collector()
            load.start(collector.url)
            load.wait_for(200)
            time.sleep(random.uniform(0, 0.7))  # any moment
            collector.stop(signal.SIGKILL)
            load.stop()
    last = start_collector()
    assert last.sql("SELECT count(*) >= 1 AS there FROM spans") == [{"there": True}]  # it reads what was left first
    assert last.stop() == 0
    nothing_is_missing(load, tmp_path / "data", start_collector)


def test_a_signal_ends_it_under_load_with_a_slow_client_and_a_long_query(start_collector, tmp_path):
    collector = start_collector()
    address = ("127.0.0.1", urlsplit(collector.url).port)
    long = json.dumps(
        {"sql": "SELECT count(*) FROM spans a, spans b, spans c WHERE a.name < b.name OR b.name < c.name"}
    )
    with Load() as load, socket.create_connection(address) as slow, socket.create_connection(address) as asking:
        load.start(collector.url)
        load.wait_for(200, times=8)
        head = "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
        slow.sendall(head.format("/v1/traces", 900).encode() + b"{")
        while collector.sql("SELECT count(*) AS n FROM spans")[0]["n"] < 4_000:  # enough for a long query
            time.sleep(0.1)
        asking.sendall((head.format("/api/v1/sql", len(long)) + long).encode())
        load.wait_for(200, times=8)
        assert collector.stop() == 0
        assert slow.recv(100).startswith(b"HTTP/1.1 503 ")
        assert asking.recv(100).startswith((b"HTTP/1.1 503 ", b"HTTP/1.1 422 "))  # 422: it took too long before that
    assert collector.process.stderr.read() == ""
    nothing_is_missing(load, tmp_path / "data", start_collector)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=320m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be made by root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.timeout(300)
def test_a_full_disk_asks_senders_to_come_again_and_takes_them_once_there_is_space(start_collector, small_disk):
    data = small_disk / "data"
    collector = start_collector(data=data)
    ballast = small_disk / "ballast"
    with Load() as load:
        load.start(collector.url)
        load.wait_for(200, times=4)
        with ballast.open("wb") as file:  # little is left beside the reserve
            while os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize > 90 * MIB:
                file.write(bytes(MIB))
                file.flush()
        load.wait_for(503, times=20)
        ballast.unlink()
        load.wait_for(200, times=4, timeout_s=60)
    assert set(load.answers) == {200, 503}
    assert all(int(wait or 0) >= 1 for wait in load.asked_to_wait)
    assert collector.stop() == 0
    nothing_is_missing(load, data, start_collector)


@pytest.mark.timeout(300)
def test_more_than_it_can_take_is_refused_and_it_does_not_grow(start_collector, tmp_path):
    collector = start_collector(OTEL_AGENTS_QUEUE_BYTES=str(8 * MIB), OTEL_AGENTS_MEMORY_BYTES=str(256 * MIB))
    process = psutil.Process(collector.process.pid)
    most = 0
    with Load(connections=24) as load:
        load.start(collector.url)
        load.wait_for(200, times=20)
        load.wait_for(503, times=20)
        until = time.monotonic() + (120 if SOAK else 4)
        while time.monotonic() < until:
            most = max(most, process.memory_info().rss)
            time.sleep(0.1)
    assert set(load.answers) == {200, 503}
    assert most < 700 * MIB
    assert collector.stop() == 0
    nothing_is_missing(load, tmp_path / "data", start_collector)
