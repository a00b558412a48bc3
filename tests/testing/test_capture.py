"""Capturing: whatever the program configures nothing leaves it, and what was there before is there again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_agents import (
    agent,
    alert_manager,
    configure,
    flush,
    health,
    metrics_collector,
    monitor_operation,
    shutdown,
    telemetry_health,
    tool,
)
from otel_agents.errors import ConfigurationError
from otel_agents.testing import capture
from tests.sdk.receiving import receiving
from tests.testing.program import search, support


@pytest.fixture(autouse=True)
def _shut_down():
    yield
    shutdown()


def test_a_program_that_configures_itself_sends_nothing_and_is_captured(spool: Path) -> None:
    memory = InMemorySpanExporter()
    with receiving() as server:
        with capture() as traces:
            search("tea")
            configure(
                service_name="shop",
                endpoint=server.url,
                sample_ratio=0.0,
                enabled=False,
                exporters=[memory],
                processors=SimpleSpanProcessor(memory),
            )
            search("milk")
            assert flush()
            shutdown()
            configure(endpoint=server.url)
            search("eggs")
        assert [each.arguments["query"] for each in traces.spans] == ["tea", "milk", "eggs"]
        assert traces.spans[1].raw.resource.attributes["service.name"] == "shop"
        assert (server.requests, memory.get_finished_spans(), spool.exists()) == ([], (), False)


def test_what_the_program_says_of_content_holds_and_its_mistakes_are_named() -> None:
    with capture() as traces:
        configure(capture_content=False)
        search("tea")
        assert traces.one().arguments is None
        with pytest.raises(ConfigurationError, match="setting 'sample_ratio': expected a number"):
            configure(sample_ratio=2)


def test_a_processor_that_adds_to_spans_still_does() -> None:
    class Stamp(SpanProcessor):
        def on_start(self, span, parent_context=None) -> None:
            span.set_attribute("stamped", True)

    with capture() as traces:
        configure(processors=[Stamp()])
        search("tea")
    assert traces.one(tool="search").attributes["stamped"] is True


def test_what_was_configured_before_goes_on_without_what_was_captured() -> None:
    memory = InMemorySpanExporter()
    configure(traces_exporter="none", exporters=[memory])
    with monitor_operation("before"), capture() as traces:
        search("tea")
    search("milk")
    assert flush()
    assert [span.name for span in memory.get_finished_spans()] == ["before", "execute_tool search"]
    assert [each.parent_id for each in traces.spans] == [None]


def test_a_span_that_started_before_is_not_captured() -> None:
    configure(traces_exporter="none")
    before = monitor_operation("before").__enter__()
    with capture() as traces:
        before.end()
    before.__exit__(None, None, None)
    assert traces.spans == []


def test_figures_alerts_and_accounts_begin_anew_and_come_back() -> None:
    configure(traces_exporter="none", exporters=[InMemorySpanExporter()])
    metrics_collector.reset()
    support("tea")
    assert flush()
    accounts = telemetry_health()
    with capture() as traces:
        assert (health().requests, telemetry_health().destinations) == (0, ())
        alert_manager.thresholds["response_time"] = 5.0
        for _ in range(3):
            with monitor_operation("slow", agent_name="Slow"):
                traces.clock.advance(30)
        assert [alert["message"] for alert in alert_manager.check_alerts()] == [
            "Slow: 3 requests took 30.0 s on average in the last 5 minutes (limit 5 s)"
        ]
        assert health().requests == 3
        alert_manager.thresholds = {}
    assert alert_manager.thresholds["response_time"] == 5.0
    assert (health().requests, alert_manager.check_alerts()) == (1, [])
    assert telemetry_health() == accounts


def test_one_capture_inside_another_has_its_spans_for_itself() -> None:
    with capture() as outer:
        search("tea")
        with capture() as inner:
            search("milk")
        search("eggs")
    assert [each.arguments["query"] for each in outer.spans] == ["tea", "eggs"]
    assert [(each.arguments["query"], each.span_id) for each in inner.spans] == [("milk", f"{1:016x}")]


def test_a_run_of_many_tests() -> None:
    program = """if True:
        import sys
        from opentelemetry import trace
        from otel_agents import tool
        from otel_agents.testing import capture

        before = trace.set_tracer_provider
        sys.setrecursionlimit(200)
        for _ in range(100):
            with capture() as traces:
                tool(lambda: None)()
            assert len(traces) == 1
        assert trace.set_tracer_provider is before
    """
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_forgetting_what_was_captured() -> None:
    with capture() as traces:
        search("tea")
        traces.clear()
        search("milk")
        assert [each.arguments["query"] for each in traces.spans] == ["milk"]


def test_the_clock_begins_and_goes_on_as_it_is_told() -> None:
    with capture(start=datetime(2030, 1, 1, tzinfo=UTC), step=1) as traces:
        with monitor_operation("work") as work:
            work.event("halfway")
            traces.clock.advance(60)
    (span,) = traces.spans
    start = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
    assert [
        moment / 1e9 - start for moment in (span.raw.start_time, span.raw.events[0].timestamp, span.raw.end_time)
    ] == [
        0,
        1,
        62,
    ]
    assert span.duration == 62


def test_spans_of_opentelemetry_are_captured_too() -> None:
    tracer = trace.get_tracer("another")  # before: an instrumentation has its tracer when it is imported
    with capture() as traces:
        with tracer.start_as_current_span("request"):
            search("tea")
    traces.assert_tree("request\n  execute_tool search")


async def test_tasks_are_below_the_span_around_them() -> None:
    @agent("Gatherer")
    async def gather() -> None:
        await asyncio.gather(*(look(number) for number in range(3)))

    @tool
    async def look(number: int) -> None:
        await asyncio.sleep(0)

    with capture() as traces:
        await gather()
    traces.assert_no_orphans()
    assert traces.tree() == "invoke_agent Gatherer\n" + "\n".join(["  execute_tool look"] * 3)


def test_the_provider_is_as_it_was_so_that_other_tests_can_set_theirs(tmp_path: Path) -> None:
    program = """if True:
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from otel_agents import configure, tool
        from otel_agents.testing import capture

        @tool
        def search(): ...

        with capture() as traces:
            search()
        assert len(traces) == 1
        theirs = TracerProvider()
        trace.set_tracer_provider(theirs)
        assert trace.get_tracer_provider() is theirs
        with capture() as traces:  # joins it
            with trace.get_tracer("t").start_as_current_span("request"):
                search()
        assert traces.tree() == "request\\n  execute_tool search", traces
    """
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (
        0,
        "Joined the TracerProvider that is already set: its resource, sampler and exporters stay as they are\n",
    )
