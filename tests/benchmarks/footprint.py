"""What it takes to have an SDK at all: packages, the time to import it, memory."""

import importlib
import re
import subprocess
from importlib.metadata import requires
from statistics import median

from packaging.requirements import Requirement

from tests.benchmarks import ours, processes, raw
from tests.benchmarks.table import markdown

TIMED = """
import time
began = time.process_time()
{}
took = time.process_time() - began
import re
print(took * 1e3, int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) / 1024)
"""


def packages(name: str) -> int:
    """How many packages are installed with it, itself included, without extras."""
    if name == "ours":
        return len(closure("otel-agents"))
    if name == "raw":
        return len(closure("opentelemetry-sdk") | closure("opentelemetry-exporter-otlp-proto-http"))
    return len(re.findall(r"^\w.*==", processes.lock(name), re.MULTILINE))


def closure(distribution: str) -> set[str]:
    """A distribution and everything it requires here, by what is installed."""
    found: set[str] = set()
    waiting = [distribution]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name not in found:
            found.add(name)
            wanted = map(Requirement, requires(name) or ())
            waiting += [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


def importing(name: str) -> tuple[float, float]:
    """Milliseconds of CPU to import it in a fresh interpreter, and the most memory held then, in MB."""
    if name == "nothing":
        statement, python = "pass", processes.python("ours")
    else:
        module = {"ours": ours, "raw": raw}.get(name) or importlib.import_module(f"tests.benchmarks.peers.{name}")
        statement, python = module.IMPORT, processes.python(name)
    ran = subprocess.run([python, "-c", TIMED.format(statement)], capture_output=True, text=True, check=True)
    took, peak = map(float, ran.stdout.split()[-2:])
    return took, peak


def table(names: list[str], in_use: dict[str, float], *, quick: bool) -> str:
    """`in_use`: the most memory each contender held once it had written its first spans, in MB."""
    rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in ("nothing", *names)}
    for _ in range(3 if quick else 9):
        for name, got in rounds.items():
            got.append(importing(name))
    bare = median(peak for _, peak in rounds["nothing"])
    rows = [
        [
            processes.label(name),
            str(packages(name)),
            f"{min(took for took, _ in rounds[name]):.0f} ms",  # what more it took was the machine's
            f"{median(peak for _, peak in rounds[name]) - bare:.0f} MB",
            f"{in_use[name] - bare:.0f} MB",
        ]
        for name in names
    ]
    title = f"To have it: peak memory is over a bare Python ({bare:.0f} MB)"
    return markdown(title, ["", "packages", "import, CPU at best", "memory after the import", "after 100 turns"], rows)
