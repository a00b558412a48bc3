"""The monitoring guide's snippets as they stand there, and what it promises of them."""

import asyncio
import gc
import json
import os
import threading

import pytest

from otel_agents import alert_manager, configure, health, metrics_collector, monitor_operation, shutdown
from otel_agents.alerts.thresholds import Thresholds
from otel_agents.health.aggregates import KINDS
from otel_agents.health.thresholds import DEFAULT_THRESHOLDS
from otel_agents.sdk.monitoring.monitoring import MetricsCollector
from otel_agents.sdk.monitoring.views import AgentMetrics


@pytest.fixture(autouse=True)
def a_fresh_program():
    metrics_collector.reset()
    alert_manager.thresholds = DEFAULT_THRESHOLDS
    yield
    shutdown()
    metrics_collector.reset()
    alert_manager.thresholds = DEFAULT_THRESHOLDS


@pytest.fixture
def traced():
    """A program that is traced and sends nothing anywhere."""
    configure(traces_exporter="none")


class Clock:
    def __init__(self):
        self.ns = 1_700_000_000 * 10**9

    def __call__(self):
        return self.ns


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def collector(clock):
    """A collector with a clock of its own."""
    return MetricsCollector(Thresholds(), clock)


def requests(number, agent="ChatAgent", **how):
    for _ in range(number):
        metrics_collector.record_agent_request(agent_name=agent, **{"response_time": 1.2, **how})


# --- The guide's snippets -------------------------------------------------------------------------------------------


def test_basic_monitoring(traced):
    with monitor_operation("data_processing", agent_name="DataAgent"):
        pass
    assert metrics_collector.metrics["DataAgent"].total_requests == 1


def test_rich_context(traced):
    with monitor_operation(
        "user_request", agent_name="ChatAgent", user_id="u1", request_type="support", priority="high"
    ):
        pass
    assert metrics_collector.metrics["ChatAgent"].successful_requests == 1


def test_access_metrics(capsys):
    requests(49)
    requests(1, success=False)

    health = metrics_collector.get_system_health()
    print(f"Status: {health['status']}")
    print(f"Success Rate: {health['success_rate']}%")

    agent_metrics = metrics_collector.metrics["ChatAgent"]
    print(f"Total Requests: {agent_metrics.total_requests}")
    print(f"Average Response Time: {agent_metrics.average_response_time:.1f}s")

    assert capsys.readouterr().out.splitlines() == [
        "Status: healthy",
        "Success Rate: 98.0%",
        "Total Requests: 50",
        "Average Response Time: 1.2s",
    ]


def test_custom_metrics():
    metrics_collector.record_agent_request(
        agent_name="CustomAgent", success=True, response_time=1.5, tokens=250, cost=0.05
    )
    metrics_collector.record_tool_usage(
        tool_name="web_search", agent_name="ResearchAgent", success=True, execution_time=0.8
    )
    metrics_collector.record_error(
        component="DataProcessor",
        error_type="ValidationError",
        error_message="Invalid input format",
        context={"input_size": 1000},
    )

    custom = metrics_collector.metrics["CustomAgent"]
    assert (custom.total_requests, custom.average_response_time, custom.total_tokens, custom.total_cost) == (
        1,
        1.5,
        250,
        0.05,
    )
    search = metrics_collector.tool_metrics["web_search"]
    assert (search["usage_count"], search["success_count"], search["average_execution_time"]) == (1, 1, 0.8)
    (error,) = metrics_collector.error_log
    assert (error["component"], error["error_type"], error["error_message"], error["context"]) == (
        "DataProcessor",
        "ValidationError",
        "Invalid input format",
        {"input_size": 1000},
    )


def test_custom_alerts():
    requests(3)
    requests(2, success=False)
    sent = []
    send_notification = sent.append

    alerts = alert_manager.check_alerts()
    for alert in alerts:
        if alert["severity"] == "high":
            send_notification(alert["message"])

    assert sent == ["ChatAgent: 40.0 % of 5 requests failed in the last 5 minutes (limit 10 %)"]


