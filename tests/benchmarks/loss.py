"""What is lost, and what it costs, when spans come too fast or nobody takes them."""

import json
import tempfile
import time
import urllib.request
from collections import defaultdict
from contextlib import ExitStack
from statistics import median

from tests.benchmarks import processes, turn
from tests.benchmarks.processes import DidNotRunError, Running
from tests.benchmarks.table import markdown

BURST = 50_000  # spans
NOBODY = {"down": "nobody listens", "black-hole": "no connection comes about", "silent": "no answer comes"}
TURNS = 250  # of calls between two looks
PATIENCE_S = 45.0  # how long exits are waited for once everything has run


def burst(names: list[str], *, quick: bool) -> str:
    rows = []
    turns = (BURST // 10 if quick else BURST) // turn.SPANS
    for name in names:
        cells = [processes.label(name)]
        with processes.sink("keeps") as url, tempfile.TemporaryDirectory() as spool:
            try:
                with Running(name, "default", url, spool=spool) as running:
                    running.ask("calls", turns)
                    running.end()
                    over = running.ended_after(processes.LIMIT_S)
                shares = [arrived(url) / (turns * turn.SPANS)]
                if name == "ours":
                    with Running(name, "default", url, spool=spool) as following:
                        following.ask("again")
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
    """Calls while nobody answers, in turn with those of a program whose collector answers, and the exits afterwards."""
    with ExitStack() as stack:
        urls = {state: stack.enter_context(processes.sink(state)) for state in ("answers", *NOBODY)}
        found: dict[tuple[str, str], list[Found]] = defaultdict(list)
        # Others take half a minute to exit, and may do so beside ours.
        for name in sorted(names, key=lambda name: name == "ours"):
            thorough = name == "ours" and not quick
            for _ in range(3 if thorough else 1):
                # Of ours, more than its queue holds; the others' is full soon.
                for state, got in _beside(name, urls, 36 if thorough else 4 if quick else 8, stack).items():
                    found[name, state].append(got)
        until = time.monotonic() + (0 if quick else PATIENCE_S)
        rows = []
        for name in names:
            cells = [cell for state in NOBODY for cell in _cells(found[name, state], until)]
            rows.append([processes.label(name), *cells])
    columns = [""]
    for what in NOBODY.values():
        columns += [f"{what}: calls", "exit"]
    return markdown("The collector is away: calls beside those while it answers, and the program's exit", columns, rows)


Found = tuple[float, Running] | DidNotRunError


def _beside(name: str, urls: dict[str, str], pairs: int, stack: ExitStack) -> dict[str, Found]:
    """How much more calls cost where nobody answers, and those programs, told to end; by state."""
    found: dict[str, Found] = {}
    running: dict[str, Running] = {}
    ratios: dict[str, list[float]] = {state: [] for state in NOBODY}
    for state, url in urls.items():
        running[state] = stack.enter_context(Running(name, "default", url))
        try:
            running[state].ask("calls", TURNS)
        except DidNotRunError as error:
            if state not in NOBODY:
                return dict.fromkeys(NOBODY, error)
            found[state] = error
    there = [state for state in NOBODY if state not in found]
    for _ in range(pairs):
        usual = running["answers"].ask("calls", TURNS)["thread"]
        for state in there:
            ratios[state].append(running[state].ask("calls", TURNS)["thread"] / usual)
    running["answers"].stop()
    for state in there:
        running[state].end()
        if name == "ours":
            running[state].ended_after(3)
        found[state] = median(ratios[state]), running[state]
    return found


def _cells(found: list[Found], until: float) -> tuple[str, str]:
    for one in found:
        if isinstance(one, DidNotRunError):
            return f"did not run: {one}", ""
    ratio = f"{median(ratio for ratio, _ in found):.2f} ×"
    ends = [running.ended_after(max(0.0, until - time.monotonic())) for _, running in found]
    if None in ends:
        return ratio, f"> {min(running.ending() for _, running in found):.0f} s"
    return ratio, f"{median(ends):.1f} s"
