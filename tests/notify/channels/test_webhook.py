import base64
import hashlib
import hmac
import json
import re
from types import SimpleNamespace

import pytest

from otel_agents.notify.channels.channel import Refused, Unreachable
from otel_agents.notify.channels.webhook import WebhookChannel
from tests import docs
from tests.notify.channels.notices import NOTICE, hooks

KEY = b"a key of 24 bytes, or so"


@pytest.fixture
def receiver():
    with hooks() as server:
        yield server


def channel(receiver, secret=None):
    return WebhookChannel(f"http://127.0.0.1:{receiver.port}/hook/s3cret?x=1", secret, "shop", lambda: 1_700_000_100.9)


def test_the_payload_is_alertmanagers(receiver):
    channel(receiver).send(NOTICE)
    path, headers, body = receiver.next()
    assert (path, headers["content-type"], "webhook-signature" in headers) == (
        "/hook/s3cret?x=1",
        "application/json",
        False,
    )
    payload = json.loads(body)
    prints = [alert.pop("fingerprint") for alert in payload["alerts"]]
    assert [len(each) for each in prints] == [16, 16]
    assert prints[0] != prints[1]
    assert payload == {
        "version": "4",
        "groupKey": '{}:{alertname="slow chat"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "otel-agents",
        "groupLabels": {"alertname": "slow chat"},
        "commonLabels": {"alertname": "slow chat", "kind": "agent", "service": "shop"},
        "commonAnnotations": {"notice": "new"},
        "externalURL": "",
        "alerts": [
            {
                "status": "firing",
                "labels": {
                    "alertname": "slow chat",
                    "severity": "high",
                    "kind": "agent",
                    "agent": "ChatAgent",
                    "service": "shop",
                },
                "annotations": {
                    "summary": "ChatAgent: p95 time 6.2 s in the last 5 minutes (limit 5 s)",
                    "value": "6.2",
                    "threshold": "5",
                },
                "startsAt": "2023-11-14T22:13:20.500Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "",
            },
            {
                "status": "resolved",
                "labels": {
                    "alertname": "slow chat",
                    "severity": "medium",
                    "kind": "agent",
                    "agent": "Coder",
                    "service": "shop",
                },
                "annotations": {
                    "summary": "Coder: p95 time 5.5 s in the last 5 minutes (limit 5 s)",
                    "value": "5.5",
                    "threshold": "5",
                    "acknowledged_by": "anna",
                },
                "startsAt": "2023-11-14T22:13:20.000Z",
                "endsAt": "2023-11-14T22:14:20.000Z",
                "generatorURL": "",
            },
        ],
    }


@pytest.mark.parametrize("secret", [KEY.decode(), f"whsec_{base64.b64encode(KEY).decode()}"])
def test_the_signature_is_that_of_standard_webhooks(receiver, secret):
    channel(receiver, secret).send(NOTICE)
    _, headers, body = receiver.next()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert headers["webhook-timestamp"] == "1700000100"


def test_a_notice_that_is_sent_again_has_the_same_id(receiver):
    channel(receiver).send(NOTICE)
    channel(receiver).send(NOTICE)
    channel(receiver).send(NOTICE._replace(why="repeated"))
    ids = [receiver.next()[1]["webhook-id"] for _ in range(3)]
    assert [ids[0] == each for each in ids] == [True, True, False]


@pytest.mark.parametrize(
    ("status", "kind"), [(500, Unreachable), (429, Unreachable), (400, Refused), (404, Refused), (302, Refused)]
)
def test_an_answer_says_whether_to_send_again(receiver, status, kind):
    receiver.answers.put(status)
    with pytest.raises(kind) as raised:
        channel(receiver).send(NOTICE)
    assert str(raised.value) == f"status {status}"


def test_nobody_there_is_said_without_the_address():
    with hooks() as gone:
        pass
    with pytest.raises(Unreachable) as raised:
        channel(gone).send(NOTICE)
    assert "s3cret" not in str(raised.value)
    assert channel(gone).name == "webhook 127.0.0.1"


def test_the_documentation_says_how_to_verify_it(receiver):
    blocks = re.findall(r"```python\n(.*?)```", docs.text(), re.DOTALL)
    (code,) = [block for block in blocks if "def is_ours" in block]
    names = {}
    exec(code, names)
    names["time"] = SimpleNamespace(time=lambda: 1_700_000_110)
    channel(receiver, "a-long-random-text").send(NOTICE)
    _, headers, body = receiver.next()
    asked = [(body, "a-long-random-text"), (body + b" ", "a-long-random-text"), (body, "another")]
    assert [names["is_ours"](headers, *each) for each in asked] == [True, False, False]
    names["time"] = SimpleNamespace(time=lambda: 1_700_000_500)
    assert not names["is_ours"](headers, body, "a-long-random-text")
