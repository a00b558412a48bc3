"""What a span costs: the calling thread and the process, small and with content, recorded and not."""

from statistics import median

from tests.benchmarks import processes
from tests.benchmarks.processes import DidNotRunError
from tests.benchmarks.table import markdown

Rounds = dict[str, list[dict[str, float]]]
Failures = dict[str, str]


def measure(names: list[str], *, quick: bool) -> tuple[Rounds, Rounds, Rounds, Failures]:
    """Rounds of recorded, unsampled and switched-off work, contenders in turn, so that drift is everybody's."""
    rounds: dict[str, Rounds] = {job: {name: [] for name in names} for job in ("cost", "unsampled", "off")}
    failures: Failures = {}
    with processes.sink() as url:
        for number in range(1 if quick else 5):
            for name in names:
                own = name in ("ours", "raw")
                if name in failures or (not own and number > 2):
                    continue
                turns = (300 if quick else 1500) if own else 150
                try:
                    for job, figures in rounds.items():
                        if own or job == "cost" or number == 0:
                            figures[name].append(processes.figures(name, job, url, turns))
                except DidNotRunError as error:
                    failures[name] = str(error)
    return rounds["cost"], rounds["unsampled"], rounds["off"], failures


def ratio(rounds: Rounds, name: str, figure: str, of: Rounds, beside: str, other: str) -> float:
    """The median over rounds of a figure to another contender's in the same round."""
    pairs = zip(rounds[name], of[beside], strict=False)
    return median(one[figure] / peer[other] for one, peer in pairs)


def recorded(rounds: Rounds, failures: Failures) -> str:
    rows = []
    for name, figures in rounds.items():
        cells = [processes.label(name)]
        if name in failures:
            rows.append([*cells, f"did not run: {failures[name]}", "", "", ""])
            continue
        for figure in ("thread", "process"):
            got = median(one[figure] for one in figures)
            cells += [f"{got:.1f} µs", f"{ratio(rounds, name, figure, rounds, 'raw', figure):.2f} ×"]
        rows.append(cells)
    title = "A span of about 10 attributes: CPU, with everything delivered (ratio to opentelemetry-sdk)"
    return markdown(title, ["", "calling thread", "ratio", "process", "ratio"], rows)


def with_content(rounds: Rounds, failures: Failures) -> str:
    rows = []
    for name, figures in rounds.items():
        if name in failures:
            continue
        thread = median(one["thread_content"] for one in figures)
        process = median(one["process_content"] for one in figures)
        rows.append(
            [
                processes.label(name),
                f"{thread:.1f} µs",
                f"{ratio(rounds, name, 'thread_content', rounds, name, 'thread'):.2f} ×",
                f"{ratio(rounds, name, 'thread_content', rounds, 'raw', 'thread_content'):.2f} ×",
                f"{process:.1f} µs",
                f"{ratio(rounds, name, 'process_content', rounds, 'raw', 'process_content'):.2f} ×",
            ]
        )
    title = "The same with prompts of 4 kB and answers of 2 kB on the model spans"
    columns = ["", "calling thread", "to its own without", "to opentelemetry-sdk", "process", "to opentelemetry-sdk"]
    return markdown(title, columns, rows)


def not_recorded(unsampled: Rounds, off: Rounds, recorded: Rounds, failures: Failures) -> str:
    rows = []
    for name in recorded:
        if name in failures:
            continue
        cells = [processes.label(name)]
        for rounds in (unsampled, off):
            if "thread" not in rounds[name][0]:
                cells += ["no such switch", ""]
                continue
            got = median(one["thread"] for one in rounds[name])
            cells += [f"{got:.2f} µs", f"{ratio(rounds, name, 'thread', recorded, 'raw', 'thread'):.3f} ×"]
        rows.append(cells)
    title = "A span that is not recorded: calling thread (ratio to a recorded span of opentelemetry-sdk)"
    return markdown(title, ["", "not sampled", "ratio", "switched off", "ratio"], rows)
