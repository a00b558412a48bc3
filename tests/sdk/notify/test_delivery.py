"""Who listens to alerts is called, off the program's threads."""

import asyncio
import subprocess
import sys
import threading

import pytest

from otel_agents import alert_manager, configure, metrics_collector, monitor_operation, shutdown
from otel_agents.errors import ConfigurationError
from otel_agents.sdk import faults
from otel_agents.sdk.notify.delivery import Delivery


@pytest.fixture
def a_fresh_program():
    bring_back = [metrics_collector.set_aside(metrics_collector._clock), alert_manager.set_aside()]
    yield
    shutdown()
    for each in bring_back:
        each()


@pytest.fixture
def delivery():
    return Delivery("a listener")


def test_calls_are_made_in_order_by_one_thread(delivery):
    done, made = threading.Event(), []
    for number in range(5):
        delivery.put(lambda number: made.append((number, threading.current_thread().name)), number)
    delivery.put(done.set)
    assert done.wait(60)
    assert made == [(number, "otel-agents-alerts") for number in range(5)]


def test_one_that_fails_is_logged_once_and_the_others_are_called(delivery, caplog):
    done = threading.Event()

    def fail():
        raise RuntimeError("no")

    delivery.put(fail)
    delivery.put(fail)
    delivery.put(done.set)
    assert done.wait(60)
    assert [record.getMessage() for record in caplog.records] == [
        "a listener failed; the program goes on, and this is not said again"
    ]
    assert faults.counts.pop("a listener") == 2


def test_one_that_hangs_holds_up_nobody_and_too_many_are_counted(delivery):
    release, done = threading.Event(), threading.Event()
    delivery.put(release.wait)
    for _ in range(1200):
        delivery.put(lambda: None)
    delivery.put(done.set)
    release.set()
    assert done.wait(60)
    assert faults.counts.pop("a listener that were too many") >= 200


async def test_a_coroutine_runs_in_the_loop_it_was_given_in(delivery):
    done = asyncio.Event()

    async def listen():
        done.set()

    delivery.remember_loop(listen)
    delivery.put(listen)
    await asyncio.wait_for(done.wait(), 60)


def test_a_coroutine_without_a_loop_runs_all_the_same(delivery):
    done = threading.Event()

    async def listen():
        await asyncio.sleep(0)
        done.set()

    delivery.put(listen)
    assert done.wait(60)


def test_a_traced_program_looks_by_itself(a_fresh_program):
    heard, done = [], threading.Event()

    @alert_manager.on_alert
    def listen(alert):
        heard.append((alert.name, alert.state, alert.subject))
        done.set()

    configure(traces_exporter="none", alert_interval=0.01, interval=0.01)
    for _ in range(3):
        with pytest.raises(ValueError), monitor_operation("request", agent_name="ChatAgent"):
            raise ValueError
    assert done.wait(60)
    assert heard == [("error_rate", "firing", "ChatAgent")]


def test_a_rule_that_is_broken_degrades_health_unless_it_is_low(a_fresh_program):
    metrics_collector.record_agent_request("ChatAgent", response_time=2.0)
    alert_manager.add_rule("a little slow", "slower(5m, than=1s) > 0", severity="low")
    assert metrics_collector.health().status == "healthy"
    alert_manager.add_rule("slow", "slower(5m, than=1s) > 0")
    state = metrics_collector.health()
    assert (state.status, state.reasons) == (
        "degraded",
        ("1 request took more than 1 s in the last 5 minutes (limit 0)",),
    )


PROGRAM = """
from otel_agents import alert_manager, configure, metrics_collector

@alert_manager.on_alert
async def tell(alert):
    print(alert.state, alert.name, flush=True)

configure(traces_exporter="none")
for _ in range(3):
    metrics_collector.record_agent_request("ChatAgent", success=False)
"""


def test_what_happened_last_is_told_before_the_program_ends():
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)
    assert (ended.stdout, ended.stderr) == ("firing error_rate\n", "")


def test_thresholds_and_rules_by_configure_and_by_variable(a_fresh_program, monkeypatch):
    configure(traces_exporter="none", thresholds={"error_rate": 5}, rules={"late": "p95(5m) > 5s", "memory": None})
    assert dict(alert_manager.thresholds) == {"error_rate": 5.0}
    assert {name: rule.expression for name, rule in alert_manager.rules.items()} == {
        "error_spike": "errors(5m) >= 5 and error_growth(5m) > 3",
        "late": "p95(5m) > 5s",
        "memory": "memory > 85% for 5m",
    }
    monkeypatch.setenv("OTEL_AGENTS_THRESHOLDS", "error_rate=20, cost=3")
    monkeypatch.setenv("OTEL_AGENTS_RULES", "late=p95(5m, agent=Chat) > 9s; disk")
    configure(traces_exporter="none")
    assert dict(alert_manager.thresholds) == {"error_rate": 20.0, "cost": 3.0}
    assert (alert_manager.rules["late"].expression, "disk" in alert_manager.rules) == (
        "p95(5m, agent=Chat) > 9s",
        True,
    )


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"thresholds": {"eror_rate": 5}}, "setting 'thresholds': unknown threshold 'eror_rate'; did you mean"),
        ({"thresholds": 5}, "setting 'thresholds': thresholds: expected a mapping"),
        ({"rules": {"late": "p95 > late"}}, "setting 'rules': rule 'late': expected a number, got 'late'"),
        ({"rules": ["late"]}, "setting 'rules': expected rules by name"),
    ],
)
def test_wrong_thresholds_and_rules_are_refused_at_configure(given, why):
    with pytest.raises(ConfigurationError) as caught:
        configure(**given)
    assert str(caught.value).startswith(why)


def test_an_agent_that_never_spoke_is_missed_in_a_program_that_does_nothing(a_fresh_program):
    heard, done = [], threading.Event()

    @alert_manager.on_alert
    def listen(alert):
        heard.append(alert.id)
        done.set()

    alert_manager.add_rule("gone", "silence(agent=Poller) > 0.01s")
    configure(traces_exporter="none", alert_interval=0.01, interval=0.01)
    assert done.wait(60)
    assert heard == ["gone/agent/Poller"]
