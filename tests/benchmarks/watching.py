"""What health, alerts and budgets take: time on the calling thread, beside the same spans without them, and memory.

As a module, it measures one of the two in this process: python -m tests.benchmarks.watching thread|memory ROUNDS
"""

import gc
import json
import random
import sys
import time
from collections.abc import Callable
from statistics import median

from tests.benchmarks.table import markdown, run_module

SPANS = 500  # of one round: few enough to wait in the queue
NAMES = 250  # agents, and as many tools, models and tenants
SECOND = 10**9


def run(*, quick: bool) -> str:
    thread = run_module(__name__, "thread", "10" if quick else "60")
    memory = run_module(__name__, "memory", "20" if quick else "360")
    rows = [
        ["a span without them", f"{thread['without']:.2f} µs"],
        ["health, alerts, loops and stalls add", f"{thread['health']:.2f} µs a span"],
        ["a budget that raises adds", f"{thread['budget']:.2f} µs a model call"],
        [f"{4 * NAMES:,} names, each busy for an hour", f"{memory['mb']:.1f} MB"],
        ["one look at all of them", f"{memory['look_ms']:.0f} ms"],
    ]
    return markdown("Health, alerts and budgets in the program: calling thread, memory", ["", ""], rows)


def thread(rounds: int) -> dict[str, float]:
    """Microseconds a span of the calling thread without them, and what is added."""
    import otel_agents
    from otel_agents.sdk import configure

    otel_agents.configure(traces_exporter="none", alert_interval=0, state=False)
    pipeline, processors = configure._pipeline, configure._provider._active_span_processor
    told = processors.starting

    def without() -> None:
        processors.starting = ()

    def health() -> None:
        processors.starting = told

    def budget() -> None:
        otel_agents.budgets.set("daily", usd=1e9, per="day", then="raise")

    spent: dict[Callable, list[float]] = {without: [], health: [], budget: []}
    for _ in range(rounds):
        for setting, took in spent.items():
            setting()
            pipeline.settle()
            took.append(_spans(otel_agents.monitor_operation))
            if setting is budget:
                otel_agents.budgets.remove("daily")
    otel_agents.shutdown()

    def added(by: Callable, to: Callable) -> float:
        return median(b - a for a, b in zip(spent[to], spent[by], strict=True))

    return {"without": median(spent[without]), "health": added(health, without), "budget": added(budget, health)}


def _spans(monitor_operation: Callable) -> float:
    began = time.thread_time()
    for at in range(SPANS):
        with monitor_operation("ask", model="gpt-4o", provider="openai", attempt=at, temperature=0.2, channel="web"):
            pass
    return (time.thread_time() - began) / SPANS * 1e6


def memory(ticks: int) -> dict[str, float]:
    """Megabytes that the figures of all names take after as many times 10 s, and milliseconds a look at them takes."""
    import psutil

    from otel_agents.alerts.thresholds import Thresholds
    from otel_agents.records import SpanRecord
    from otel_agents.sdk.monitoring.metrics_collector import MetricsCollector

    rng = random.Random(1)
    now = 1_700_000_000 * SECOND
    collector = MetricsCollector(Thresholds(), lambda: now)
    aggregates = collector.aggregates
    gc.collect()
    before = psutil.Process().memory_info().rss
    for _ in range(ticks):
        now += 10 * SECOND
        for number in range(NAMES):
            took = int(rng.lognormvariate(0, 1) * SECOND)
            about = {"agent": f"agent-{number}", "tenant": f"tenant-{number}"}
            failed = {"failed": True, "error_type": "TimeoutError"} if rng.random() < 0.02 else {}
            call = {"model": f"model-{number}", "input_tokens": 900, "output_tokens": 90, "cost_usd": 0.01}
            aggregates.add(SpanRecord("chat", "model", now - took, now, parent_id=1, **about, **call))
            aggregates.add(SpanRecord("tool", "tool", now - took, now, parent_id=1, tool=f"tool-{number}", **about))
            aggregates.add(SpanRecord("agent", "agent", now - took, now, span_id=1, **about, **failed))
    gc.collect()
    taken = psutil.Process().memory_info().rss - before
    began = time.process_time()
    collector.look()
    return {"mb": taken / 1e6, "look_ms": (time.process_time() - began) * 1e3}


if __name__ == "__main__":
    print(json.dumps({"thread": thread, "memory": memory}[sys.argv[1]](int(sys.argv[2]))))
