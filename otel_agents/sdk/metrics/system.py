"""Figures of the machine and of this process, by psutil, under the names of the semantic conventions.

What a system does not tell is left out.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import psutil
from opentelemetry.metrics import Observation

from otel_agents import conventions
from otel_agents.sdk import faults
from otel_agents.sdk.monitoring.resources import ProcessResources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from opentelemetry.metrics import Meter, MeterProvider

    Reading = tuple[float, Mapping[str, Any]]

_MODES = {"irq": "interrupt", "softirq": "interrupt"}  # psutil's names where the conventions have others
_TWICE = frozenset({"guest", "guest_nice"})  # Linux counts them as user and nice too
_DEVICES = 100  # disks or network interfaces, at most
_ROOT = os.path.abspath(os.sep)  # noqa: PTH100 - "/" or the drive of the program


class SystemMetrics:
    """Observable instruments on a meter; they give nothing until they are started."""

    def __init__(self) -> None:
        self._on = False
        self._first_looks: Sequence[Callable[[object], object]] = ()

    def _make(self, meter: Meter) -> None:
        cpu_shares, process_shares = Shares(_cpu_time), Shares(_process_cpu_time, of_cpus=True)
        self._first_looks = [self._callback(each.__class__.__name__, each) for each in (cpu_shares, process_shares)]
        counter, gauge = meter.create_observable_counter, meter.create_observable_gauge
        level = meter.create_observable_up_down_counter
        for make, name, unit, read, description in (
            (counter, "system.cpu.time", "s", _cpu_time, "Seconds all CPUs together spent in each mode."),
            (gauge, "system.cpu.utilization", "1", cpu_shares, "Share of the CPUs' time in each mode."),
            (level, "system.memory.usage", "By", _memory, "Memory by state."),
            (gauge, "system.memory.utilization", "1", _memory_shares, "Share of the memory by state."),
            (level, "system.memory.limit", "By", _memory_limit, "Memory of the machine."),
            (counter, "system.disk.io", "By", _disk_bytes, "Bytes read from and written to disks."),
            (counter, "system.disk.operations", "{operation}", _disk_operations, "Reads and writes of disks."),
            (level, "system.filesystem.usage", "By", _filesystem, "Space of the root file system by state."),
            (gauge, "system.filesystem.utilization", "1", _filesystem_share, "Share of that space that is used."),
            (counter, "system.network.io", "By", _network_bytes, "Bytes received and sent."),
            (counter, "system.network.errors", "{error}", _network_errors, "Errors of receiving and sending."),
            (counter, "process.cpu.time", "s", _process_cpu_time, "Seconds of CPU this process used."),
            (
                gauge,
                "process.cpu.utilization",
                "1",
                process_shares,
                "CPU this process used, as a share of the CPUs it may use.",
            ),
            (level, "process.memory.usage", "By", _process_memory, "Physical memory of this process."),
            (level, "process.memory.virtual", "By", _process_virtual_memory, "Virtual memory of this process."),
            (level, "process.thread.count", "{thread}", _process_threads, "Threads of this process."),
            (
                level,
                "process.unix.file_descriptor.count",
                "{file_descriptor}",
                _process_file_descriptors,
                "Open file descriptors of this process.",
            ),
            (gauge, "process.uptime", "s", _process_uptime, "Seconds since this process began."),
        ):
            make(name, [self._callback(name, read)], unit=unit, description=description)

    def start(self, provider: MeterProvider, version: str, label_limit: int) -> None:  # noqa: ARG002  labels are few
        """Give figures from now on; shares are of the time since."""
        if not self._first_looks:
            self._make(provider.get_meter("otel_agents", version))
        self._on = True
        for look in self._first_looks:
            look(None)

    def stop(self) -> None:
        """Give nothing."""
        self._on = False

    def sleep(self, awaken: Callable[[], None]) -> None:  # noqa: ARG002  it is started with the others
        """Give nothing."""
        self._on = False

    def _callback(self, name: str, read: Callable[[], Iterable[Reading]]) -> Callable[[object], Iterable[Observation]]:
        def observe(_options: object) -> Iterable[Observation]:
            if not self._on:
                return ()
            try:
                return [Observation(value, attributes) for value, attributes in read()]
            except (psutil.Error, OSError, AttributeError, NotImplementedError):
                return ()  # this system does not tell
            except Exception as error:  # noqa: BLE001 - whatever fails here must not reach the program
                faults.report(f"reading {name}", error)
                return ()

        return observe


class Shares:
    """The parts of times that grow, since the last look.

    Args:
        times: gives seconds with their attributes.
        of_cpus: whether the whole is what the process's CPUs could do, rather than the sum of all parts.
    """

    def __init__(self, times: Callable[[], Iterable[Reading]], *, of_cpus: bool = False) -> None:
        self._times = times
        self._of_cpus = of_cpus
        self._seen: list[float] = []
        self._seen_at = 0.0

    def __call__(self) -> Iterator[Reading]:
        """Give each part's share; nothing at the first look, and while too little time has passed."""
        now, read = time.monotonic(), list(self._times())
        times = [seconds for seconds, _ in read]
        if len(times) == len(self._seen):
            spent = [max(0.0, new - old) for new, old in zip(times, self._seen, strict=True)]
            whole = (now - self._seen_at) * _cpus() if self._of_cpus else sum(spent)
            if whole > 0:
                for part, (_, attributes) in zip(spent, read, strict=True):
                    yield min(1.0, part / whole), attributes
        self._seen, self._seen_at = times, now


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu_time() -> Iterator[Reading]:
    by_mode: dict[str, float] = {}
    for field, seconds in psutil.cpu_times()._asdict().items():
        if field not in _TWICE:
            mode = _MODES.get(field, field)
            by_mode[mode] = by_mode.get(mode, 0.0) + seconds
    for mode, seconds in by_mode.items():
        yield seconds, {conventions.CPU_MODE: mode}


