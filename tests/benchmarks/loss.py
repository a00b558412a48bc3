"""What is lost, and what it costs, when spans come too fast or nobody takes them."""

import json
import time
import urllib.request
from contextlib import ExitStack
from statistics import median

from tests.benchmarks import processes, turn
from tests.benchmarks.processes import DidNotRunError, Running
from tests.benchmarks.table import markdown

BURST = 50_000  # spans
NOBODY = {"down": "nobody listens", "black-hole": "no connection comes about", "silent": "no answer comes"}
PATIENCE_S = 60.0


def burst(names: list[str], *, quick: bool) -> str:
    rows = []
    turns = (BURST // 10 if quick else BURST) // turn.SPANS
    for name in names:
        cells = [processes.label(name)]
        with processes.sink("keeps") as url:
            began = time.monotonic()
            try:
                running = Running(name, "burst", url, turns)
            except DidNotRunError as error:
                rows.append([*cells, f"did not run: {error}", "", ""])
                continue
            over = running.exit_seconds(processes.LIMIT_S)
            running.stop()
            with urllib.request.urlopen(f"{url}/spans", timeout=60) as answer:
                arrived = json.load(answer)
        made = running.figures["at"] - began
        cells += [f"{100 * arrived / (turns * turn.SPANS):.1f} %", f"{made:.1f} s", seconds(over)]
        rows.append(cells)
    title = f"{turns * turn.SPANS:,} spans as fast as the program can, default settings, then its end"
    return markdown(title, ["", "arrived", "start to last span", "from there to its exit"], rows)


def away(names: list[str], *, quick: bool) -> str:
    """Calls while the collector answers and while it does not, side by side, and the exit afterwards."""
    calls: dict[str, dict[str, list[float]]] = {name: {state: [] for state in ("answers", *NOBODY)} for name in names}
    ends: dict[tuple[str, str], list[Running]] = {}
    failures: dict[tuple[str, str], str] = {}
    with ExitStack() as stack:
        urls = {state: stack.enter_context(processes.sink(state)) for state in ("answers", *NOBODY)}
        for _ in range(1 if quick else 3):
            for name in names:
                # Ours makes more than its queue holds: the last third finds it full.
                turns = (500 if quick else 9000) if name == "ours" else (100 if quick else 1000)
                for state, url in urls.items():
                    if (name, state) in failures:
                        continue
                    try:
                        running = Running(name, "away", url, turns)
                    except DidNotRunError as error:
                        failures[name, state] = str(error)
                        continue
                    calls[name][state].append(running.figures["thread"])
                    ends.setdefault((name, state), []).append(running)
                    running.exit_seconds(3)  # who takes longer only waits, and may do so beside the next
        until = time.monotonic() + (0 if quick else PATIENCE_S)
        rows = []
        for name in names:
            cells = [processes.label(name)]
            for state in NOBODY:
                if (name, state) in failures or not calls[name]["answers"]:
                    cells += [f"did not run: {failures.get((name, state), '')}", ""]
                    continue
                ratio = median(a / b for a, b in zip(calls[name][state], calls[name]["answers"], strict=False))
                over = [one.exit_seconds(until - time.monotonic()) for one in ends[name, state]]
                cells += [f"{ratio:.2f} ×", seconds(None if None in over else median(over))]
            rows.append(cells)
        for running in (one for several in ends.values() for one in several):
            running.stop()
    columns = [""]
    for what in NOBODY.values():
        columns += [f"{what}: calls", "exit"]
    return markdown("The collector is away: calls beside those while it answers, and the program's exit", columns, rows)


def seconds(took: float | None) -> str:
    return "longer than waited for" if took is None else f"{took:.1f} s"