def test_cost_breakdown(traced):
    with monitor_operation("ask", model="gpt-5") as op:
        op.usage(input_tokens=100, output_tokens=20, cost=0.5)
    with monitor_operation("ask", model="secret-1") as op:
        op.usage(input_tokens=30)

    costs = {}
    for model, metrics in metrics_collector.model_metrics.items():
        costs[model] = {"requests": metrics["requests"], "tokens": metrics["tokens"], "cost": metrics["cost"]}

    assert costs == {
        "gpt-5": {"requests": 1, "tokens": 120, "cost": 0.5},
        "secret-1": {"requests": 1, "tokens": 30, "cost": None},
    }


def test_budget_monitoring():
    DAILY_BUDGET = 10.0  # noqa: N806 - as in the guide
    requests(2, agent="ChatAgent", tokens=1000, cost=4.0)
    requests(1, agent="CodeAgent", tokens=1000, cost=3.0)
    requests(1, agent="LocalAgent", tokens=1000)
    sent = []
    send_budget_alert = sent.append

    total_cost = sum(m.total_cost for m in metrics_collector.metrics.values())
    if total_cost > DAILY_BUDGET:
        send_budget_alert(total_cost)

    assert sent == [11.0]
    assert metrics_collector.metrics["LocalAgent"].unpriced_calls == 1


def test_slow_agents():
    requests(2, agent="ChatAgent", response_time=1.2)
    requests(2, agent="CodeAgent", response_time=3.5)

    slow_agents = [
        (name, metrics.average_response_time)
        for name, metrics in metrics_collector.metrics.items()
        if metrics.average_response_time > 3.0
    ]

    assert slow_agents == [("CodeAgent", 3.5)]


def test_failing_tools():
    for success in (True, True, True, False):
        metrics_collector.record_tool_usage("web_search", success=success)
    metrics_collector.record_tool_usage("file_reader")

    failing_tools = [
        (tool, data["success_count"] / data["usage_count"])
        for tool, data in metrics_collector.tool_metrics.items()
        if data["usage_count"] > 0 and data["success_count"] / data["usage_count"] < 0.9
    ]

    assert failing_tools == [("web_search", 0.75)]


def test_error_patterns():
    for error_type in ("TimeoutError", "ValueError", "TimeoutError"):
        metrics_collector.record_error("Loader", error_type, "no")

    error_types = {}
    for error in metrics_collector.error_log:
        error_type = error["error_type"]
        error_types[error_type] = error_types.get(error_type, 0) + 1
    sorted_errors = sorted(error_types.items(), key=lambda x: x[1], reverse=True)

    assert sorted_errors == [("TimeoutError", 2), ("ValueError", 1)]


async def test_regular_health_checks():
    requests(5, success=False)
    sent = asyncio.Queue()
    send_alert = sent.put

    async def health_monitor():
        while True:
            health = metrics_collector.get_system_health()
            if health["status"] != "healthy":
                await send_alert(health)
            await asyncio.sleep(60)

    monitor = asyncio.create_task(health_monitor())
    assert (await sent.get())["status"] == "unhealthy"
    monitor.cancel()


def test_own_thresholds():
    alert_manager.thresholds = {"error_rate": 5.0, "response_time": 3.0, "failure_count": 5}
    requests(10, response_time=3.5)
    assert [alert["message"] for alert in alert_manager.check_alerts()] == [
        "ChatAgent: 10 requests took 3.5 s on average in the last 5 minutes (limit 3 s)"
    ]
    assert health().reasons == ("ChatAgent: 10 requests took 3.5 s on average in the last 5 minutes (limit 3 s)",)


def test_batched_updates():
    with metrics_collector.batch_update():
        requests(3)
        assert metrics_collector.metrics == {}
    assert metrics_collector.metrics["ChatAgent"].total_requests == 3


# --- What is behind them --------------------------------------------------------------------------------------------


