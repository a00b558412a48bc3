"""One SDK at work in a process of its own; says its figures as JSON after the word FIGURES.

python -m tests.benchmarks.contender NAME JOB URL TURNS

cost       what a span costs the calling thread and the process, without content and with it
off        what it costs the calling thread while tracing is switched off
unsampled  the same while the sampler leaves every trace out
away       what it costs when perhaps nobody answers; then the program ends as programs do
burst      nothing but the work, and then the end
again      the next program, which sends what an earlier one had to keep on disk
"""

import importlib
import json
import os
import re
import resource
import socket
import sys
import time
from pathlib import Path

from . import turn as work

WARM_UP = 100  # turns
# What each job sets before the SDK is imported; a contender's own SWITCHES go first.
SWITCHES = {
    "cost": {"OTEL_BSP_MAX_QUEUE_SIZE": "10000000"},  # what is dropped costs nothing, and by default much of it is
    "off": {"OTEL_SDK_DISABLED": "true"},
    "unsampled": {"OTEL_TRACES_SAMPLER": "always_off"},
}


def cost(turn: work.Turn, flush: work.Flush, turns: int) -> dict[str, float]:
    work.loop(turn, WARM_UP)
    flush()
    figures = {"peak_mb": peak_mb(), **work.measure(turn, flush, turns)}
    content = work.measure(turn, flush, turns, content=True)
    return figures | {f"{key}_content": value for key, value in content.items()}


def calls(turn: work.Turn, _flush: work.Flush, turns: int) -> dict[str, float]:
    work.loop(turn, WARM_UP)
    return work.measure(turn, lambda: None, turns)


def burst(turn: work.Turn, _flush: work.Flush, turns: int) -> dict[str, float]:
    work.loop(turn, turns)
    return {}


def again(turn: work.Turn, flush: work.Flush, _turns: int) -> dict[str, float]:
    work.loop(turn, 1)
    flush()
    spool, until = Path(os.environ["OTEL_AGENTS_SPOOL"]), time.monotonic() + 20
    while any(file.is_file() for file in spool.rglob("*.otlp")) and time.monotonic() < until:
        time.sleep(0.05)
    return {}


JOBS = {"cost": cost, "off": calls, "unsampled": calls, "away": calls, "burst": burst, "again": again}


def peak_mb() -> float:
    """The most memory this process has held. Linux's own figure, as ru_maxrss starts at what the parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def stay_here() -> list[str]:
    """Refuse connections that would leave the machine; gives the list of those that were tried."""
    tried: list[str] = []
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def checked(host: object) -> None:
        if host not in ("127.0.0.1", "localhost", "::1", b"127.0.0.1", b"localhost", None):
            tried.append(str(host))
            raise OSError(f"a benchmark stays on its machine: {host}")

    def guarded_connect(self: socket.socket, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            checked(address[0])
        return connect(self, address)

    def guarded_resolve(host, *args, **named):
        checked(host)
        return resolve(host, *args, **named)

    socket.socket.connect, socket.getaddrinfo = guarded_connect, guarded_resolve
    return tried


def main(name: str, job: str, url: str, turns: int) -> None:
    contender = importlib.import_module(f".{name}", __package__)
    switch = {**SWITCHES, **getattr(contender, "SWITCHES", {})}.get(job, {})
    if switch is None:
        print("FIGURES {}")  # it has no such switch
        return
    os.environ.update({**getattr(contender, "ENVIRONMENT", {}), **switch})
    tried = stay_here()
    turn, flush = contender.begin(url)
    figures = JOBS[job](turn, flush, turns)
    print("\nFIGURES", json.dumps({**figures, "tried": sorted(set(tried)), "at": time.monotonic()}), flush=True)
    if job not in ("away", "burst"):
        os._exit(0)  # everything is flushed; a slow way out would only take time


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
