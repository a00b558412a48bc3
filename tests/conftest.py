"""What tests of several folders share: a collector that runs, and a store in this process."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from otel_agents.collector.store.duckdb import DuckDBStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_numbers = itertools.count()
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # else the programs of the tests ignore Ctrl-C, too
settings.register_profile("ours", deadline=None)  # how long a case takes says what else the machine does
settings.load_profile("ours")


@pytest.fixture(scope="session", autouse=True)
def _no_users_spool(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what tests do not deliver away from the user's own; the programs they start inherit it.

    They deliver before they end, too, however slow the machine: what an exit leaves behind has tests of its own, which
    set how long it may take.
    """
    os.environ["OTEL_AGENTS_SHUTDOWN_TIMEOUT"] = "40"
    os.environ["OTEL_AGENTS_SPOOL"] = str(tmp_path_factory.mktemp("spool"))
    os.environ["OTEL_AGENTS_STATE"] = "false"


@pytest.fixture(autouse=True)
def spool(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own spool, not made yet: a port of one test may be that of another later."""
    folder = tmp_path_factory.getbasetemp() / "spools" / str(next(_numbers))
    monkeypatch.setenv("OTEL_AGENTS_SPOOL", str(folder))
    return folder


@dataclass
class RunningCollector:
    """A collector in a process of its own."""

    process: subprocess.Popen[str]
    data: Path
    url: str
    grpc_port: int
    printed: str  # what it said when it was ready

    def sql(self, text: str) -> list[dict[str, Any]]:
        """Run SQL in it; a refusal fails the test with the collector's own words."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/sql", json.dumps({"sql": text}).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from None
        return [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """End it and return its exit code; does nothing when it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        return self.process.wait(timeout=60)


def up(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Begin ``otel-agents up`` with some arguments."""
    return subprocess.Popen(
        [sys.executable, "-m", "otel_agents.cli.main", "up", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OTEL_AGENTS_LOG_LEVEL": "warning", **environment},  # a slow machine makes it say more
    )


@contextmanager
def running_collector(data: Path, *arguments: str, **environment: str) -> Iterator[RunningCollector]:
    """A collector on free ports, stopped at the end."""
    with up("--port", "0", "--grpc-port", "0", "--data", str(data), *arguments, **environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        printed = ""
        while "Ctrl-C to stop" not in printed:
            line = process.stdout.readline()
            assert line, f"the collector did not start: {process.stderr.read()}"
            printed += line
        state = json.loads((data / "collector.json").read_text())
        collector = RunningCollector(process, data, state["url"], state["grpc_port"], printed)
        try:
            yield collector
        finally:
            collector.stop()


@pytest.fixture
def start_collector(tmp_path: Path) -> Iterator[Callable[..., RunningCollector]]:
    """Start collectors, by default with the data of this test; all are stopped at its end."""
    with ExitStack() as stack:

        def start(*arguments: str, data: Path = tmp_path / "data", **environment: str) -> RunningCollector:
            return stack.enter_context(running_collector(data, *arguments, **environment))

        yield start


@pytest.fixture
def collector(start_collector: Callable[..., RunningCollector]) -> RunningCollector:
    """A running collector with nothing in it."""
    return start_collector()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    """A store with nothing in it, in this process."""
    opened = DuckDBStore(tmp_path / "store" / "spans.duckdb")
    yield opened
    opened.close()


# Folders whose tests start processes or a browser, in the order of what they take; all others come before.
SLOW = ("cli", "collector", "examples", "demo", "end_to_end", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the fast tests first: a mistake shows within seconds."""

    def slowness(item: pytest.Item) -> int:
        folder = item.path.relative_to(item.config.rootpath / "tests").parts[0]
        return SLOW.index(folder) + 1 if folder in SLOW else 0

    items.sort(key=slowness)
