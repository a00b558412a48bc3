import pytest

from otel_agents.errors import ConfigurationError
from otel_agents.health.thresholds import DEFAULT_THRESHOLDS
from otel_agents.model import Alert, Finding
from tests.alerts.program import START, Program


@pytest.fixture
def program():
    return Program()


def told(program, **how):
    """What a listener is told, from now on."""
    heard = []
    program.alerts.on_alert(lambda alert: heard.append((alert.name, alert.state)), **how)
    return heard


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
            "state": "firing",
            "message": "ChatAgent: 25.0 % of 8 requests failed in the last 5 minutes (limit 10 %)",
            "kind": "agent",
            "subject": "ChatAgent",
            "value": 25.0,
            "threshold": 10.0,
            "since": float(START),
            "resolved_at": None,
            "acknowledged_by": None,
            "silenced": False,
            "evidence": {},
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


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("error_rate", {"failed": True, "number": 5}),
        ("response_time", {"seconds": 5.1, "number": 3}),
        ("failure_count", {"failed": True, "number": 11}),
    ],
)
def test_each_threshold_fires_and_is_resolved_when_its_five_minutes_are_over(program, rule, what):
    program.alerts.thresholds = {rule: DEFAULT_THRESHOLDS[rule]}
    number = what.pop("number")
    program.requests("ChatAgent", number, **what)
    assert {name for name, _ in program.firing()} == {rule}
    program.now += 310
    assert program.firing() == []
    assert (program.alerts.history[-1].name, program.alerts.history[-1].state) == (rule, "resolved")


def test_the_threshold_of_cost_fires_until_it_is_raised(program):
    program.alerts.thresholds = {"cost": 10}
    program.requests("ChatAgent", 1, cost=10.5)
    program.now += 3600
    assert program.firing() == [("cost", "")]
    program.alerts.thresholds["cost"] = 20
    assert program.firing() == []


def test_since_stays_while_it_fires_and_begins_anew_afterwards(program):
    def since():
        return [alert["since"] for alert in program.alerts.check_alerts()]

    program.requests("ChatAgent", 5, failed=True)
    assert since() == [START]
    program.now += 120
    program.requests("ChatAgent", 5, failed=True)
    assert since() == [START]
    program.now += 300
    assert since() == []
    program.requests("ChatAgent", 5, failed=True)
    assert since() == [START + 420]


def test_own_thresholds_replace_the_default_ones(program):
    program.requests("ChatAgent", 94)
    program.requests("ChatAgent", 6, failed=True, seconds=4.0)
    assert program.firing() == []
    program.alerts.thresholds = {"error_rate": 5.0, "response_time": 3.0, "failure_count": 5}
    assert program.firing() == [("error_rate", "ChatAgent"), ("failure_count", "")]


def test_who_listens_is_told_once_when_it_fires_and_once_when_it_is_resolved(program):
    heard = told(program)
    program.requests("ChatAgent", 5, failed=True)
    for _ in range(3):
        program.alerts.check()
    assert heard == [("error_rate", "firing")]
    program.now += 300
    for _ in range(3):
        program.alerts.check()
    assert heard == [("error_rate", "firing"), ("error_rate", "resolved")]


def test_who_listens_for_severe_alerts_hears_no_others(program):
    severe, all_of_them = told(program, severity="high"), told(program)
    program.requests("ChatAgent", 5, seconds=9.0)
    program.alerts.check()
    assert (severe, all_of_them) == ([], [("response_time", "firing")])


def test_listening_by_a_decorator_and_no_more(program):
    heard = []

    @program.alerts.on_alert(severity="high")
    def listen(alert: Alert) -> None:
        heard.append(alert.id)

    program.requests("ChatAgent", 5, failed=True)
    program.alerts.check()
    program.alerts.forget(listen)
    program.now += 300
    program.alerts.check()
    assert heard == ["error_rate/agent/ChatAgent"]


def test_a_severity_there_is_not_is_refused(program):
    with pytest.raises(ConfigurationError, match="severity: expected one of low, medium, high, critical, got 'loud'"):
        program.alerts.on_alert(print, severity="loud")


