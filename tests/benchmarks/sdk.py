"""What a traced program pays for a span, beside raw opentelemetry-sdk on the same spans in the same run."""

import json
from statistics import median

from tests.benchmarks.table import child, markdown, run_module

ROUNDS = 5


def run(*, quick: bool) -> str:
    turns = "300" if quick else "3000"
    rounds: dict[str, list[dict[str, float]]] = {"raw": [], "ours": [], "import-ours": [], "import-nothing": []}
    with child("tests.benchmarks.sink") as url:
        specs = json.dumps(run_module("tests.benchmarks.contender", "specs", url, "0", "[]")["specs"])
        for _ in range(1 if quick else ROUNDS):
            for name, figures in rounds.items():  # in turn, so that a machine that drifts drifts for all
                figures.append(run_module("tests.benchmarks.contender", name, url, turns, specs))
    rows = []
    for name, label in (("raw", "opentelemetry-sdk, batch processor"), ("ours", "otel-agents")):
        cells = [label]
        for figure in ("thread", "process"):
            got = median(one[figure] for one in rounds[name])
            ratio = median(one[figure] / peer[figure] for one, peer in zip(rounds[name], rounds["raw"], strict=True))
            cells += [f"{got:.1f} µs", f"{ratio:.2f} ×"]
        rows.append(cells)
    title = "A span of about 10 attributes, with OTLP/HTTP (median of rounds)"
    spans = markdown(title, ["", "calling thread", "ratio", "process CPU", "ratio"], rows)
    import_ms = median(one["import_ms"] for one in rounds["import-ours"])
    floor = median(one["peak_mb"] for one in rounds["import-nothing"])
    memory = median(one["peak_mb"] for one in rounds["import-ours"]) - floor
    return spans + f"\n`import otel_agents`: {import_ms:.0f} ms, {memory:.0f} MB over bare Python ({floor:.0f} MB).\n"
