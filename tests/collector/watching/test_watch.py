"""A running collector watches what it stores: alerts, who is told of them, and what a restart leaves as it was."""

import json
import signal
import time

import pytest

from tests.collector import otlp
from tests.collector.api.asking import ask, send
from tests.notify.channels.notices import hooks

RULES = "slow chat/critical=mean(5m, agent=Chat, at_least=1) > 5s"


def requests(number, agent="Chat", *, failed=0, seconds=1.0, ago=5.0):
    """Requests to an agent that ended so many seconds ago."""
    end = time.time_ns() - int(ago * 1e9)
    about = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": agent}
    return [
        otlp.span(
            about,
            name=f"invoke_agent {agent}",
            start_time_unix_nano=end - int(seconds * 1e9),
            end_time_unix_nano=end,
            status={"code": 2, "message": "no"} if at < failed else {},
        )
        for at in range(number)
    ]


def alerts(url):
    return ask(url, "GET", "/api/v1/alerts?now=1").json


def post(url, path, **body):
    return ask(url, "POST", f"/api/v1/alerts/{path}", json.dumps(body), Content_Type="application/json")


def firing(told):
    return [(one["name"], one["subject"], one["severity"]) for one in told["alerts"] if one["state"] == "firing"]


@pytest.fixture
def start(start_collector):
    def begin(**environment):
        return start_collector(OTEL_AGENTS_COLLECTOR_RULES=RULES, **environment)

    return begin


def test_what_is_stored_is_judged_by_thresholds_and_rules(start):
    url = start(OTEL_AGENTS_COLLECTOR_THRESHOLDS="error_rate=20").url
    assert alerts(url)["alerts"] == []
    of_no_time = otlp.span(end_time_unix_nano=2**64 - 1)  # which is more than a signed number holds
    send(url, *requests(6, failed=2, seconds=6.0), *requests(6, "Coder"), of_no_time)
    told = alerts(url)
    assert firing(told) == [("slow chat", "Chat", "critical"), ("error_rate", "Chat", "high")]
    assert told["alerts"][1]["message"] == "Chat: 33.3 % of 6 requests failed in the last 5 minutes (limit 20 %)"
    assert told["thresholds"] == {"error_rate": 20.0}
    assert [rule["name"] for rule in told["rules"]] == ["error_spike", "slow chat"]
    of_1970 = requests(1, seconds=time.time() - 10)  # of a sender that does not say when it began
    send(url, *requests(20), *of_1970)
    told = alerts(url)
    assert firing(told) == []
    assert sorted((one["name"], one["state"]) for one in told["history"]) == [
        ("error_rate", "firing"),
        ("error_rate", "resolved"),
        ("slow chat", "firing"),
        ("slow chat", "resolved"),
    ]
    metrics = ask(url, "GET", "/metrics").body.decode()
    assert 'otel_agents_collector_alert_changes_total{severity="critical",state="resolved"} 1\n' in metrics
    assert 'otel_agents_collector_alerts_firing{severity="critical"} 0.0\n' in metrics


def test_a_restart_leaves_alerts_as_they_were_and_tells_nobody_twice(start):
    with hooks() as received:
        channel = {
            "OTEL_AGENTS_COLLECTOR_ALERT_CHANNELS": f"webhook+http://127.0.0.1:{received.port}/hook",
            "OTEL_AGENTS_COLLECTOR_ALERT_WAIT": "0",
            "OTEL_AGENTS_COLLECTOR_ALERT_GROUP": "0",
        }
        first = start(**channel)
        send(first.url, *requests(4, failed=4))
        (alert,) = alerts(first.url)["alerts"]
        assert json.loads(received.next()[2])["alerts"][0]["labels"]["alertname"] == "error_rate"
        assert post(first.url, "acknowledge", name="error_rate", subject="Chat", by="anna").json == {"acknowledged": 1}
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()

        second = start(**channel)
        (still,) = alerts(second.url)["alerts"]
        assert (still["since"], still["acknowledged_by"], still["message"]) == (
            alert["since"],
            "anna",
            alert["message"],
        )
        send(second.url, *requests(80))
        assert alerts(second.url)["alerts"] == []
        told = json.loads(received.next()[2])  # the next thing that is told is that it is over
        assert (told["status"], told["alerts"][0]["annotations"]["acknowledged_by"]) == ("resolved", "anna")
        assert received.arrived.empty()


def test_a_silence_keeps_an_alert_quiet_until_it_ends(start):
    url = start().url
    assert post(url, "silence", name="error_rate", minutes=30, by="anna").json["silences"][0]["by"] == "anna"
    send(url, *requests(4, failed=4))
    told = alerts(url)
    assert [one["silenced"] for one in told["alerts"]] == [True]
    assert len(told["silences"]) == 1
    assert post(url, "silence", name="error_rate", minutes=0).json == {"silences": []}
    assert [one["silenced"] for one in alerts(url)["alerts"]] == [False]


def test_what_cannot_be_meant_is_refused(collector):
    for path, body, why in (
        ("acknowledge", {}, "the body must be"),
        ("acknowledge", {"name": 5}, "name must be a text"),
        ("silence", {"name": "x"}, "minutes must be a number"),
        ("silence", {"minutes": -1}, "minutes must be a number"),
    ):
        answer = post(collector.url, path, **body)
        assert (answer.status, answer.kind) == (400, "bad_request")
        assert answer.json["error"]["message"].startswith(why)


def test_it_can_be_switched_off(start):
    url = start(OTEL_AGENTS_COLLECTOR_ALERTS="false").url
    assert alerts(url) == {"watched": False}
    assert post(url, "silence", minutes=1).status == 400
    assert "alerts_firing" not in ask(url, "GET", "/metrics").body.decode()
