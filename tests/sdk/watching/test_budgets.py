"""Budgets that act: the next model call is not made once all is used."""

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import trace

from otel_agents import (
    agent,
    alert_manager,
    budgets,
    configure,
    context,
    metrics_collector,
    model,
    monitor_operation,
    shutdown,
)
from otel_agents.errors import BudgetExceeded, ConfigurationError
from otel_agents.sdk import faults, runtime


@pytest.fixture(autouse=True)
def a_program():
    clock = metrics_collector._clock
    bring_back = [metrics_collector.set_aside(clock), alert_manager.set_aside(), budgets.set_aside(clock)]
    configure(traces_exporter="none", alert_interval=0)
    yield
    shutdown()
    for each in bring_back:
        each()


def call(usd, **who):
    with monitor_operation("ask", model="gpt-5", **who) as op:
        op.usage(input_tokens=100, output_tokens=20, cost=usd)


def calls_made(number, usd=1.0, **who):
    made = 0
    for _ in range(number):
        try:
            call(usd, **who)
        except BudgetExceeded:
            continue
        made += 1
    return made


def test_without_a_budget_an_operation_asks_nobody():
    assert runtime.guard is None
    budgets.set("daily", usd=10, per="day")
    assert runtime.guard is None  # it warns: that is done behind
    budgets.set("daily", usd=10, per="day", then="raise")
    assert runtime.guard is not None
    budgets.remove("daily")
    assert runtime.guard is None


def test_the_next_call_is_not_made_once_all_is_used():
    budgets.set("daily", usd=2.5, per="day", then="raise")
    assert calls_made(5) == 3
    (spent,) = budgets.spent()
    assert (spent.used, spent.limit, spent.subject, spent.percent) == (3.0, 2.5, "daily", 120.0)
    assert metrics_collector.model_metrics["gpt-5"]["requests"] == 3


@pytest.mark.parametrize("who", ["user_id", "session_id", "tenant"])
def test_per_user_session_and_tenant(who):
    budgets.set("each", usd=2, per={"user_id": "user", "session_id": "session"}.get(who, who), then="raise")
    assert [calls_made(3, **{who: name}) for name in ("a", "b")] == [2, 2]
    with context(**{who.removesuffix("_id"): "c"}):
        assert calls_made(3) == 2


def test_per_agent_and_model():
    budgets.set("agents", usd=2, per="agent", then="raise")

    @agent
    def coder():
        return calls_made(3)

    @agent("Writer")
    def writer():
        return calls_made(3)

    assert [coder(), coder(), writer()] == [2, 0, 2]
    budgets.remove("agents")
    budgets.set("gpt", usd=2, model="gpt-6", then="raise")
    assert calls_made(5) == 5


def test_per_run():
    budgets.set("a run", usd=2, per="run", then="raise")

    def run():
        with monitor_operation("job"):
            return calls_made(3)

    assert [run(), run()] == [2, 2]


def test_a_decorated_model_raises_before_its_body_runs():
    budgets.set("daily", usd=1, per="day", then="raise")
    call(1.0)
    ran = []

    @model(model="gpt-5")
    def ask():
        ran.append(True)

    @model(model="gpt-5")
    def stream():
        ran.append(True)
        yield "chunk"

    for function in (ask, lambda: list(stream())):
        with pytest.raises(BudgetExceeded):
            function()
    assert ran == []


async def test_a_coroutine_too():
    budgets.set("daily", usd=1, per="day", then="raise")
    call(1.0)

    @model(model="gpt-5")
    async def ask():
        raise AssertionError("made")

    with pytest.raises(BudgetExceeded):
        await ask()


def test_what_is_around_fails_with_it_and_says_so():
    budgets.set("daily", usd=1, per="day", then="raise")
    call(1.0)
    with pytest.raises(BudgetExceeded), monitor_operation("request", agent_name="Chat"):
        call(1.0)
    (error,) = metrics_collector.error_log
    assert (error["error_type"], error["error_message"]) == (
        "otel_agents.errors.BudgetExceeded",
        "budget daily: $1.00 of $1.00 used today (UTC); the call is not made",
    )


def test_concurrent_threads_overshoot_by_no_more_than_what_was_running():
    budgets.set("daily", usd=10, per="day", then="raise")
    with ThreadPoolExecutor(4) as pool:
        made = sum(pool.map(lambda _: calls_made(1), range(100)))
    assert 10 <= made <= 13


async def test_concurrent_tasks_overshoot_by_no_more_than_what_was_running():
    budgets.set("daily", usd=10, per="day", then="raise")
    running, most, made = 0, 0, 0

    async def ask():
        nonlocal running, most, made
        with monitor_operation("ask", model="gpt-5") as op:
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            op.usage(input_tokens=1, cost=1.0)
            made += 1
        running -= 1

    results = []
    for _ in range(10):
        results += await asyncio.gather(*(ask() for _ in range(4)), return_exceptions=True)
    assert most == 4
    assert 10 <= made <= 13
    assert sum(isinstance(result, BudgetExceeded) for result in results) == 40 - made


