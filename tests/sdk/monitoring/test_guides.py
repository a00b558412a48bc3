"""What the guides show, beside test_monitoring.py: integrations, tables and alert types, with their numbers."""

import asyncio
import json
import random

import pytest

from otel_agents import (
    Settings,
    agent,
    alert_manager,
    budgets,
    configure,
    flush,
    metrics,
    metrics_collector,
    monitor_operation,
    shutdown,
    tool,
)


@pytest.fixture(autouse=True)
def a_fresh_program():
    clock = metrics_collector._clock
    bring_back = [metrics_collector.set_aside(clock), alert_manager.set_aside(), budgets.set_aside(clock)]
    configure(traces_exporter="none", alert_interval=0)
    yield
    shutdown()
    for each in bring_back:
        each()


def requests(agent_name, number, failed, seconds):
    for at in range(number):
        metrics_collector.record_agent_request(agent_name, success=at >= failed, response_time=seconds)


# --- The monitoring guide: dashboards, sampling, alert types --------------------------------------------------------


def test_the_performance_table():
    requests("ChatAgent", 125, 2, 1.2)
    requests("CodeAgent", 48, 2, 2.5)
    requests("AnalysisAgent", 73, 0, 1.8)
    rows = [
        f"{name:14} {m.total_requests:>8}   {m.success_rate:.4g}%   {m.average_response_time:.1f}s"
        for name, m in metrics_collector.metrics.items()
    ]
    assert rows == [
        "ChatAgent           125   98.4%   1.2s",
        "CodeAgent            48   95.83%   2.5s",
        "AnalysisAgent        73   100%   1.8s",
    ]


def test_the_system_overview():
    requests("ChatAgent", 50, 1, 1.2)
    requests("CodeAgent", 60, 1, 1.2)
    requests("AnalysisAgent", 40, 0, 1.2)
    for _ in range(25):
        metrics_collector.record_tool_usage("file_reader", agent_name="ChatAgent")
    for component in ("ChatAgent", "CodeAgent"):
        metrics_collector.record_error(component, "TimeoutError", "too slow")
    health, chat = metrics_collector.get_system_health(), metrics_collector.metrics["ChatAgent"]
    reader = metrics_collector.tool_metrics["file_reader"]
    assert (health["status"], health["total_requests"], health["active_agents"], health["recent_errors"]) == (
        "healthy",
        150,
        3,
        2,
    )
    assert (chat.total_requests, chat.success_rate) == (50, 98.0)
    assert (reader["usage_count"], reader["success_rate"]) == (25, 100.0)


def test_sampled_operations():
    random.seed(7)
    sampled = 0
    for _ in range(200):
        if random.random() < 0.1:  # 10% sampling
            sampled += 1
            with monitor_operation("sampled_op"):
                pass
    assert metrics_collector.figures().requests == sampled


def test_batched_operations():
    @agent
    async def process(item):
        return item

    async def batch(items):
        return await asyncio.gather(*[process(item) for item in items])

    assert asyncio.run(batch("abc")) == ["a", "b", "c"]
    assert metrics_collector.metrics["process"].total_requests == 3


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (lambda: requests("ChatAgent", 10, 2, 1.0), ("error_rate", "high")),  # the success rate is below 90 %
        (lambda: requests("ChatAgent", 10, 0, 5.1), ("response_time", "medium")),
        (
            lambda: [metrics_collector.record_error("Loader", "ValueError", "bad") for _ in range(11)],
            ("failure_count", "high"),
        ),
        (lambda: metrics_collector.record_agent_request("ChatAgent", cost=10.5), ("cost", "medium")),
    ],
)
def test_alert_types(what, expected):
    alert_manager.thresholds["cost"] = 10.0
    what()
    assert [(alert["name"], alert["severity"]) for alert in alert_manager.check_alerts()] == [expected]


def test_whether_monitoring_is_enabled(monkeypatch):
    settings = Settings()
    assert settings.enable_monitoring is True
    assert (settings.alert_interval, settings.traces_exporter) == (0, "none")
    configure(enabled=False)
    assert Settings().enable_monitoring is False
    shutdown()
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert Settings().enable_monitoring is False  # what it would go by


# --- The guide to performance metrics: a simple agent, a crew, a selector -------------------------------------------


@agent("simple")
def simple_agent(user_input):
    if not user_input:
        raise ValueError("nothing was asked")
    return f"answer to {user_input}"


@tool
def graphql(query):
    return "rows"


@agent("crewai")
def crew_agent(user_input):
    for _ in range(3):
        graphql(user_input)
    return "answer"


def test_queries_that_succeed_and_fail():
    assert simple_agent("list products") == "answer to list products"
    with pytest.raises(ValueError):
        simple_agent("")
    simple = metrics_collector.metrics["simple"]
    assert (simple.total_requests, simple.failure_count, simple.error_types) == (2, 1, {"ValueError": 1})
    (error,) = metrics_collector.error_log
    assert (error["error_type"], error["error_message"]) == ("ValueError", "nothing was asked")


def test_queries_recorded_by_hand():
    def process_query(user_input):
        try:
            result = user_input.upper()
        except Exception as e:
            metrics_collector.record_agent_request("simple", success=False, response_time=0.2)
            metrics_collector.record_error("simple", type(e).__name__, str(e), {"user_input": user_input})
            raise
        metrics_collector.record_agent_request("simple", success=True, response_time=0.2)
        return result

    assert process_query("list products") == "LIST PRODUCTS"
    with pytest.raises(AttributeError):
        process_query(None)
    assert metrics_collector.metrics["simple"].success_rate == 50.0
    assert metrics_collector.error_log[0]["context"] == {"user_input": None}


