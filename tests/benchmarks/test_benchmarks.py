"""The benchmarks run, on little work, and count right; nothing here is timed."""

import importlib
import json
import socket
import tomllib
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement

from tests.benchmarks import cost, footprint, processes, watching
from tests.benchmarks.processes import PEERS, DidNotRunError, Running


def arrived(url: str) -> int:
    with urllib.request.urlopen(f"{url}/spans", timeout=30) as answer:
        return json.load(answer)


@pytest.mark.parametrize("name", ["ours", "raw"])
def test_every_span_of_a_program_is_counted(name: str) -> None:
    with processes.sink("keeps") as url:
        with Running(name, "default", url) as running:
            running.ask("calls", 20)
            running.end()
            running.ended_after(30)
        assert arrived(url) == 160


@pytest.mark.parametrize("mode", ["unsampled", "off"])
def test_what_is_not_recorded_does_not_arrive(mode: str) -> None:
    with processes.sink("keeps") as url, Running("ours", mode, url) as running:
        running.ask("small", 5)
        assert arrived(url) == 0


def test_one_that_fails_says_why() -> None:
    with processes.sink() as url, Running("ours", "default", url) as running:
        with pytest.raises(DidNotRunError, match="KeyError: 'dance'"):
            running.ask("dance")


def test_a_black_hole_lets_nobody_in() -> None:
    with processes.sink("black-hole") as url:
        address = urlsplit(url)
        with socket.socket() as one:
            one.settimeout(0.2)
            with pytest.raises(TimeoutError):
                one.connect((address.hostname, address.port))


def test_ratios_are_of_neighbours() -> None:
    raw = [{"thread": 10.0, "process": 20.0}, {"thread": 20.0, "process": 40.0}]
    ours = [{"thread": 1.0, "process": 4.0}, {"thread": 4.0, "process": 8.0}]
    recorded = {
        "raw": cost.Beside({"small": raw}, {"small": raw}),
        "ours": cost.Beside({"small": ours}, {"small": raw}),
    }
    got = cost.recorded(cost.Costs(recorded, failures={"openlit": "no such package"})).splitlines()[4:]
    assert [[cell.strip() for cell in line.split("|")[1:-1]] for line in got] == [
        ["opentelemetry-sdk", "15.0 µs", "1.00 ×", "30.0 µs", "1.00 ×"],
        ["**otel-agents**", "2.5 µs", "0.15 ×", "6.0 µs", "0.20 ×"],
        [processes.label("openlit"), "did not run: no such package", "", "", ""],
    ]


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_is_pinned_and_has_its_work(peer: str) -> None:
    module = importlib.import_module(f"tests.benchmarks.peers.{peer}")
    assert processes.label(peer).startswith(f"{module.PACKAGE} ")
    assert callable(module.begin)
    assert module.IMPORT


def test_packages_are_counted_with_what_they_require() -> None:
    assert {"otel-agents", "opentelemetry-sdk", "opentelemetry-api"} <= footprint.closure("otel-agents")
    assert "duckdb" not in footprint.closure("otel-agents")


def test_the_sdk_takes_at_most_30_packages() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(each).name for each in project["dependencies"]]
    assert len({"otel-agents"}.union(*map(footprint.closure, wanted))) <= 30


def test_what_watching_costs_is_measured() -> None:
    told = watching.run(quick=True)
    assert [line.split("|")[1].strip() for line in told.splitlines()[4:]] == [
        "a span without them",
        "health, alerts, loops and stalls add",
        "a budget that raises adds",
        "1,000 names, each busy for an hour",
        "one look at all of them",
    ]
