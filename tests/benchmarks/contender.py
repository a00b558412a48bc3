"""One SDK at work in a process of its own, on orders from standard input; answers each with a line FIGURES {…}.

python -m tests.benchmarks.contender NAME MODE URL

Modes: `recorded`, for what a span costs; `unsampled`; `off`; `default`, as a program has it that sets nothing.
Orders: `small N` and `content N`, N turns without or with prompts and answers, then a flush; `calls N`, N turns and no
flush; `again`, the next program, which sends what an earlier one kept on disk; `end`, the end as programs end.
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

# What each mode sets before the SDK is imported; a contender's own SWITCHES go first.
SWITCHES = {
    "recorded": {"OTEL_BSP_MAX_QUEUE_SIZE": "10000000"},  # what is dropped costs nothing, and by default much of it is
    "unsampled": {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"},
    "off": {"OTEL_SDK_DISABLED": "true"},
    "default": {},
}


def small(turn: work.Turn, flush: work.Flush, turns: int) -> dict[str, float]:
    return work.measure(turn, flush, turns)


def content(turn: work.Turn, flush: work.Flush, turns: int) -> dict[str, float]:
    return work.measure(turn, flush, turns, content=True)


def calls(turn: work.Turn, _flush: work.Flush, turns: int) -> dict[str, float]:
    return work.measure(turn, lambda: None, turns)


def again(turn: work.Turn, flush: work.Flush, _turns: int) -> dict[str, float]:
    work.loop(turn, 1)
    flush()
    spool, until = Path(os.environ["OTEL_AGENTS_SPOOL"]), time.monotonic() + 20
    while any(spool.rglob("*.otlp")) and time.monotonic() < until:
        time.sleep(0.05)
    return {}


def end(_turn: work.Turn, _flush: work.Flush, _turns: int) -> dict[str, float]:
    return {}


ORDERS = {"small": small, "content": content, "calls": calls, "again": again, "end": end}


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


def main(name: str, mode: str, url: str) -> None:
    contender = importlib.import_module(f".{name}", __package__)
    switch = {**SWITCHES, **getattr(contender, "SWITCHES", {})}[mode]
    if switch is None:
        sys.exit("no such switch")
    os.environ.update({**getattr(contender, "ENVIRONMENT", {}), **switch})
    tried = stay_here()
    turn, flush = contender.begin(url)
    for line in sys.stdin:
        order, turns = line.split()
        figures = ORDERS[order](turn, flush, int(turns))
        figures |= {"peak_mb": peak_mb(), "tried": sorted(set(tried)), "at": time.monotonic()}
        sys.stdout.write(f"\nFIGURES {json.dumps(figures)}\n")  # in one piece: other threads may print too
        sys.stdout.flush()
        if order == "end":
            return
    os._exit(0)  # nobody asks any more, and a slow way out would only take time


if __name__ == "__main__":
    main(*sys.argv[1:])
