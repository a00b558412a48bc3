import logging

import pytest

from otel_agents.notify.channels.log import LogChannel
from tests.notify.channels.notices import FIRING, NOTICE, RESOLVED


@pytest.mark.parametrize(
    ("alerts", "level", "text"),
    [
        ((FIRING,), logging.ERROR, f"slow chat: firing (high): {FIRING.message}"),
        ((RESOLVED,), logging.WARNING, f"slow chat: resolved: resolved: {RESOLVED.message}"),
    ],
)
def test_a_notice_is_a_line(caplog, alerts, level, text):
    LogChannel().send(NOTICE._replace(alerts=alerts))
    assert caplog.record_tuples == [("otel_agents.alerts", level, text)]


def test_the_logger_may_be_another(caplog):
    LogChannel("shop.alerts").send(NOTICE)
    assert [record.name for record in caplog.records] == ["shop.alerts"]


def test_many_alerts_are_not_all_told(caplog):
    LogChannel().send(NOTICE._replace(alerts=(FIRING,) * 30))
    assert caplog.messages == [f"slow chat: firing (high): {'; '.join([FIRING.message] * 20)}; and 10 more"]
