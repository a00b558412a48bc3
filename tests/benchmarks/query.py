"""How long questions take at a million stored spans, asked over HTTP as the UI and the command line ask them."""

import time
from collections.abc import Callable
from statistics import quantiles

from tests.benchmarks import running, spans
from tests.benchmarks.table import markdown

DESIGN_QUERY = """SELECT attributes->>'agent' AS agent, COUNT(*) AS requests, AVG(duration_ms) AS avg_duration
FROM spans WHERE attributes->>'agent' IS NOT NULL GROUP BY agent"""


def run(*, quick: bool) -> str:
    total = 20_480 if quick else 1_000_448
    step_ns = 28_000_000  # so that a million spans are the last hour
    with running.collector() as collector:
        first_ns = time.time_ns() - total // spans.TRACE * step_ns
        collector.send(spans.requests(total, first_ns=first_ns, step_ns=step_ns))
        listed = collector.ask("GET", "/api/v1/traces?limit=100")["traces"]
        sql = {"sql": "SELECT trace_id FROM spans USING SAMPLE 20"}
        some = [row[0] for row in collector.ask("POST", "/api/v1/sql", sql)["rows"]]
        questions: dict[str, Callable[[int], object]] = {
            "a question of all spans, by agent": lambda _: collector.ask("POST", "/api/v1/sql", {"sql": DESIGN_QUERY}),
            "one trace by id": lambda at: collector.ask("GET", f"/api/v1/traces/{some[at % len(some)]}"),
            "the newest 100 traces": lambda _: collector.ask("GET", "/api/v1/traces?limit=100"),
            "the overview of the last hour": lambda _: collector.ask("GET", "/api/v1/overview?minutes=60"),
            "floor: SELECT 1": lambda _: collector.ask("POST", "/api/v1/sql", {"sql": "SELECT 1"}),
        }
        assert len(listed) == 100
        rows = [[name, *_timed(question, 5 if quick else 30)] for name, question in questions.items()]
    return markdown(f"Questions over HTTP at {total:,} spans", ["", "median", "p95"], rows)


def _timed(question: Callable[[int], object], times: int) -> tuple[str, str]:
    question(0)
    took = []
    for at in range(times):
        began = time.perf_counter()
        question(at)
        took.append((time.perf_counter() - began) * 1e3)
    cuts = quantiles(took, n=20)
    return f"{cuts[9]:.1f} ms", f"{cuts[18]:.1f} ms"
