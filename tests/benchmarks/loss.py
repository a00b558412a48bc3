"""What is lost, and what it costs, when spans come too fast or nobody takes them."""

import json
import tempfile
import time
import urllib.request
from collections import defaultdict
from contextlib import ExitStack
from itertools import chain
from statistics import median

from tests.benchmarks import processes, turn
from tests.benchmarks.processes import DidNotRunError, Running
from tests.benchmarks.table import markdown

BURST = 50_000  # spans
NOBODY = {"down": "nobody listens", "black-hole": "no connection comes about", "silent": "no answer comes"}
PATIENCE_S = 45.0  # how long exits are waited for once everything has run


def burst(names: list[str], *, quick: bool) -> str:
    rows = []
    turns = (BURST // 10 if quick else BURST) // turn.SPANS
    for name in names:
        cells = [processes.label(name)]
        with processes.sink("keeps") as url, tempfile.TemporaryDirectory() as spool:
            try:
                running = Running(name, "burst", url, turns, spool=spool)
                over = running.exit_seconds(processes.LIMIT_S)
                running.stop()
                shares = [arrived(url) / (turns * turn.SPANS)]
                if name == "ours":
                    processes.figures(name, "again", url, 1, spool=spool)
                    shares.append((arrived(url) - turn.SPANS) / (turns * turn.SPANS))
            except DidNotRunError as error:
                rows.append([*cells, f"did not run: {error}", "", ""])
                continue
        percent = [f"{100 * share:.1f} %" for share in shares]
        rows.append([*cells, percent[0], percent[-1], "–" if over is None else f"{over:.1f} s"])
    title = f"{turns * turn.SPANS:,} spans as fast as the program can, default settings, then its end"
    return markdown(title, ["", "arrived", "once the next program has run", "last span to exit"], rows)


def arrived(url: str) -> int:
    with urllib.request.urlopen(f"{url}/spans", timeout=60) as answer:
        return json.load(answer)


def away(names: list[str], *, quick: bool) -> str:
    """Calls while the collector answers and while it does not, in turn, and the exit afterwards."""
    runs: dict[tuple[str, str], list[Running | DidNotRunError]] = defaultdict(list)
    with ExitStack() as stack:
        urls = {state: stack.enter_context(processes.sink(state)) for state in ("answers", *NOBODY)}
        for number in range(1 if quick else 3):
            for name in names:
                if number > 0 and name not in ("raw", "ours"):
                    continue
                # Ours makes more than its queue holds: the last part finds it full.
                turns = (500 if quick else 9000) if name == "ours" else (100 if quick else 500)
                for state, url in urls.items():
                    runs[name, state].append(_run(name, url, turns))
        until = time.monotonic() + (0 if quick else PATIENCE_S)
        rows = []
        for name in names:
            answered = runs[name, "answers"]
            cells = [cell for state in NOBODY for cell in _beside(runs[name, state], answered, until)]
            rows.append([processes.label(name), *cells])
        for running in chain.from_iterable(runs.values()):
            if isinstance(running, Running):
                running.stop()
    columns = [""]
    for what in NOBODY.values():
        columns += [f"{what}: calls", "exit"]
    return markdown("The collector is away: calls beside those while it answers, and the program's exit", columns, rows)


def _run(name: str, url: str, turns: int) -> Running | DidNotRunError:
    try:
        running = Running(name, "away", url, turns)
    except DidNotRunError as error:
        return error
    if name == "ours":
        running.wait(3)
    return running  # others only wait for half a minute, and may do so beside the next


def _beside(
    nobody: list[Running | DidNotRunError], answered: list[Running | DidNotRunError], until: float
) -> tuple[str, str]:
    """The cost of calls while nobody answers beside that while somebody does, and the exit's time."""
    for one in (*nobody, *answered):
        if isinstance(one, DidNotRunError):
            return f"did not run: {one}", ""
    ratio = median(a.figures["thread"] / b.figures["thread"] for a, b in zip(nobody, answered, strict=True))
    ends = [one.exit_seconds(max(0.0, until - time.monotonic())) for one in nobody]
    if None in ends:
        return f"{ratio:.2f} ×", f"> {time.monotonic() - nobody[-1].figures['at']:.0f} s"
    return f"{ratio:.2f} ×", f"{median(ends):.1f} s"
