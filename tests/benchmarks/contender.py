"""One SDK on the common work, in a process of its own; prints its figures as JSON.

python -m tests.benchmarks.contender ours|raw|import-ours|import-nothing URL TURNS
"""

import json
import re
import resource
import sys
import time
from pathlib import Path

from tests.benchmarks import turn


def ours(url: str, turns: int, _specs: list[turn.Spec]) -> dict[str, float]:
    import otel_agents

    otel_agents.configure(service_name="bench", endpoint=url)
    return turn.measure(turn.ours, otel_agents.flush, turns)


def raw(url: str, turns: int, specs: list[turn.Spec]) -> dict[str, float]:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "bench"}))
    # A queue that holds everything: by default 35-44 % of a burst is dropped, and what is dropped costs nothing.
    exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=10_000_000))
    tracer = provider.get_tracer("bench")
    return turn.measure(lambda at: turn.raw_turn(tracer, at, specs), provider.force_flush, turns)


def import_ours(_url: str, _turns: int, _specs: list[turn.Spec]) -> dict[str, float]:
    before = time.perf_counter()
    import otel_agents  # noqa: F401

    return {"import_ms": (time.perf_counter() - before) * 1e3}


def import_nothing(_url: str, _turns: int, _specs: list[turn.Spec]) -> dict[str, float]:
    return {"import_ms": 0.0}


def specs(url: str, _turns: int, _specs: list[turn.Spec]) -> dict[str, list[turn.Spec]]:
    return {"specs": turn.specs_of_ours(url)}


def peak_mb() -> float:
    """The most memory this process has held. Linux's own figure, as ru_maxrss starts at what the parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


CONTENDERS = {"ours": ours, "raw": raw, "specs": specs, "import-ours": import_ours, "import-nothing": import_nothing}

if __name__ == "__main__":
    name, url, turns, given = sys.argv[1:]
    figures = CONTENDERS[name](url, int(turns), json.loads(given))
    figures["peak_mb"] = peak_mb()
    print(json.dumps(figures))
