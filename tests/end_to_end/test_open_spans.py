"""A run is visible while it runs: real programs, and a collector that watches them live and die."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.conftest import RunningCollector
from tests.end_to_end.living import program, until
from tests.sdk.receiving import receiving

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = (
    "SELECT name, end_time IS NULL AS open, attributes->>'otel_agents.span.state' AS state,"
    " attributes->>'step' AS step, attributes->>'password' AS password, attributes->>'agent' AS agent"
    " FROM spans ORDER BY start_time"
)
STATES = (
    "SELECT name, attributes->>'otel_agents.span.state' AS state FROM spans WHERE end_time IS NULL ORDER BY start_time"
)


def states(collector: RunningCollector) -> Callable[[], dict[str, str]]:
    return lambda: {row["name"]: row["state"] for row in collector.sql(STATES)}


OPEN = {"run": "open", "inside": "open"}
OPEN_OF_LOGFIRE = {"outer": "open", "inner": "open"}
TREE = "SELECT name, span_id, parent_span_id, attributes->>'step' AS step FROM spans ORDER BY start_time"
DEAD = {"run": "abandoned", "inside": "abandoned"}


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_run_is_seen_while_it_runs_and_its_end_replaces_it(collector: RunningCollector, protocol: str):
    url = collector.url if protocol != "grpc" else f"http://127.0.0.1:{collector.grpc_port}"
    with program("runs", url, OTEL_EXPORTER_OTLP_PROTOCOL=protocol) as running:
        until(states(collector), OPEN)
        rows = {row["name"]: row for row in collector.sql(ROWS)}
        assert rows["before"]["open"] is False
        assert rows["run"]["agent"] == "Researcher"
        assert "hunter2" not in rows["run"]["password"]
        running.go_on()
        until(lambda: collector.sql(ROWS)[-1]["step"], "2")
        running.end()
    until(states(collector), {})
    assert [row["name"] for row in collector.sql(ROWS)] == ["run", "before", "inside"]


def test_what_a_killed_program_left_open_is_marked_also_by_a_collector_that_was_killed_too(
    collector: RunningCollector, start_collector: Callable[..., RunningCollector]
):
    with program("runs", collector.url) as dies, program("runs", collector.url) as lives:
        until(lambda: len(collector.sql(STATES)), 4)
        dies.process.kill()
        until(lambda: sorted(row["state"] for row in collector.sql(STATES)), ["abandoned"] * 2 + ["open"] * 2)
        collector.stop(signal.SIGKILL)
        lives.process.kill()
        again = start_collector()
        until(states(again), DEAD)
        assert len(again.sql(STATES)) == 4


def test_what_is_open_when_a_program_ends_is_marked_and_what_it_lost_before(collector: RunningCollector):
    with program("forgets", collector.url) as ends:
        until(states(collector), {"held to the end": "open", "dropped": "open"})
        ends.go_on()
        until(states(collector), {"held to the end": "open", "dropped": "abandoned"})
        ends.end()
    until(states(collector), {"held to the end": "abandoned", "dropped": "abandoned"})


def test_a_forked_child_does_not_speak_for_its_parent(collector: RunningCollector):
    with program("forks", collector.url) as parent:
        until(states(collector), OPEN)
        parent.go_on()
        parent.go_on()
        assert parent.process.stdout is not None
        assert parent.process.stdout.readline() == "alone\n"
        assert states(collector)() == OPEN
        parent.end()
    until(states(collector), {})


def test_spans_that_logfires_package_announces_are_the_spans_themselves(collector: RunningCollector):
    with program("", collector.url, file="logfire_pending") as running:
        until(states(collector), OPEN_OF_LOGFIRE)
        (outer, inner) = collector.sql(TREE)
        assert (outer["parent_span_id"], inner["parent_span_id"]) == (None, outer["span_id"])
        running.go_on()
        until(states(collector), {})
        running.end()
    ended = [{**outer, "step": None}, {**inner, "step": "2"}]
    assert collector.sql(TREE) == ended
    assert collector.sql("SELECT spans, model_calls FROM traces") == [{"spans": 2, "model_calls": 0}]


def test_another_collector_is_asked_and_told_nothing():
    with receiving() as other, program("runs", other.url) as running:
        until(lambda: other.strange, [("/v1/open_spans", b"")])
        running.end()
        assert sorted(other.names()) == ["before", "inside", "run"]
        assert other.strange == [("/v1/open_spans", b"")]
