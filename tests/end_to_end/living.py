"""A traced program that leaves spans open, and goes on or ends when it is told to."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROGRAMS = Path(__file__).parent / "programs"


class Program:
    """A traced program that does the next thing on a word."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> None:
        self.process.communicate("\n" * 4, timeout=60)


@contextmanager
def program(way: str, url: str, *, file: str = "open_spans", **variables: str) -> Iterator[Program]:
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "100", **variables}
    pipe = subprocess.PIPE
    command = [sys.executable, PROGRAMS / f"{file}.py", way]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        try:
            yield Program(process)
        finally:
            process.kill()


def until(ask: Callable[[], Any], wanted: Any) -> None:
    """Ask until the answer is what is wanted."""
    until_s = monotonic() + 60
    while (got := ask()) != wanted:
        assert monotonic() < until_s, got
        sleep(0.1)
