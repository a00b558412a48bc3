"""Notices are grouped by rule, told once, repeated, resolved and escalated, by a clock of the test's own."""

from dataclasses import replace

import pytest

from otel_agents.alerts.routing import Router, Times
from otel_agents.model import Alert


def alert(subject, name="slow", **fields):
    said = {"severity": "medium", "state": "firing", "message": f"{subject} is slow", "kind": "agent", "since": 0.0}
    return Alert(name=name, subject=subject, value=9.0, threshold=5.0, **{**said, **fields})


CHAT, CODER = alert("Chat"), alert("Coder")
ACKNOWLEDGED = replace(CHAT, acknowledged_by="anna")


@pytest.fixture
def router():
    return Router(Times(wait=10, interval=60, repeat=3600, escalate=900))


def told(notices):
    return [(each.name, each.why, [one.subject for one in each.alerts], each.escalated) for each in notices]


def test_what_fires_within_the_first_wait_is_one_notice_a_rule(router):
    loader = alert("Loader", "failing")
    assert router.update([CHAT], 0) == []
    assert router.update([CHAT, CODER, loader], 5) == []
    assert told(router.update([CHAT, CODER, loader], 10)) == [("slow", "new", ["Chat", "Coder"], False)]
    assert told(router.update([CHAT, CODER, loader], 15)) == [("failing", "new", ["Loader"], False)]


def test_what_was_told_is_not_told_again_before_its_time(router):
    router.update([CHAT], 0)
    assert told(router.update([CHAT], 10)) == [("slow", "new", ["Chat"], False)]
    assert [router.update([ACKNOWLEDGED], now) for now in (11, 100, 3609)] == [[], [], []]


def test_what_joins_later_is_told_after_the_interval_with_those_that_still_fire(router):
    router.update([CHAT], 0)
    router.update([CHAT], 10)
    assert router.update([CHAT, CODER], 20) == []
    assert told(router.update([CHAT, CODER], 70)) == [("slow", "new", ["Chat", "Coder"], False)]


def test_what_still_fires_is_repeated(router):
    router = Router(Times(wait=10, interval=60, repeat=3600, escalate=0))
    router.update([CHAT], 0)
    router.update([CHAT], 10)
    assert told(router.update([CHAT], 3610)) == [("slow", "repeated", ["Chat"], False)]
    assert router.update([CHAT], 3620) == []
    assert told(router.update([CHAT], 7210)) == [("slow", "repeated", ["Chat"], False)]


def test_what_somebody_looks_after_is_not_repeated(router):
    router.update([CHAT], 0)
    router.update([CHAT], 10)
    assert router.update([ACKNOWLEDGED], 3610) == []


def test_what_is_resolved_is_told_once_with_the_time(router):
    router.update([CHAT], 0)
    router.update([CHAT], 10)
    assert router.update([], 50) == []
    (notice,) = router.update([], 70)
    assert (notice.why, notice.status, notice.alerts) == (
        "resolved",
        "resolved",
        (replace(CHAT, state="resolved", resolved_at=50),),
    )
    assert router.update([], 500) == []


def test_a_notice_of_which_something_still_fires_is_firing(router):
    router.update([CHAT, CODER], 0)
    router.update([CHAT, CODER], 10)
    (notice,) = router.update([CODER], 70)
    assert (notice.status, [(one.subject, one.state) for one in notice.alerts]) == (
        "firing",
        [("Coder", "firing"), ("Chat", "resolved")],
    )


def test_what_is_over_before_it_was_told_is_never_told(router):
    router.update([CHAT], 0)
    assert [router.update([], now) for now in (5, 10, 100)] == [[], [], []]


def test_what_is_pending_or_silenced_is_not_told(router):
    assert router.update([replace(CHAT, state="pending"), replace(CODER, silenced=True)], 0) == []
    assert router.update([replace(CHAT, state="pending"), replace(CODER, silenced=True)], 100) == []
    router.update([CODER], 200)
    assert told(router.update([CODER], 210)) == [("slow", "new", ["Coder"], False)]


def test_what_nobody_acknowledges_goes_to_those_next_in_line_once(router):
    router.update([CHAT, CODER], 0)
    router.update([CHAT, CODER], 10)
    assert told(router.update([CHAT, replace(CODER, acknowledged_by="anna")], 900)) == [
        ("slow", "escalated", ["Chat"], True)
    ]
    assert router.update([CHAT, CODER], 901)[0].alerts == (CODER,)  # its acknowledgement was taken back
    assert router.update([CHAT, CODER], 902) == []


def test_those_next_in_line_hear_that_it_is_resolved(router):
    router.update([CHAT], 0)
    router.update([CHAT], 10)
    router.update([CHAT], 900)
    assert told(router.update([], 1000)) == [
        ("slow", "resolved", ["Chat"], False),
        ("slow", "resolved", ["Chat"], True),
    ]


def test_what_is_acknowledged_goes_to_nobody_else(router):
    router.update([CHAT], 0)
    router.update([CHAT], 10)
    assert router.update([ACKNOWLEDGED], 5000) == []


def test_what_fires_again_before_its_end_was_told_goes_on(router):
    router.update([CHAT], 0)
    router.update([CHAT], 10)
    router.update([], 20)
    assert router.update([CHAT], 30) == []
    assert router.update([CHAT], 100) == []


def test_the_last_look_waits_for_nothing(router):
    assert told(router.update([CHAT], 0, at_once=True)) == [("slow", "new", ["Chat"], False)]
