"""The verdict of the overview: by plain values, as the collector counts them."""

from __future__ import annotations

import pytest

from otel_agents.health.rules import UNHEALTHY, Counted, Counts, judge

FINE = Counted("program", "", 40, 0, 0.9)
ROUTER = Counted("agent", "Router", 20, 0, 0.8)
WRITER = Counted("agent", "Writer", 20, 0, 1.0)


@pytest.mark.parametrize(
    ("whole", "parts", "recent_errors", "expected"),
    {
        "all is well": (FINE, [ROUTER, WRITER], 0, ("healthy", [])),
        "one failure is no rate": (Counted("program", "", 5, 1, 0.9), [], 1, ("healthy", [])),
        "some requests fail": (
            Counted("program", "", 40, 5, 0.9),
            [ROUTER, Counted("agent", "Writer", 20, 5, 1.0)],
            5,
            (
                "degraded",
                ["12.5 % of 40 requests failed (limit 10 %)", "Writer: 25.0 % of 20 requests failed (limit 10 %)"],
            ),
        ),
        "most requests fail": (
            Counted("program", "", 20, 11, 0.9),
            [Counted("agent", "Router", 20, 11, 0.9)],
            2,
            ("unhealthy", ["Router: 55.0 % of 20 requests failed (limit 10 %)"]),
        ),
        "a tool fails": (
            FINE,
            [ROUTER, WRITER, Counted("tool", "search", 10, 2, 9.0)],
            2,
            ("degraded", ["Tool search: 20.0 % of 10 calls failed (limit 10 %)"]),
        ),
        "an agent is slow": (
            FINE,
            [ROUTER, Counted("agent", "Writer", 3, 0, 5.1)],
            0,
            ("degraded", ["Writer: 3 requests took 5.1 s on average (limit 5 s)"]),
        ),
        "many errors just now": (FINE, [], 11, ("degraded", ["11 errors in the last 5 minutes (limit 10)"])),
    }.values(),
)
def test_verdict(whole, parts, recent_errors, expected):
    status, findings = judge(Counts(whole, parts, recent_errors, when=""))
    assert (status, [found.message for found in findings]) == expected


@pytest.mark.parametrize(
    ("failures", "before", "expected"),
    [
        (10, set(), ("healthy", [])),  # at the limit
        (10, {("error_rate", "program", "")}, ("degraded", ["error_rate"])),
        (9, {("error_rate", "program", "")}, ("healthy", [])),
        (46, {("error_rate", "program", "")}, ("degraded", ["error_rate"])),
        (46, {("error_rate", "program", ""), UNHEALTHY}, ("unhealthy", ["error_rate"])),
        (45, {("error_rate", "program", ""), UNHEALTHY}, ("degraded", ["error_rate"])),
    ],
)
def test_what_was_crossed_is_over_a_tenth_below_the_limit(failures, before, expected):
    status, findings = judge(Counts(Counted("program", "", 100, failures, 1.0), [], 0), before=before)
    assert (status, [found.rule for found in findings]) == expected


def test_few_requests_begin_nothing_and_end_nothing():
    few = Counts(Counted("program", "", 2, 2, 9.0), [], 0)
    before = {("error_rate", "program", ""), ("response_time", "program", "")}
    assert [found.rule for found in judge(few)[1]] == []
    assert [found.rule for found in judge(few, before=before)[1]] == ["error_rate", "response_time"]
