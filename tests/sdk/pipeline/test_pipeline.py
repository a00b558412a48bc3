"""The pipeline when its thread is held up."""

import threading

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, TraceFlags

from otel_agents.sdk.exporters.foreign import ExporterSender
from otel_agents.sdk.exporters.ledger import Ledger
from otel_agents.sdk.exporters.outlet import Outlet
from otel_agents.sdk.pipeline.pipeline import Pipeline
from otel_agents.sdk.pipeline.running import OpenSpans


class Gate:
    """A stage that lets nothing through until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()

    def process(self, span: ReadableSpan) -> None:
        self.reached.set()
        assert self.open.wait(60)


def span(number: int) -> ReadableSpan:
    return ReadableSpan(f"work {number}", SpanContext(1, number, False, TraceFlags(TraceFlags.SAMPLED)))


def test_a_thread_that_hangs_holds_nobody_up_for_long_and_what_does_not_fit_is_counted() -> None:
    gate, ledger, memory = Gate(), Ledger("memory"), InMemorySpanExporter()
    outlet = Outlet(ExporterSender(memory), ledger=ledger, queue_bytes=1 << 20, batch_size=10, retry_for=0, what="m")
    pipeline = Pipeline([gate], [outlet], open_spans=OpenSpans(), queue_size=3, queue_bytes=1 << 20, interval=0.001)
    pipeline.on_end(span(1))
    assert gate.reached.wait(60)
    for number in range(2, 8):
        pipeline.on_end(span(number))
    gate.open.set()
    assert pipeline.force_flush()
    pipeline.on_end(span(8))
    pipeline.shutdown()
    pipeline.on_end(span(9))
    assert [each.name for each in memory.get_finished_spans()] == ["work 1", "work 2", "work 3", "work 4", "work 8"]
    told = ledger.read()
    assert (told.emitted, told.delivered, told.waiting) == (9, 5, 0)
    assert told.dropped == {"queue_full": 3, "shutdown": 1}
