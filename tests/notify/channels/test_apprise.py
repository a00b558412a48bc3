import json

import pytest

from otel_agents.notify.channels.apprise import AppriseChannel
from otel_agents.notify.channels.channel import Unreachable
from tests.notify.channels.notices import FIRING, NOTICE, RESOLVED, hooks


@pytest.fixture
def receiver():
    with hooks() as server:
        yield server


@pytest.mark.parametrize(
    ("alerts", "title", "type_"),
    [((FIRING,), "slow chat: firing (high)", "failure"), ((RESOLVED,), "slow chat: resolved", "success")],
)
def test_apprise_sends_title_text_and_kind(receiver, alerts, title, type_):
    AppriseChannel(f"json://127.0.0.1:{receiver.port}/hook").send(NOTICE._replace(alerts=alerts))
    path, _, body = receiver.next()
    sent = json.loads(body)
    assert (path, sent["title"], sent["type"], alerts[0].message in sent["message"]) == ("/hook", title, type_, True)


def test_what_it_could_not_send_may_be_sent_again(receiver):
    receiver.answers.put(500)
    with pytest.raises(Unreachable):
        AppriseChannel(f"json://127.0.0.1:{receiver.port}/hook").send(NOTICE)


@pytest.mark.parametrize("address", ["nosuchservice://s3cret", "slack://s3cret"])
def test_what_apprise_does_not_know_is_refused_without_the_address(address, caplog):
    with pytest.raises(ValueError) as raised:
        AppriseChannel(address)
    assert str(raised.value) == f"{address.partition(':')[0]}: not an address apprise knows"
    assert "s3cret" not in caplog.text
