"""What a span costs: the calling thread and the process, small and with content, recorded and not.

Each contender works beside raw opentelemetry-sdk: both in processes of their own, a few turns the one, then the other.
A machine that slows down for a second does so for both; every ratio is the median of the ratios of such neighbours.
"""

from collections import defaultdict
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from statistics import median

from tests.benchmarks import processes
from tests.benchmarks.processes import DidNotRunError, Running
from tests.benchmarks.table import markdown

WARM_UP = 100  # turns
TURNS = 64  # 512 spans, a batch of most
SMALL, CONTENT = "small", "content"

Figures = dict[str, float]


@dataclass
class Beside:
    """A contender's figures by order, and raw's next to each."""

    own: dict[str, list[Figures]] = field(default_factory=lambda: defaultdict(list))
    raw: dict[str, list[Figures]] = field(default_factory=lambda: defaultdict(list))

    def figure(self, order: str, what: str) -> float:
        return median(one[what] for one in self.own[order])

    def to_raw(self, order: str, what: str) -> float:
        return _ratio(self.own[order], self.raw[order], what)

    def to_own_small(self, what: str) -> float:
        return _ratio(self.own[CONTENT], self.own[SMALL], what)


def _ratio(of: list[Figures], to: list[Figures], what: str) -> float:
    return median(a[what] / b[what] for a, b in zip(of, to, strict=True))


@dataclass
class Costs:
    """All contenders' figures by name, recorded and not, and why some have none."""

    recorded: dict[str, Beside] = field(default_factory=dict)
    unsampled: dict[str, Beside | None] = field(default_factory=dict)  # None: it has no such switch
    off: dict[str, Beside | None] = field(default_factory=dict)
    peak_mb: dict[str, float] = field(default_factory=dict)  # once warm
    tried: dict[str, list[str]] = field(default_factory=dict)  # hosts it would have reached
    failures: dict[str, str] = field(default_factory=dict)


def measure(names: list[str], *, quick: bool) -> Costs:
    costs = Costs()
    with processes.sink() as url:
        for name in names:
            thorough = name == "ours" and not quick
            try:
                _measure(costs, name, url, rounds=3 if thorough else 1, pairs=12 if thorough else 5)
            except DidNotRunError as error:
                costs.failures[name] = str(error)
    return costs


def _measure(costs: Costs, name: str, url: str, *, rounds: int, pairs: int) -> None:
    recorded, unsampled, off = Beside(), Beside(), Beside()
    switches = {"unsampled": unsampled, "off": off}
    for _ in range(rounds):
        with ExitStack() as stack:
            raw, one = (stack.enter_context(Running(each, "recorded", url)) for each in ("raw", name))
            raw.ask(SMALL, WARM_UP)
            warm = one.ask(SMALL, WARM_UP)
            without = {}
            for mode in switches:
                with suppress(DidNotRunError):  # it has no such switch
                    running = stack.enter_context(Running(name, mode, url))
                    running.ask(SMALL, WARM_UP)
                    without[mode] = running
            for _ in range(pairs):
                small = raw.ask(SMALL, TURNS)
                _note(recorded, SMALL, one.ask(SMALL, TURNS), small)
                for mode, running in without.items():
                    _note(switches[mode], SMALL, running.ask(SMALL, TURNS), small)
                _note(recorded, CONTENT, one.ask(CONTENT, TURNS), raw.ask(CONTENT, TURNS))
    costs.recorded[name] = recorded
    costs.unsampled[name] = unsampled if "unsampled" in without else None
    costs.off[name] = off if "off" in without else None
    costs.peak_mb[name] = warm["peak_mb"]
    costs.tried[name] = warm["tried"]


def _note(beside: Beside, order: str, own: Figures, raw: Figures) -> None:
    beside.own[order].append(own)
    beside.raw[order].append(raw)


def recorded(costs: Costs) -> str:
    rows = []
    for name, got in costs.recorded.items():
        cells = [processes.label(name)]
        for what in ("thread", "process"):
            cells += [f"{got.figure(SMALL, what):.1f} µs", f"{got.to_raw(SMALL, what):.2f} ×"]
        rows.append(cells)
    rows += [[processes.label(name), f"did not run: {why}", "", "", ""] for name, why in costs.failures.items()]
    title = "A span of about 10 attributes: CPU, everything delivered (ratio to opentelemetry-sdk)"
    return markdown(title, ["", "calling thread", "ratio", "process", "ratio"], rows)


def with_content(costs: Costs) -> str:
    rows = [
        [
            processes.label(name),
            f"{got.figure(CONTENT, 'thread'):.1f} µs",
            f"{got.to_own_small('thread'):.2f} ×",
            f"{got.to_raw(CONTENT, 'thread'):.2f} ×",
            f"{got.figure(CONTENT, 'process'):.1f} µs",
            f"{got.to_raw(CONTENT, 'process'):.2f} ×",
        ]
        for name, got in costs.recorded.items()
    ]
    title = "The same with prompts of 4 kB and answers of 2 kB on the model spans"
    columns = ["", "calling thread", "to its own without", "to opentelemetry-sdk", "process", "to opentelemetry-sdk"]
    return markdown(title, columns, rows)


def not_recorded(costs: Costs) -> str:
    rows = []
    for name in costs.recorded:
        cells = [processes.label(name)]
        for got in (costs.unsampled[name], costs.off[name]):
            if got is None:
                cells += ["no such switch", ""]
            else:
                cells += [f"{got.figure(SMALL, 'thread'):.2f} µs", f"{got.to_raw(SMALL, 'thread'):.3f} ×"]
        rows.append(cells)
    title = "A span that is not recorded: calling thread (ratio to a recorded span of opentelemetry-sdk)"
    return markdown(title, ["", "not sampled", "ratio", "switched off", "ratio"], rows)
