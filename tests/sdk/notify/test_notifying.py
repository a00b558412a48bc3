"""Alerts go out by channels: configured, sent behind, retried, counted, and never in the program's way."""

import json
import threading
from collections import Counter
from time import monotonic

import pytest

from otel_agents import alert_manager, configure, metrics_collector, shutdown, telemetry_health
from otel_agents.errors import ConfigurationError
from otel_agents.notify.channels.channel import Refused, Unreachable
from otel_agents.notify.outbox import Outbox
from otel_agents.sdk.notify import notifying
from tests.notify.channels.notices import NOTICE, hooks


@pytest.fixture
def receiver():
    with hooks() as server:
        yield server


@pytest.fixture
def program():
    bring_back = [metrics_collector.set_aside(metrics_collector._clock), alert_manager.set_aside()]
    notifying._counts.clear()
    yield
    shutdown()
    for each in bring_back:
        each()


def set_up(receiver, **settings):
    address = f"webhook+http://127.0.0.1:{receiver.port}/first"
    configure(
        **{"traces_exporter": "none", "alert_channels": [address], "alert_wait": 0, "alert_interval": 0, **settings}
    )


def fail(times=10):
    for _ in range(times):
        metrics_collector.record_agent_request("ChatAgent", success=False, response_time=1.0)


def summaries(request):
    return sorted(alert["annotations"]["summary"] for alert in json.loads(request[2])["alerts"])


def test_an_alert_goes_out_and_is_counted(program, receiver):
    set_up(receiver)
    fail()
    alert_manager.check()
    assert summaries(receiver.next()) == ["ChatAgent: 100.0 % of 10 requests failed in the last 5 minutes (limit 10 %)"]
    shutdown()
    assert telemetry_health().alerts == {"webhook 127.0.0.1": {"sent": 1}}


def test_what_waits_for_others_goes_out_as_the_program_ends(program, receiver):
    set_up(receiver, alert_wait=3600)
    fail()
    alert_manager.check()
    assert receiver.arrived.empty()
    shutdown()
    assert json.loads(receiver.next()[2])["status"] == "firing"


def test_what_nobody_acknowledges_goes_further(program, receiver):
    further = f"webhook+http://127.0.0.1:{receiver.port}/second"
    set_up(receiver, alert_escalation=[further], alert_escalate_after=0.000001)
    fail()
    alert_manager.check()
    alert_manager.check()
    shutdown()
    assert sorted(receiver.next()[0] for _ in range(2)) == ["/first", "/second"]


def test_configured_again_it_does_not_tell_again(program, receiver):
    set_up(receiver)
    fail()
    alert_manager.check()
    receiver.next()
    set_up(receiver)
    alert_manager.check()
    shutdown()
    assert receiver.arrived.empty()


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        (["log:", "nothing"], "number 2 is none"),
        (["https://hooks.example/s3cret"], "number 1 (https:) is wrong: a webhook's address is webhook+https://…"),
        (["webhook+https://"], "number 1 (webhook+https:) is wrong: expected an address such as http://127.0.0.1:4318"),
        (["nosuch://s3cret"], "number 1 (nosuch:) is wrong: nosuch: not an address apprise knows"),
    ],
)
def test_a_wrong_address_is_refused_by_its_number(channels, message):
    with pytest.raises(ConfigurationError) as raised:
        configure(alert_channels=channels)
    assert str(raised.value) == (
        "setting 'alert_channels': expected addresses such as log:, desktop:, webhook+https://…, or those of apprise "
        f"such as slack://…; {message}, got list"
    )


class Stubborn:
    """Raises what it is told, then takes what comes."""

    name = "stubborn"

    def __init__(self, *errors):
        self.errors = list(errors)
        self.taken = threading.Event()

    def send(self, notice):
        if self.errors:
            raise self.errors.pop(0)
        self.taken.set()


def test_what_fails_is_tried_again_and_counted():
    counts, channel = Counter(), Stubborn(Unreachable("status 503"), Unreachable("status 503"))
    outbox = Outbox(channel, counts, waits=(0, 0, 0))
    outbox.put(NOTICE)
    assert channel.taken.wait(60)
    outbox.close(monotonic() + 60)
    assert counts == {"retried": 2, "sent": 1}


@pytest.mark.parametrize(
    ("errors", "counted"),
    [
        ([Unreachable("status 503")] * 3, {"retried": 2, "failed": 1}),
        ([Refused("status 404")], {"failed": 1}),
    ],
)
def test_what_keeps_failing_or_is_refused_is_given_up_and_said_once(errors, counted, caplog):
    counts = Counter()
    outbox = Outbox(Stubborn(*errors, *errors), counts, waits=(0, 0))
    outbox.put(NOTICE)
    outbox._thread.join(60)
    assert counts == counted
    outbox.put(NOTICE)
    outbox.close(monotonic() + 60)
    assert caplog.messages == [f"Alerts could not be sent (stubborn: {errors[0]}); said once until they can"]


class Hanging:
    """Takes nothing until it is let go."""

    name = "hanging"

    def __init__(self):
        self.at_it, self.go = threading.Event(), threading.Event()

    def send(self, notice):
        self.at_it.set()
        assert self.go.wait(60)


def test_a_channel_that_hangs_holds_up_nobody_and_what_is_too_much_is_dropped_and_counted():
    counts, channel = Counter(), Hanging()
    outbox = Outbox(channel, counts)
    outbox.put(NOTICE)
    assert channel.at_it.wait(60)
    for _ in range(105):
        outbox.put(NOTICE)
    assert counts == {"dropped": 5}
    channel.go.set()
    outbox.close(monotonic() + 60)
    assert counts == {"dropped": 5, "sent": 101}
