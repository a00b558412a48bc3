"""A Markdown table, and the process it takes to fill one."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence


def markdown(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """One table, its cells padded so that it reads well in a terminal too."""
    lines = [list(columns), ["---"] * len(columns), *map(list, rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    body = (
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )
    return "\n".join([f"### {title}", "", *body, ""])


def run_module(module: str, *args: str) -> dict:
    """Run a module of ours in a fresh process and read the JSON object it prints last."""
    ran = subprocess.run([sys.executable, "-m", module, *args], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{module} {' '.join(args)} failed:\n{ran.stdout}{ran.stderr}")
    return json.loads(ran.stdout.strip().splitlines()[-1])


@contextlib.contextmanager
def child(module: str, *args: str) -> Iterator[str]:
    """A module of ours as a process beside; yields the first line it prints, ends it afterwards."""
    process = subprocess.Popen([sys.executable, "-m", module, *args], stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