def test_the_figures_of_an_agent(collector, clock):
    collector.record_agent_request("ChatAgent", success=True, response_time=1.0, tokens=100, cost=0.5)
    collector.record_agent_request("ChatAgent", success=False, response_time=3.0, tokens=50)
    collector.record_error("ChatAgent", "ValueError", "bad")
    metrics = collector.metrics["ChatAgent"]
    assert metrics.p50_response_time == pytest.approx(1.0, rel=0.015)
    assert metrics.p95_response_time == metrics.p99_response_time == pytest.approx(3.0, rel=0.015)
    assert metrics == AgentMetrics(
        total_requests=2,
        successful_requests=1,
        failure_count=1,
        success_rate=50.0,
        average_response_time=2.0,
        p50_response_time=metrics.p50_response_time,
        p95_response_time=metrics.p95_response_time,
        p99_response_time=metrics.p99_response_time,
        time_to_first_token=None,
        total_tokens=150,
        input_tokens=0,
        output_tokens=0,
        cached_tokens=0,
        reasoning_tokens=0,
        total_cost=0.5,
        unpriced_calls=1,
        retries=0,
        running=0,
        error_types={},
        last_seen=1_700_000_000.0,
        recent_errors=collector.error_log,
    )


def test_the_health_of_the_system(collector, clock):
    collector.record_agent_request("ChatAgent", response_time=1.5, tokens=250, cost=0.05)
    collector.record_error("Loader", "ValueError", "bad")
    clock.ns += 90 * 10**9
    state = collector.get_system_health()
    for quantile in ("p50_response_time", "p95_response_time", "p99_response_time"):
        assert state.pop(quantile) == pytest.approx(1.5, rel=0.015)
    assert state.pop("memory_mb") > 1
    state.pop("cpu_percent")
    assert state == {
        "status": "healthy",
        "reasons": [],
        "uptime": 90.0,
        "total_requests": 1,
        "failed_requests": 0,
        "success_rate": 100.0,
        "average_response_time": 1.5,
        "total_tokens": 250,
        "total_cost": 0.05,
        "unpriced_calls": 0,
        "time_to_first_token": None,
        "retries": 0,
        "running": 0,
        "active_agents": 1,
        "recent_errors": 1,
        "over_name_limit": 0,
    }
    json.dumps(collector.get_system_health())


def test_an_agent_is_active_for_an_hour(collector, clock):
    collector.record_agent_request("Early")
    clock.ns += 3600 * 10**9
    collector.record_tool_usage("web_search", agent_name="Late")
    assert collector.health().active_agents == ("Late",)


def test_health_reads_well(collector, clock):
    for _ in range(4):
        collector.record_agent_request("ChatAgent", response_time=6.0, tokens=2500, cost=0.05)
    collector.record_agent_request("ChatAgent", response_time=6.0, tokens=10)
    clock.ns += (2 * 3600 + 15 * 60) * 10**9
    collector.record_agent_request("ChatAgent", response_time=6.0)
    collector.record_agent_request("ChatAgent", response_time=6.0)
    collector.record_agent_request("ChatAgent", response_time=6.0)
    assert repr(collector.health()) == (
        "<Health degraded: 8 requests, 100.0 % ok, mean 6.00 s, p95 6.05 s, 10,010 tokens, "
        "$0.2000 (+ 1 unpriced), 0 errors in 5 min, agents: ChatAgent, up 2h 15m\n"
        "  ChatAgent: 3 requests took 6.0 s on average in the last 5 minutes (limit 5 s)>"
    )


def test_every_answer_settles_first(collector):
    settled = []
    collector.bind(lambda: settled.append(True))
    for read in (
        lambda: collector.metrics,
        lambda: collector.tool_metrics,
        lambda: collector.model_metrics,
        lambda: collector.error_log,
        collector.health,
        collector.get_system_health,
        collector.look,
    ):
        settled.clear()
        read()
        assert settled == [True]


@pytest.mark.parametrize("nonsense", [float("nan"), float("inf"), -1, "soon", None])
def test_nonsense_counts_as_nothing(collector, nonsense):
    collector.record_agent_request("ChatAgent", response_time=nonsense, tokens=nonsense, cost=0.0)
    metrics = collector.metrics["ChatAgent"]
    assert (metrics.total_requests, metrics.average_response_time, metrics.total_tokens) == (1, 0.0, 0)


