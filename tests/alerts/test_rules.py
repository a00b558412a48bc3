"""Each rule of the guides fires when it should and is resolved when it should be, by a clock of its own."""

import pytest

from otel_agents.alerts.rules import READY
from otel_agents.errors import ConfigurationError
from tests.alerts.program import Program

MINUTES = 60


@pytest.fixture
def program():
    return Program(thresholds={})


def states(program, name):
    return [(alert.state, alert.subject) for alert in program.alerts.alerts if alert.name == name]


def fires_and_is_resolved(program, name, later=10 * MINUTES):
    """Whom it fires about now; that it is resolved later."""
    firing = [subject for state, subject in states(program, name) if state == "firing"]
    program.now += later
    assert states(program, name) == []
    assert program.alerts.history[-1].state == "resolved"
    return firing


def test_success_rate_below_90_percent(program):
    program.alerts.add_rule("success_rate")
    program.requests("Chat", 9)
    program.requests("Chat", 1, failed=True)
    assert states(program, "success_rate") == []  # 90 %
    program.requests("Chat", 1, failed=True)
    (alert,) = program.alerts.alerts
    assert (alert.severity, alert.value, alert.threshold) == ("high", pytest.approx(100 * 9 / 11), 90.0)
    assert alert.message == "Chat: 81.8 % of requests succeeded in the last 5 minutes (limit 90 %)"
    program.requests("Chat", 10)  # 90.5 %: better than the limit, by less than a tenth
    assert states(program, "success_rate") == [("firing", "Chat")]
    program.requests("Chat", 5)  # 92.3 %
    assert states(program, "success_rate") == []


def test_response_time(program):
    program.alerts.add_rule("slow_chat", "p95(5m, agent=Chat) > 5s for 2m", severity="high")
    program.requests("Chat", 5, seconds=6.0)
    assert states(program, "slow_chat") == [("pending", "Chat")]
    program.now += 119
    assert states(program, "slow_chat") == [("pending", "Chat")]
    program.now += 1
    assert fires_and_is_resolved(program, "slow_chat") == ["Chat"]


def test_what_passes_before_its_time_never_fires(program):
    program.alerts.add_rule("slow_chat", "mean(1m, agent=Chat) > 5s for 2m")
    program.requests("Chat", 5, seconds=6.0)
    assert states(program, "slow_chat") == [("pending", "Chat")]
    program.now += 90
    assert (states(program, "slow_chat"), program.alerts.history) == ([], [])


def test_an_error_spike_is_on_from_the_start(program):
    program.errors(20)
    assert states(program, "error_spike") == []  # nobody knows yet what is usual
    program.now += 30 * MINUTES
    program.errors(13)  # where 4 in five minutes are usual
    assert states(program, "error_spike") == [("firing", "")]
    assert program.alerts.alerts[0].severity == "high"
    assert fires_and_is_resolved(program, "error_spike") == [""]


def test_as_many_errors_as_ever_are_no_spike(program):
    for _ in range(10):
        program.errors(6)
        program.now += 5 * MINUTES
    program.errors(7)
    assert states(program, "error_spike") == []


def test_failure_count(program):
    program.alerts.add_rule("failures", "failures(5m) > 10")
    program.requests("Chat", 11, failed=True)
    assert fires_and_is_resolved(program, "failures") == [""]


def test_cost(program):
    program.alerts.add_rule("dear", "cost(1h) > $10 by tenant")
    program.spans("model", 3, tenant="acme", model="gpt-5", cost_usd=4.0)
    program.spans("model", 3, tenant="globex", model="gpt-5", cost_usd=1.0)
    (alert,) = program.alerts.alerts
    assert alert.message == "Tenant acme: $12.00 spent in the last hour (limit $10.00)"
    assert fires_and_is_resolved(program, "dear", later=61 * MINUTES + 300) == ["acme"]


