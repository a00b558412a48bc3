"""Runs that go round in circles or stand still: an alert with the evidence, or LoopDetected."""

import pytest

from otel_agents import agent, alert_manager, budgets, configure, metrics_collector, monitor_operation, shutdown, tool
from otel_agents.errors import LoopDetected
from otel_agents.sdk import runtime
from otel_agents.sdk.watching import guards


class Clock:
    ahead_s = 0

    def __call__(self):
        return self.now() + self.ahead_s * 10**9


@pytest.fixture(autouse=True)
def clock():
    clock = Clock()
    clock.now = metrics_collector._clock
    bring_back = [
        guards.set_aside(),
        metrics_collector.set_aside(clock),
        alert_manager.set_aside(),
        budgets.set_aside(clock),
    ]
    configure(traces_exporter="none", alert_interval=0)
    yield clock
    configure(traces_exporter="none")
    shutdown()
    for each in bring_back:
        each()


@tool
def search(query: str) -> str:
    return "nothing found"


@agent
def chat(times: int, query: str = "weather") -> int:
    done = 0
    for _ in range(times):
        search(query)
        done += 1
    return done


def firing():
    return [(alert["name"], alert["message"]) for alert in alert_manager.check_alerts()]


def test_the_same_call_again_and_again_is_an_alert_with_the_evidence(clock):
    chat(4)
    chat(4)  # another run
    assert firing() == []
    chat(5)
    (alert,) = alert_manager.check_alerts()
    trace_id = alert["subject"]
    assert (alert["name"], alert["kind"], alert["severity"], alert["value"], alert["threshold"]) == (
        "loop",
        "run",
        "high",
        5,
        5,
    )
    assert alert["message"] == 'chat called search 5 times with the same arguments: {"query": "weather"}'
    assert alert["evidence"] == {
        "trace_id": trace_id,
        "tool": "search",
        "arguments": '{"query": "weather"}',
        "calls": 5,
        "agent": "chat",
    }
    clock.ahead_s = 301
    assert firing() == []


def test_agents_that_hand_back_and_forth_are_an_alert():
    with monitor_operation("job"):
        for at in range(6):
            giver, taker = ("Router", "Writer") if at % 2 == 0 else ("Writer", "Router")
            with monitor_operation("turn", agent_name=giver) as op:
                op.handoff(taker)
    assert firing() == [("handoff_loop", "Router and Writer handed over to each other 6 times in one run")]


def test_the_next_operation_of_the_run_raises_where_that_is_wanted():
    assert runtime.guard is None
    configure(traces_exporter="none", alert_interval=0, loop_calls=3, on_loop="raise")
    with pytest.raises(LoopDetected) as caught:
        chat(10)
    assert str(caught.value) == (
        'chat called search 3 times with the same arguments: {"query": "weather"}; nothing more is begun in this run'
    )
    assert caught.value.evidence["calls"] == 3
    assert metrics_collector.tool_metrics["search"]["usage_count"] == 3
    assert chat(2) == 2  # another run


def test_calls_that_differ_only_in_what_is_redacted_are_no_loop():
    configure(traces_exporter="none", alert_interval=0, loop_calls=3, redact=True)
    with monitor_operation("job"):
        for name in ("anna", "ben", "cleo", "dora"):
            search(f"{name}@example.com")
        assert firing() == []
        for _ in range(3):
            search("anna@example.com")
    (alert,) = alert_manager.check_alerts()
    assert "anna@example.com" not in alert["message"]


def test_a_run_that_stands_still_is_an_alert_until_something_ends(clock):
    with monitor_operation("request", agent_name="Chat"):
        with monitor_operation("search", tool="web_search") as op:
            clock.ahead_s = 500
            assert firing() == []
            clock.ahead_s = 720
            (alert,) = alert_manager.check_alerts()
            assert (alert["name"], alert["severity"], alert["subject"]) == ("stall", "medium", op.trace_id)
            assert alert["message"] == ("Nothing has ended for 12 min in a run in which search is open (limit 10 min)")
            assert [each["name"] for each in alert["evidence"]["open"]] == ["search", "request"]
            assert alert["evidence"]["open"][0]["seconds"] == pytest.approx(720, abs=30)
        clock.ahead_s = 0
        assert firing() == []


def test_loops_and_stalls_are_off_at_zero(clock):
    configure(traces_exporter="none", alert_interval=0, loop_calls=0, loop_handoffs=0, stall_after=0)
    chat(50)
    with monitor_operation("request", agent_name="Chat"):
        clock.ahead_s = 10_000
        assert firing() == []