def test_a_snapshot_stays_as_it_was_while_threads_record(collector):
    def record():
        for number in range(1000):
            collector.record_agent_request(f"Agent{number}")
            collector.record_error("Loader", "ValueError", "bad")

    threads = [threading.Thread(target=record) for _ in range(2)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert all(metrics.success_rate == 100.0 for metrics in collector.metrics.values())
        assert {error["component"] for error in collector.error_log} <= {"Loader"}
    assert sum(metrics.total_requests for metrics in collector.metrics.values()) == 2000


def test_a_batch_in_a_batch_joins_it(collector):
    with collector.batch_update():
        with collector.batch_update():
            collector.record_tool_usage("web_search")
        assert collector.tool_metrics == {}
    assert collector.tool_metrics["web_search"]["usage_count"] == 1


def test_a_batch_that_raises_is_counted(collector):
    with pytest.raises(ValueError, match="no"), collector.batch_update():
        collector.record_tool_usage("web_search")
        raise ValueError("no")
    assert collector.tool_metrics["web_search"]["usage_count"] == 1


def test_a_batch_without_end_is_counted_by_the_thousand(collector):
    with collector.batch_update():
        for _ in range(2500):
            collector.record_tool_usage("web_search")
        assert collector.tool_metrics["web_search"]["usage_count"] == 2000


async def test_a_task_that_outlives_the_batch_it_began_in_is_counted(collector):
    over = asyncio.Event()

    async def work():
        await over.wait()
        collector.record_tool_usage("web_search")

    with collector.batch_update():
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
    over.set()
    await task
    assert collector.tool_metrics["web_search"]["usage_count"] == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_counts_for_itself():
    requests(3)
    child = os.fork()
    if child == 0:
        requests(1)
        os._exit(metrics_collector.metrics["ChatAgent"].total_requests)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
    assert metrics_collector.metrics["ChatAgent"].total_requests == 3


# --- From what is traced --------------------------------------------------------------------------------------------


def test_what_is_traced_is_in_the_figures_at_once(traced):
    with pytest.raises(TimeoutError), monitor_operation("user_request", agent_name="ChatAgent"):
        with monitor_operation("plan", agent_name="ChatAgent"), monitor_operation("ask", model="gpt-5") as op:
            op.usage(input_tokens=1000, output_tokens=200, cache_read_tokens=400, reasoning_tokens=50, cost=0.25)
        with monitor_operation("search", tool="web_search"):
            raise TimeoutError("too slow")

    chat = metrics_collector.metrics["ChatAgent"]
    assert (chat.total_requests, chat.failure_count, chat.total_tokens, chat.cached_tokens, chat.total_cost) == (
        1,
        1,
        1200,
        400,
        0.25,
    )
    assert metrics_collector.tool_metrics["web_search"]["failure_count"] == 1
    assert metrics_collector.model_metrics["gpt-5"]["reasoning_tokens"] == 50
    (error,) = metrics_collector.error_log
    assert (error["component"], error["error_type"], error["error_message"]) == (
        "web_search",
        "TimeoutError",
        "too slow",
    )
    assert error["context"]["agent"] == "ChatAgent"
    assert chat.recent_errors == [error]


# --- Windows, and what runs -----------------------------------------------------------------------------------------


def test_figures_of_a_window_by_agent_and_of_the_whole(collector, clock):
    collector.record_agent_request("Early", response_time=8.0)
    clock.ns += 120 * 10**9
    collector.record_agent_request("Late", response_time=1.0, tokens=100, cost=0.5)
    collector.record_agent_request("Late", success=False, response_time=3.0)

    assert collector.figures(1).requests == 2
    assert collector.figures(5).requests == collector.figures(60).requests == collector.figures().requests == 3
    by_agent = collector.figures(1, by="agent")
    assert {name: figures.requests for name, figures in by_agent.items()} == {"Early": 0, "Late": 2}
    late = by_agent["Late"]
    assert (late.success_rate, late.mean_s, late.total_tokens, late.cost_usd) == (50.0, 2.0, 100, 0.5)
    assert [late.p50_s, late.p95_s, late.p99_s] == pytest.approx([1.0, 3.0, 3.0], rel=0.015)


@pytest.mark.parametrize("minutes", [0, 61, -5])
def test_a_window_nobody_keeps_is_refused(collector, minutes):
    with pytest.raises(ValueError, match="minutes: expected up to 60"):
        collector.figures(minutes)


def test_figures_by_something_unknown_are_refused(collector):
    with pytest.raises(ValueError, match="by: expected one of agent, tool, model, tenant, got 'city'"):
        collector.figures(by="city")


def test_errors_by_type_first_tokens_retries_and_tenants_of_what_is_traced(traced):
    with monitor_operation("request", agent_name="ChatAgent", tenant="acme") as around:
        with pytest.raises(TimeoutError), monitor_operation("search", tool="web_search"):
            raise TimeoutError
        with monitor_operation("search", tool="web_search"):
            pass
        with monitor_operation("ask", model="gpt-5") as op:
            op.set({"gen_ai.response.time_to_first_chunk": 0.25})
            op.usage(input_tokens=10, cost=0.5)
        around.error("gave up")

    assert metrics_collector.tool_metrics["web_search"]["error_types"] == {"TimeoutError": 1}
    assert metrics_collector.tool_metrics["web_search"]["retries"] == 1
    assert metrics_collector.model_metrics["gpt-5"]["time_to_first_token"] == 0.25
    acme = metrics_collector.tenant_metrics["acme"]
    assert (acme.requests, acme.error_rates, acme.retries, acme.cost_usd) == (1, {"Error": 100.0}, 1, 0.5)


def test_what_runs_now_is_counted(traced):
    def running():
        told = metrics_collector.figures
        return {
            "": told().running,
            **{f"{by} {name}": each.running for by in KINDS for name, each in told(by=by).items()},
        }

    with monitor_operation("request", agent_name="ChatAgent", tenant="acme"):
        with monitor_operation("search", tool="web_search"), monitor_operation("ask", model="gpt-5"):
            pass
    with monitor_operation("request", agent_name="ChatAgent", tenant="acme"):
        with monitor_operation("plan", agent_name="ChatAgent"), monitor_operation("search", tool="web_search"):
            busy = running()
            assert health().running == 1
    assert busy == {"": 1, "agent ChatAgent": 1, "tool web_search": 1, "model gpt-5": 0, "tenant acme": 1}
    assert set(running().values()) == {0}


def test_without_agents_roots_run(traced):
    with monitor_operation("job", tenant="acme"), monitor_operation("step"):
        assert metrics_collector.figures().running == 1


def test_what_was_never_ended_and_is_forgotten_does_not_run(traced):
    from opentelemetry import trace

    span = trace.get_tracer("another").start_span("lost")
    assert metrics_collector.figures().running == 1
    del span
    gc.collect()
    assert metrics_collector.figures().running == 0


def test_names_beyond_the_limit_are_other_and_counted():
    configure(traces_exporter="none", names_limit=2)
    for name in ("a", "b", "c", "d"):
        with monitor_operation("request", agent_name=name):
            pass
    assert {name: each.total_requests for name, each in metrics_collector.metrics.items()} == {
        "a": 1,
        "b": 1,
        "other": 2,
    }
    assert metrics_collector.get_system_health()["over_name_limit"] > 0
    configure(traces_exporter="none")


def test_a_status_does_not_flap_at_its_threshold(clock):
    collector = MetricsCollector(Thresholds({"error_rate": 10}), clock)

    def requests(number, failed):
        for at in range(number):
            collector.record_agent_request("ChatAgent", success=at >= failed)
        return collector.health().status

    assert requests(100, 11) == "degraded"  # 11 %
    assert requests(11, 0) == "degraded"  # 9.9 %: below the threshold of 10, not yet a tenth below
    assert requests(12, 0) == "healthy"  # 8.9 %
    assert requests(10, 2) == "healthy"  # 9.8 %: it has to be crossed again


def test_health_of_many_reads_well_too(clock):
    collector = MetricsCollector(Thresholds({"error_rate": 10}), clock)
    for number in range(30):
        for _ in range(3):
            collector.record_agent_request(f"Agent{number}", success=False)
    said = repr(collector.health()).splitlines()
    assert len(said) == 12
    assert "Agent8, Agent9, … and 20 more, up" in said[0]
    assert said[-1] == "  … and 21 more>"


def test_what_runs_for_the_first_time_is_seen(traced):
    with monitor_operation("request", agent_name="New"):
        assert [(name, each.running) for name, each in metrics_collector.figures(5, by="agent").items()] == [("New", 1)]