def test_tokens(program):
    program.alerts.add_rule("chatty", "tokens(5m, model=gpt-5) > 1000")
    program.spans("model", 2, model="gpt-5", input_tokens=400, output_tokens=200)
    assert fires_and_is_resolved(program, "chatty") == ["gpt-5"]


def test_slow_over_5_and_over_30_seconds(program):
    program.alerts.add_rule("slow")
    program.alerts.add_rule("very_slow")
    program.requests("Chat", 1, seconds=6.0)
    program.requests("Coder", 2, seconds=31.0)
    said = {(alert.name, alert.subject): alert.message for alert in program.alerts.alerts}
    assert said == {
        ("slow", "Chat"): "Chat: 1 request took more than 5 s in the last 5 minutes (limit 0)",
        ("slow", "Coder"): "Coder: 2 requests took more than 5 s in the last 5 minutes (limit 0)",
        ("very_slow", "Coder"): "Coder: 2 requests took more than 30 s in the last 5 minutes (limit 0)",
    }
    assert fires_and_is_resolved(program, "very_slow") == ["Coder"]


@pytest.mark.parametrize(("name", "full", "better"), [("cpu", 81.0, 71.0), ("memory", 86.0, 76.0)])
def test_cpu_and_memory_for_five_minutes(program, name, full, better):
    program.alerts.add_rule(name)
    program.machine[name] = full
    assert states(program, name) == [("pending", "")]
    program.now += 5 * MINUTES
    assert states(program, name) == [("firing", "")]
    program.machine[name] = better
    assert states(program, name) == []
    program.machine[name] = full
    assert states(program, name) == [("pending", "")]


def test_disk(program):
    program.alerts.add_rule("disk")
    program.machine["disk"] = 91.0
    (alert,) = program.alerts.alerts
    assert (alert.state, alert.message) == ("firing", "91 % of the disk in use (limit 90 %)")
    program.machine["disk"] = 50.0
    assert states(program, "disk") == []


def test_usage_at_95_percent_of_a_limit(program):
    used = {"monthly": 94.0, "acme's day": 96.0}
    program.metrics.count_budgets(lambda: used)
    program.alerts.add_rule("usage")
    assert states(program, "usage") == [("firing", "acme's day")]
    used["acme's day"] = 0.0
    assert states(program, "usage") == []


def test_an_agent_that_should_speak_is_silent(program):
    program.alerts.add_rule("silent", "silence(agent=Poller) > 10m")
    program.now += 10 * MINUTES
    assert states(program, "silent") == []
    program.now += 1
    assert states(program, "silent") == [("firing", "Poller")]
    assert program.alerts.alerts[0].message == "Poller: 10 min without a sign of life (limit 10 min)"
    program.requests("Poller", 1)
    assert states(program, "silent") == []
    program.now += 11 * MINUTES
    assert states(program, "silent") == [("firing", "Poller")]


def test_burn_rate_needs_both_windows(program):
    program.alerts.add_rule("burn_rate")
    program.requests("Chat", 1000)
    program.now += 30 * MINUTES
    program.requests("Chat", 80)
    program.requests("Chat", 20, failed=True)
    assert states(program, "burn_rate") == []  # 20 times in five minutes, 1.8 in the hour
    program.requests("Chat", 200, failed=True)
    assert [alert.severity for alert in program.alerts.alerts] == ["critical"]
    assert fires_and_is_resolved(program, "burn_rate") == [""]


def test_retries_unknown_costs_first_tokens_and_what_runs(program):
    program.alerts.add_rule("retries", "retries(5m) >= 1 by tool")
    program.alerts.add_rule("unpriced", "unpriced_calls(5m) > 0")
    program.alerts.add_rule("waits", "first_token(5m) > 2s by model")
    program.alerts.add_rule("busy", "running >= 1")
    program.spans("tool", 1, tool="search", failed=True)
    program.spans("tool", 1, tool="search")
    program.spans("model", 1, model="gpt-5", first_chunk_s=2.5, input_tokens=5)
    assert {(alert.name, alert.subject) for alert in program.alerts.alerts} == {
        ("retries", "search"),
        ("unpriced", ""),
        ("waits", "gpt-5"),
    }