def test_a_crew_with_its_tools_and_a_selection():
    def select_agent(user_input):
        complex_ = "and" in user_input
        with monitor_operation("select_agent") as op:
            reason = f"{'Complex' if complex_ else 'Simple'} query pattern detected"
            op.route("crewai" if complex_ else "simple", score=0.7 if complex_ else 0.2, reason=reason)
        return crew_agent if complex_ else simple_agent

    for user_input in ("products", "products and prices", "orders and totals"):
        select_agent(user_input)(user_input)
    usage = {name: m.total_requests for name, m in metrics_collector.metrics.items()}
    assert usage == {"simple": 1, "crewai": 2}
    assert metrics_collector.tool_metrics["graphql"]["usage_count"] == 6


def test_slow_and_very_slow_queries():
    for seconds in (0.8, 6.0, 7.0, 31.0):
        metrics_collector.record_agent_request("crewai", response_time=seconds)
    alert_manager.thresholds = {}
    alert_manager.add_rule("slow")
    alert_manager.add_rule("very_slow")
    found = {alert["name"]: (alert["severity"], alert["value"]) for alert in alert_manager.check_alerts()}
    assert found == {"slow": ("low", 3), "very_slow": ("medium", 1)}


# --- The guide to a service's metrics: a counter, a value, a collector ----------------------------------------------


def test_a_counter_a_value_and_a_collector_of_ones_own(capsys):
    configure(traces_exporter="none", alert_interval=0, metrics="console", system_metrics=False)
    metrics.counter("my_counter").add(1, tenant="tenant-123", category="custom")
    metrics.gauge("my_gauge").set(42, tenant="tenant-123", category="custom")
    my_metric = metrics.gauge("my_metric")

    async def collect_my_metrics():
        my_metric.set(7, tenant="tenant-123", category="custom")

    metrics.add_collector(collect_my_metrics, every=30)
    flush()
    metrics.remove_collector(collect_my_metrics)  # it would tell the next test's metrics of itself
    printed = capsys.readouterr().out
    named = json.loads(printed[: printed.rindex("}") + 1])
    points = {
        metric["name"]: metric["data"]["data_points"][0]["value"]
        for scope in named["resource_metrics"][0]["scope_metrics"]
        for metric in scope["metrics"]
    }
    assert {name: points[name] for name in ("my_counter", "my_gauge")} == {"my_counter": 1, "my_gauge": 42}


# --- The guide to performance metrics, by its own names -------------------------------------------------------------


class SimpleAgent:
    def __init__(self):
        self.metrics_collector = metrics_collector

    def process_query(self, user_input):
        query_id = self.metrics_collector.start_query(user_input, "simple")
        try:
            result = self._execute_query(user_input)
            self.metrics_collector.finish_query(query_id, success=True, result_size_bytes=len(result))
            return result
        except Exception as e:
            self.metrics_collector.finish_query(
                query_id, success=False, error_type=type(e).__name__, error_message=str(e)
            )
            raise

    def _execute_query(self, user_input):
        return graphql(user_input.strip())


class CrewAIAgent(SimpleAgent):
    def process_query(self, user_input):
        query_id = self.metrics_collector.start_query(user_input, "crewai")
        self.metrics_collector.record_entities_detected(query_id, ["customers", "bills"])
        for _ in range(3):
            self.metrics_collector.record_tool_call(query_id)
        for _ in range(2):
            self.metrics_collector.record_graphql_query(query_id)
        self.metrics_collector.record_agent_selection(query_id, "crewai", 0.85, "Multiple entities detected")
        self.metrics_collector.finish_query(query_id, success=True, result_size_bytes=2048)
        return query_id


def test_queries_by_their_own_names(recorder):
    assert SimpleAgent().process_query("list products") == "rows"
    with pytest.raises(AttributeError):
        SimpleAgent().process_query(None)
    query_id = CrewAIAgent().process_query("customers with unpaid bills")
    assert recorder.tree() == ["query", "  execute_tool graphql", "query", "query"]
    simple = metrics_collector.metrics["simple"]
    assert (simple.total_requests, simple.error_types) == (2, {"AttributeError": 1})
    assert metrics_collector.error_log[0]["error_message"] == "'NoneType' object has no attribute 'strip'"
    crew = recorder.spans()[-1]
    assert f"{crew.context.trace_id:032x}" == query_id
    said = {name: crew.attributes[name] for name in ("entities", "tool_calls", "graphql_queries", "result_size_bytes")}
    assert said == {
        "entities": ("customers", "bills"),
        "tool_calls": 3,
        "graphql_queries": 2,
        "result_size_bytes": 2048,
    }
    assert crew.attributes["otel_agents.route.score"] == 0.85


def test_a_selection_before_any_query_and_queries_that_overlap(recorder):
    metrics_collector.record_agent_selection("list products", "simple", 0.2, "Simple query pattern detected")
    first = metrics_collector.start_query("one", "simple")
    second = metrics_collector.start_query("two", "simple")
    metrics_collector.finish_query(first, success=True)  # in another order than they began, as in threads
    metrics_collector.finish_query(second, success=True)
    metrics_collector.finish_query("nobody knows it", success=True)
    graphql("products")
    assert recorder.tree() == ["select_agent", "query", "  query", "execute_tool graphql"]
    assert recorder.spans()[0].attributes["otel_agents.route.selected"] == "simple"
