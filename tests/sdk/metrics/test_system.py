"""Figures of the machine and the process."""

import os

import psutil
import pytest
from opentelemetry.semconv._incubating.metrics import process_metrics, system_metrics

import otel_agents
from otel_agents.sdk.metrics.system import Shares
from tests.sdk.metrics.conftest import newest

EXPECTED = {
    "system.cpu.time": ("sum", "s"),
    "system.cpu.utilization": ("gauge", "1"),
    "system.memory.usage": ("sum", "By"),
    "system.memory.utilization": ("gauge", "1"),
    "system.memory.limit": ("sum", "By"),
    "system.disk.io": ("sum", "By"),
    "system.disk.operations": ("sum", "{operation}"),
    "system.filesystem.usage": ("sum", "By"),
    "system.filesystem.utilization": ("gauge", "1"),
    "system.network.io": ("sum", "By"),
    "system.network.errors": ("sum", "{error}"),
    "process.cpu.time": ("sum", "s"),
    "process.cpu.utilization": ("gauge", "1"),
    "process.memory.usage": ("sum", "By"),
    "process.memory.virtual": ("sum", "By"),
    "process.thread.count": ("sum", "{thread}"),
    "process.unix.file_descriptor.count": ("sum", "{file_descriptor}"),
    "process.uptime": ("gauge", "s"),
}
MAY_BE_MISSING = {"system.disk.io", "system.disk.operations", "process.unix.file_descriptor.count"}  # in a container


def test_every_name_is_one_of_the_conventions() -> None:
    released = [*vars(system_metrics).values(), *vars(process_metrics).values()]
    assert [name for name in EXPECTED if name not in released] == []


def test_the_machine_and_the_process_are_told_of(configure, receiver) -> None:
    configure(system_metrics=True)
    got: dict = {}
    while "system.cpu.utilization" not in got:  # the machine counts its time in steps of 10 ms
        assert otel_agents.flush()
        got = newest(receiver)
    told = {name: (metric.kind, metric.unit) for name, metric in got.items()}
    assert {**told, **{name: EXPECTED[name] for name in MAY_BE_MISSING}} == EXPECTED
    assert got["system.memory.limit"].points == [({}, psutil.virtual_memory().total)]
    shares = [share for _, share in got["system.cpu.utilization"].points]
    assert sum(shares) == pytest.approx(1)
    assert [labels for labels, _ in got["process.cpu.utilization"].points] == [
        {"cpu.mode": "system"},
        {"cpu.mode": "user"},
    ]
    ((_, size),) = got["process.memory.usage"].points
    assert 0 < size < psutil.virtual_memory().total
    assert {labels["system.filesystem.state"] for labels, _ in got["system.filesystem.usage"].points} == {
        "free",
        "used",
    }


def test_they_can_be_left_out(configure, receiver) -> None:
    configure(system_metrics=False)
    otel_agents.metrics.counter("only.mine").add(1)
    assert otel_agents.flush()
    assert list(newest(receiver)) == ["only.mine"]


def test_shares_are_of_the_time_since_the_last_look() -> None:
    times = {"user": 10.0, "idle": 20.0}
    shares = Shares(lambda: [(seconds, {"cpu.mode": mode}) for mode, seconds in times.items()])
    assert list(shares()) == []
    times.update(user=11.0, idle=23.0)
    assert list(shares()) == [(0.25, {"cpu.mode": "user"}), (0.75, {"cpu.mode": "idle"})]
    assert list(shares()) == []  # no time has passed


def test_what_the_system_does_not_tell_is_left_out(configure, receiver, monkeypatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise psutil.AccessDenied(os.getpid())

    monkeypatch.setattr(psutil, "virtual_memory", refused)
    configure(system_metrics=True)
    assert otel_agents.flush()
    got = newest(receiver)
    assert "system.memory.usage" not in got
    assert "process.cpu.time" in got