@pytest.mark.parametrize("name", READY)
def test_a_ready_made_rule_is_on_by_its_name_and_off_again(program, name):
    program.alerts.add_rule(name)
    assert program.alerts.rules[name].expression == READY[name][0]
    program.alerts.remove_rule(name)
    assert name not in program.alerts.rules


def test_a_rule_that_is_taken_away_is_resolved(program):
    program.alerts.add_rule("failures", "failures(5m) > 1")
    program.requests("Chat", 2, failed=True)
    assert states(program, "failures") == [("firing", "")]
    program.alerts.remove_rule("failures")
    assert states(program, "failures") == []


def test_few_requests_are_no_rate_unless_the_rule_says_so(program):
    program.alerts.add_rule("failing", "error_rate(5m) > 10% by agent")
    program.alerts.add_rule("failing_once", "error_rate(5m, at_least=1) > 10% by agent")
    program.requests("Chat", 1, failed=True)
    assert [alert.name for alert in program.alerts.alerts] == ["failing_once"]


@pytest.mark.parametrize(
    ("expression", "why"),
    {
        "": "expected a measure, such as error_rate, got the end",
        "eror_rate > 5": "no measure 'eror_rate'; did you mean 'error_rate'?",
        "error_rate > 5s": "expected a percentage, got '5s'",
        "p95 > 5%": "expected seconds, got '5%'",
        "error_rate > 120": "error_rate is a percentage and never 120",
        "p95(2h) > 5": "a window is from 10s to 1h, or 'start', got '2h'",
        "p95 >": "expected a number after p95 >, got the end",
        "p95 = 5": "expected a comparison after p95: > >= < or <=, got '='",
        "silence > 5m": "silence is of one agent or tool or model or tenant: silence(agent=…), or 'by agent'",
        "cpu(5m) > 80": "cpu is of now and takes no window, got '5m'",
        "errors > 5 by agent": "errors is not kept by 'agent'",
        "slower > 3": "slower needs than, such as slower(5m, than=5s)",
        "burn_rate(objective=100) > 2": "objective: expected a percentage below 100, got 100",
        "p95(agent=a, tool=b) > 1": "figures are kept by one label: agent or tool, not both",
        "p95(city=Lisbon) > 1": "p95 takes no 'city'; it takes agent, tool, model, tenant, at_least",
        "cost > $1 by city": "cost is not kept by 'city'; it is by agent, model, tenant",
        "p95(agent=a) > 1 by agent": "'by agent' looks at every agent; p95 is asked of one agent",
        "p95 > 5 5": "expected 'and', 'by' or 'for', got '5'",
        "p95 ! 5": "cannot read '! 5'",
        "p95(5m > 3": "expected ',' or ')' in p95(…), got '>'",
        "requests(5m) < 1 for ever": "expected a time such as 30s, 5m or 1h, got 'ever'",
    }.items(),
)
def test_a_wrong_expression_is_refused_when_it_is_set_and_says_why(program, expression, why):
    with pytest.raises(ConfigurationError) as caught:
        program.alerts.add_rule("mine", expression)
    assert str(caught.value) == f"rule 'mine': {why}, in {expression!r}"
    assert "mine" not in program.alerts.rules


def test_a_rule_without_expression_or_with_a_wrong_severity_is_refused(program):
    with pytest.raises(ConfigurationError, match="rule 'mine' needs an expression; ready-made are success_rate, "):
        program.alerts.add_rule("mine")
    with pytest.raises(ConfigurationError, match="severity: expected one of low, medium, high, critical, got 'bad'"):
        program.alerts.add_rule("disk", severity="bad")
