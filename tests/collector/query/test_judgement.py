"""The verdict of the overview."""

from __future__ import annotations

import pytest

from otel_agents.collector.query.judgement import Counted, judge

FINE = Counted("", "", 40, 0, 900.0)
ROUTER = Counted("agent", "Router", 20, 0, 800.0)
WRITER = Counted("agent", "Writer", 20, 0, 1000.0)


@pytest.mark.parametrize(
    ("whole", "parts", "recent_errors", "expected"),
    {
        "all is well": (FINE, [ROUTER, WRITER], 0, ("healthy", [])),
        "one failure is no rate": (Counted("", "", 5, 1, 900.0), [], 1, ("healthy", [])),
        "some requests fail": (
            Counted("", "", 40, 5, 900.0),
            [ROUTER, Counted("agent", "Writer", 20, 5, 1000.0)],
            5,
            (
                "degraded",
                ["12.5 % of 40 requests failed (limit 10 %)", "Writer: 25.0 % of 20 requests failed (limit 10 %)"],
            ),
        ),
        "most requests fail": (
            Counted("", "", 20, 11, 900.0),
            [Counted("agent", "Router", 20, 11, 900.0)],
            2,
            ("unhealthy", ["Router: 55.0 % of 20 requests failed (limit 10 %)"]),
        ),
        "a tool fails": (
            FINE,
            [ROUTER, WRITER, Counted("tool", "search", 10, 2, 9000.0)],
            2,
            ("degraded", ["Tool search: 20.0 % of 10 calls failed (limit 10 %)"]),
        ),
        "an agent is slow": (
            FINE,
            [ROUTER, Counted("agent", "Writer", 3, 0, 5100.0)],
            0,
            ("degraded", ["Writer: 3 requests took 5.1 s on average (limit 5 s)"]),
        ),
        "many errors just now": (FINE, [], 11, ("degraded", ["11 errors in the last 5 minutes (limit 10)"])),
    }.values(),
)
def test_verdict(whole, parts, recent_errors, expected):
    assert judge(whole, parts, recent_errors) == expected
