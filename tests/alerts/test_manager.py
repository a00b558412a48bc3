import pytest

from otel_agents.alerts.manager import AlertManager
from otel_agents.alerts.thresholds import Thresholds
from otel_agents.health.aggregates import Aggregates
from otel_agents.health.counts import counts
from otel_agents.health.rules import judge


class Program:
    """A program with a clock of its own, watched by an alert manager."""

    def __init__(self):
        self.now = 1_700_000_000
        self.aggregates = Aggregates()
        self.thresholds = Thresholds()
        self.alerts = AlertManager(self.thresholds, self.look)

    def look(self):
        return float(self.now), judge(counts(self.aggregates, self.now * 10**9), self.thresholds)[1]

    def requests(self, agent, number, *, failed=False, seconds=1.0, cost=None):
        for _ in range(number):
            self.aggregates.add_agent_request(agent, seconds, failed, 0, cost, self.now * 10**9)

    def firing(self):
        return [(alert["name"], alert["subject"]) for alert in self.alerts.check_alerts()]


@pytest.fixture
def program():
    return Program()


def test_nothing_fires_when_all_is_well(program):
    program.requests("ChatAgent", 10)
    assert program.alerts.check_alerts() == []


def test_an_alert_says_what_and_how_much(program):
    program.requests("ChatAgent", 6)
    program.requests("ChatAgent", 2, failed=True)
    assert program.alerts.check_alerts() == [
        {
            "name": "error_rate",
            "severity": "high",
            "message": "ChatAgent: 25.0 % of 8 requests failed in the last 5 minutes (limit 10 %)",
            "kind": "agent",
            "subject": "ChatAgent",
            "value": 25.0,
            "threshold": 10.0,
            "since": 1_700_000_000.0,
        }
    ]


def test_each_rule_has_its_severity_and_the_most_severe_come_first(program):
    program.alerts.thresholds["cost"] = 1.0
    program.requests("ChatAgent", 11, failed=True, seconds=9.0, cost=1.0)
    assert [(alert["name"], alert["severity"]) for alert in program.alerts.check_alerts()] == [
        ("error_rate", "high"),
        ("failure_count", "high"),
        ("response_time", "medium"),
        ("cost", "medium"),
    ]


def test_since_stays_while_it_fires_and_begins_anew_afterwards(program):
    def since():
        return [alert["since"] for alert in program.alerts.check_alerts()]

    program.requests("ChatAgent", 5, failed=True)
    assert since() == [1_700_000_000.0]
    program.now += 120
    program.requests("ChatAgent", 5, failed=True)
    assert since() == [1_700_000_000.0]
    program.now += 300
    assert since() == []
    program.requests("ChatAgent", 5, failed=True)
    assert since() == [1_700_000_420.0]


def test_own_thresholds_replace_the_default_ones(program):
    program.requests("ChatAgent", 94)
    program.requests("ChatAgent", 6, failed=True, seconds=4.0)
    assert program.firing() == []
    program.alerts.thresholds = {"error_rate": 5.0, "response_time": 3.0, "failure_count": 5}
    assert program.firing() == [("error_rate", "ChatAgent"), ("failure_count", "")]
