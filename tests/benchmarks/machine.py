"""How fast this machine is, by work that is not ours: figures of two machines are comparable by it."""

from statistics import median

from tests.benchmarks import cost, processes
from tests.benchmarks.table import markdown

# Where the marks the project holds itself to were set.
THREAD_US, PROCESS_US = 24.7, 67.0


def run(*, quick: bool) -> str:
    with processes.sink() as url, processes.Running("raw", "recorded", url) as raw:
        raw.ask(cost.SMALL, cost.WARM_UP)
        asked = [raw.ask(cost.SMALL, cost.TURNS) for _ in range(3 if quick else 15)]
    thread, process = (median(one[what] for one in asked) for what in ("thread", "process"))
    rows = [
        ["here", f"{thread:.1f} µs", f"{process:.1f} µs"],
        ["where the marks were set", f"{THREAD_US} µs", f"{PROCESS_US} µs"],
        ["times as slow", f"{thread / THREAD_US:.1f} ×", f"{process / PROCESS_US:.1f} ×"],
    ]
    return markdown("This machine: a span of opentelemetry-sdk", ["", "calling thread", "process"], rows)