def test_the_history_has_each_beginning_and_end_and_is_bounded(program):
    for _ in range(600):
        program.requests("ChatAgent", 5, failed=True)
        program.alerts.check()
        program.now += 300
        program.alerts.check()
    history = program.alerts.history
    assert [(alert.state, alert.since, alert.resolved_at) for alert in history[-2:]] == [
        ("firing", START + 599 * 300, None),
        ("resolved", START + 599 * 300, START + 600 * 300),
    ]
    assert len(history) == 1000


def test_an_acknowledged_alert_says_by_whom_until_it_is_resolved(program):
    program.requests("ChatAgent", 5, failed=True)
    program.alerts.check()
    assert program.alerts.acknowledge("error_rate", "Nobody", by="anna") == 0
    assert program.alerts.acknowledge("error_rate", by="anna") == 1
    assert [alert["acknowledged_by"] for alert in program.alerts.check_alerts()] == ["anna"]
    program.now += 300
    program.alerts.check()
    program.requests("ChatAgent", 5, failed=True)
    assert [alert["acknowledged_by"] for alert in program.alerts.check_alerts()] == [None]


def test_a_silenced_alert_is_quiet_and_is_told_of_when_the_silence_ends(program):
    heard = told(program)
    program.alerts.silence("error_rate", "ChatAgent", minutes=2, by="anna")
    program.requests("ChatAgent", 5, failed=True)
    program.requests("Other", 5)
    assert program.firing() == [("error_rate", "")]
    assert [(alert.subject, alert.silenced) for alert in program.alerts.alerts] == [("", False), ("ChatAgent", True)]
    assert heard == [("error_rate", "firing")]
    program.now += 120
    assert program.firing() == [("error_rate", ""), ("error_rate", "ChatAgent")]
    assert heard == [("error_rate", "firing")] * 2
    assert program.alerts.silences == []


def test_what_fired_only_in_silence_is_not_told_of_at_all(program):
    heard = told(program)
    program.alerts.silence(minutes=60)
    program.requests("ChatAgent", 5, failed=True)
    assert program.firing() == []
    program.now += 600
    assert (program.firing(), heard) == ([], [])


def test_a_silence_can_be_ended(program):
    program.alerts.silence("error_rate", minutes=60)
    program.requests("ChatAgent", 5, failed=True)
    assert program.firing() == []
    program.alerts.silence("error_rate", minutes=0)
    assert program.firing() == [("error_rate", "ChatAgent")]


def test_a_source_that_fails_does_not_hide_what_others_find(program):
    def fail(look):
        raise RuntimeError("no")

    program.alerts.add_source(fail)
    program.requests("ChatAgent", 5, failed=True)
    assert program.firing() == [("error_rate", "ChatAgent")]
    assert program.delivery.faults == [("looking for alerts", "no")]
    program.alerts.remove_source(fail)
    assert program.firing() == [("error_rate", "ChatAgent")]
    assert len(program.delivery.faults) == 1


def test_a_source_of_findings_makes_alerts(program):
    found = [Finding("drift", "model", "gpt-5", 4.0, 3.0, "gpt-5 drifts", "medium", 60.0, {"z": 4.0})]
    program.alerts.add_source(lambda look: found)
    assert [(alert.state, alert.evidence) for alert in program.alerts.alerts] == [("pending", {"z": 4.0})]
    program.now += 60
    assert program.firing() == [("drift", "gpt-5")]
    found.clear()
    assert program.firing() == []


def test_an_alert_that_becomes_more_severe_is_told_of_again(program):
    severity = ["low"]
    program.alerts.add_source(
        lambda look: [Finding("budget", "budget", "daily", 1.0, 2.0, "…", each) for each in severity]
    )
    heard = []
    program.alerts.on_alert(lambda alert: heard.append((alert.severity, alert.state)))
    for now in ("low", "low", "medium", "high", "medium", "high"):
        severity[:] = [now]
        program.alerts.check()
    severity.clear()
    program.alerts.check()
    assert heard == [("low", "firing"), ("medium", "firing"), ("high", "firing"), ("high", "resolved")]