def _memory() -> Iterator[Reading]:
    memory = psutil.virtual_memory()._asdict()
    for state in ("used", "free", "buffers", "cached"):
        if state in memory:
            yield memory[state], {conventions.SYSTEM_MEMORY_STATE: state}


def _memory_shares() -> Iterator[Reading]:
    total = psutil.virtual_memory().total
    for size, attributes in _memory():
        yield size / total, attributes


def _memory_limit() -> Iterator[Reading]:
    yield psutil.virtual_memory().total, {}


def _disk(read: str, written: str) -> Iterator[Reading]:
    for device, counts in list((psutil.disk_io_counters(perdisk=True) or {}).items())[:_DEVICES]:
        if counts.read_count or counts.write_count:  # most of a Linux machine's are not in use
            for direction, field in (("read", read), ("write", written)):
                yield (
                    getattr(counts, field),
                    {conventions.SYSTEM_DEVICE: device, conventions.DISK_IO_DIRECTION: direction},
                )


def _disk_bytes() -> Iterator[Reading]:
    return _disk("read_bytes", "write_bytes")


def _disk_operations() -> Iterator[Reading]:
    return _disk("read_count", "write_count")


def _filesystem() -> Iterator[Reading]:
    usage = psutil.disk_usage(_ROOT)
    for state, size in (("used", usage.used), ("free", usage.free)):
        yield (
            size,
            {conventions.SYSTEM_FILESYSTEM_MOUNTPOINT: _ROOT, conventions.SYSTEM_FILESYSTEM_STATE: state},
        )


def _filesystem_share() -> Iterator[Reading]:
    yield (
        psutil.disk_usage(_ROOT).percent / 100,
        {conventions.SYSTEM_FILESYSTEM_MOUNTPOINT: _ROOT, conventions.SYSTEM_FILESYSTEM_STATE: "used"},
    )


def _network(received: str, sent: str) -> Iterator[Reading]:
    for interface, counts in list((psutil.net_io_counters(pernic=True) or {}).items())[:_DEVICES]:
        if counts.packets_recv or counts.packets_sent:
            for direction, field in (("receive", received), ("transmit", sent)):
                yield (
                    getattr(counts, field),
                    {conventions.NETWORK_INTERFACE_NAME: interface, conventions.NETWORK_IO_DIRECTION: direction},
                )


def _network_bytes() -> Iterator[Reading]:
    return _network("bytes_recv", "bytes_sent")


def _network_errors() -> Iterator[Reading]:
    return _network("errin", "errout")


def _process_cpu_time() -> Iterator[Reading]:
    times = os.times()
    yield times.user, {conventions.CPU_MODE: "user"}
    yield times.system, {conventions.CPU_MODE: "system"}


def _process_memory() -> Iterator[Reading]:
    size = ProcessResources.memory_bytes()
    if size is not None:
        yield size, {}


def _process_virtual_memory() -> Iterator[Reading]:
    yield psutil.Process().memory_info().vms, {}


def _process_threads() -> Iterator[Reading]:
    yield psutil.Process().num_threads(), {}


def _process_file_descriptors() -> Iterator[Reading]:
    yield psutil.Process().num_fds(), {}


def _process_uptime() -> Iterator[Reading]:
    yield max(0.0, time.time() - psutil.Process().create_time()), {}
