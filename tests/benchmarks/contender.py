"""One SDK on the common work, in a process of its own; prints its figures as JSON.

python -m tests.benchmarks.contender ours|raw|import-ours|import-nothing URL TURNS
"""

import json
import resource
import sys
import time

from tests.benchmarks import turn


def ours(url: str, turns: int) -> dict[str, float]:
    import otel_agents

    otel_agents.configure(service_name="bench", endpoint=url)
    return turn.measure(turn.ours, otel_agents.flush, turns)


def raw(url: str, turns: int) -> dict[str, float]:
    specs = turn.specs_of_ours()
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


def import_ours(_url: str, _turns: int) -> dict[str, float]:
    before = time.perf_counter()
    import otel_agents  # noqa: F401

    return {"import_ms": (time.perf_counter() - before) * 1e3}


def import_nothing(_url: str, _turns: int) -> dict[str, float]:
    return {"import_ms": 0.0}


CONTENDERS = {"ours": ours, "raw": raw, "import-ours": import_ours, "import-nothing": import_nothing}

if __name__ == "__main__":
    name, url, turns = sys.argv[1:]
    figures = CONTENDERS[name](url, int(turns))
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(figures))