def test_a_function_is_called_when_all_is_used():
    told, done = [], threading.Event()

    def tell(spent):
        told.append((spent.budget, spent.used))
        done.set()

    budgets.set("daily", usd=2, per="day", then=tell)
    assert calls_made(4) == 4
    assert metrics_collector.figures().requests == 4  # settles
    assert done.wait(60)
    assert told == [("daily", 2.0)]


def test_alerts_at_80_and_at_100_percent_and_for_unknown_prices():
    budgets.set("daily", usd=10, per="day")
    with monitor_operation("ask", model="nobody-knows") as op:
        op.usage(input_tokens=10)
    assert [(each["severity"], each["message"]) for each in alert_manager.check_alerts()] == [
        ("low", "Budget daily: $0.00 of $10.00 used today (UTC), and 1 call of unknown cost")
    ]
    call(8.0)
    assert [(each["name"], each["severity"]) for each in alert_manager.check_alerts()] == [("budget", "medium")]
    call(2.0)
    assert [(each["name"], each["severity"], each["value"]) for each in alert_manager.check_alerts()] == [
        ("budget", "high", 10.0)
    ]
    assert metrics_collector.get_system_health()["status"] == "degraded"


def test_a_rule_on_how_much_is_used():
    budgets.set("daily", usd=10, per="day")
    alert_manager.add_rule("usage")
    call(9.4)
    assert "usage" not in [each["name"] for each in alert_manager.check_alerts()]
    call(0.1)
    (usage,) = [each for each in alert_manager.check_alerts() if each["name"] == "usage"]
    assert (usage["kind"], usage["subject"], usage["value"]) == ("budget", "daily", 95.0)


def test_asking_where_no_model_operation_begins():
    budgets.check()
    budgets.set("daily", usd=1, per="day", then="raise")
    with monitor_operation("request", agent_name="Chat") as op:
        budgets.check()
        op.usage(input_tokens=10, cost=1.0)  # becomes a model call below
        with pytest.raises(BudgetExceeded):
            budgets.check()


def test_a_redacted_user_has_a_budget_all_the_same():
    configure(traces_exporter="none", alert_interval=0, redact=True)
    budgets.set("each", usd=2, per="user", then="raise")
    assert calls_made(3, user_id="anna@example.com") == 2


def test_budgets_by_configure_and_by_variable(monkeypatch):
    configure(traces_exporter="none", budgets={"daily": "$2 per day then raise"})
    assert calls_made(3) == 2
    monkeypatch.setenv("OTEL_AGENTS_BUDGETS", "daily=$4 per day then raise; users=1000 tokens per user and day")
    configure(traces_exporter="none")
    assert calls_made(3) == 2
    with pytest.raises(ConfigurationError, match="setting 'budgets': budget 'daily': expected a text such as"):
        configure(budgets={"daily": "lots"})


def test_usd_or_tokens_and_not_both():
    with pytest.raises(ConfigurationError, match="budget 'daily': expected usd or tokens"):
        budgets.set("daily", per="day")


def test_calls_of_other_instrumentations_are_counted_and_stopped():
    budgets.set("daily", usd=1, per="day", then="raise")
    tracer = trace.get_tracer("another")
    asked = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5"}
    with tracer.start_as_current_span("chat gpt-5", attributes=asked) as span:
        span.set_attribute("operation.cost", 1.5)
        span.set_attribute("gen_ai.usage.input_tokens", 10)
    with tracer.start_as_current_span("GET /"):
        pass
    with pytest.raises(BudgetExceeded), tracer.start_as_current_span("chat gpt-5", attributes=asked):
        raise AssertionError("made")


def test_a_call_that_began_in_time_is_traced_whole():
    budgets.set("daily", usd=1, per="day", then="raise")
    asked = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5"}
    with monitor_operation("ask", model="gpt-5") as op:
        call_elsewhere = threading.Thread(target=call, args=(2.0,))  # uses all of it meanwhile
        call_elsewhere.start()
        call_elsewhere.join()
        with trace.get_tracer("another").start_as_current_span("chat gpt-5", attributes=asked):
            op.usage(input_tokens=10, cost=1.0)
    assert budgets.spent()[0].used == 3.0


def test_a_fault_of_ours_stops_no_call(monkeypatch):
    def fail(*_):
        raise RuntimeError("no")

    monkeypatch.setattr(faults, "raising", False)
    budgets.set("daily", usd=1, per="day", then="raise")
    monkeypatch.setattr(budgets._ledger, "check", fail)
    assert calls_made(2) == 2
    assert faults.counts.pop("asking before an operation") == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_spends_for_itself_and_is_stopped_as_its_parent_is():
    budgets.set("daily", usd=2, per="day", then="raise")
    assert calls_made(1) == 1
    child = os.fork()
    if child == 0:
        os._exit(10 * calls_made(4) + len(alert_manager.check_alerts()))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 21
    assert (budgets.spent()[0].used, alert_manager.check_alerts()) == (1.0, [])
