import pytest

from otel_agents.health.aggregates import Aggregates
from otel_agents.health.counts import counts
from otel_agents.health.rules import judge
from otel_agents.health.thresholds import DEFAULT_THRESHOLDS
from otel_agents.model import ErrorEntry
from otel_agents.records import SpanRecord

NOW = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
LATER = NOW + 300 * SECOND


@pytest.fixture
def aggregates():
    return Aggregates()


def requests(aggregates, agent, succeeded, failed=0, seconds=1.0):
    for number in range(succeeded + failed):
        aggregates.add_agent_request(agent, seconds, number >= succeeded, 0, None, NOW)


def calls(aggregates, tool, succeeded, failed):
    for number in range(succeeded + failed):
        aggregates.add_tool_call(tool, None, 0.1, number >= succeeded, NOW)


def errors(aggregates, number):
    for _ in range(number):
        aggregates.add_error(ErrorEntry(NOW / 1e9, "Loader", "ValueError", "bad"))


def verdict(aggregates, thresholds=DEFAULT_THRESHOLDS, now=NOW):
    status, findings = judge(counts(aggregates, now), thresholds)
    return status, [found.message for found in findings]


def test_a_program_that_did_nothing_is_healthy(aggregates):
    assert verdict(aggregates) == ("healthy", [])


def test_a_lone_agent_is_named(aggregates):
    requests(aggregates, "ChatAgent", 6, 2)
    reason = "ChatAgent: 25.0 % of 8 requests failed in the last 5 minutes (limit 10 %)"
    assert verdict(aggregates) == ("degraded", [reason])


def test_the_program_as_a_whole_comes_first(aggregates):
    requests(aggregates, "Router", 5)
    requests(aggregates, "Analyst", 1, 2)
    assert verdict(aggregates) == (
        "degraded",
        [
            "25.0 % of 8 requests failed in the last 5 minutes (limit 10 %)",
            "Analyst: 66.7 % of 3 requests failed in the last 5 minutes (limit 10 %)",
        ],
    )


def test_more_than_half_failed_is_unhealthy(aggregates):
    requests(aggregates, "ChatAgent", 1, 3)
    assert verdict(aggregates)[0] == "unhealthy"


def test_half_failed_is_degraded(aggregates):
    requests(aggregates, "ChatAgent", 3, 3)
    assert verdict(aggregates)[0] == "degraded"


def test_at_the_limit_is_still_well(aggregates):
    requests(aggregates, "ChatAgent", 18, 2)
    assert verdict(aggregates) == ("healthy", [])


@pytest.mark.parametrize(("succeeded", "failed"), [(0, 1), (0, 2), (2, 1), (5, 1)])
def test_few_requests_or_one_failure_are_no_rate(aggregates, succeeded, failed):
    requests(aggregates, "ChatAgent", succeeded, failed)
    assert verdict(aggregates) == ("healthy", [])


def test_five_minutes_later_it_is_well_again(aggregates):
    requests(aggregates, "ChatAgent", 0, 20)
    assert verdict(aggregates, now=LATER) == ("healthy", [])


def test_slow_requests(aggregates):
    requests(aggregates, "ChatAgent", 4, seconds=6.25)
    reason = "ChatAgent: 4 requests took 6.2 s on average in the last 5 minutes (limit 5 s)"
    assert verdict(aggregates) == ("degraded", [reason])


def test_tools_and_models_that_fail(aggregates):
    calls(aggregates, "search", 3, 2)
    for number in range(4):
        aggregates.add(
            SpanRecord("chat", "model", NOW, NOW, failed=number > 0, model="gpt-5", span_id=number, parent_id=9)
        )
    assert verdict(aggregates) == (
        "degraded",
        [
            "Tool search: 40.0 % of 5 calls failed in the last 5 minutes (limit 10 %)",
            "Model gpt-5: 75.0 % of 4 calls failed in the last 5 minutes (limit 10 %)",
        ],
    )


def test_many_errors(aggregates):
    errors(aggregates, 10)
    assert verdict(aggregates) == ("healthy", [])
    errors(aggregates, 1)
    assert verdict(aggregates) == ("degraded", ["11 errors in the last 5 minutes (limit 10)"])


def test_many_failed_requests(aggregates):
    requests(aggregates, "ChatAgent", 989, 11)
    assert verdict(aggregates) == ("degraded", ["11 failed requests in the last 5 minutes (limit 10)"])


def test_cost_is_what_was_spent_since_the_start(aggregates):
    aggregates.add_agent_request("ChatAgent", 1.0, False, 1000, 7.5, NOW)
    aggregates.add_agent_request("ChatAgent", 1.0, False, 1000, 5.0, NOW)
    aggregates.add_agent_request("ChatAgent", 1.0, False, 1000, None, NOW)
    reason = "$12.50 spent since the start (limit $10.00), and 1 call of unknown cost"
    assert verdict(aggregates, {"cost": 10.0}, LATER) == ("degraded", [reason])


def test_a_threshold_that_is_not_given_is_not_looked_at(aggregates):
    requests(aggregates, "ChatAgent", 0, 20, seconds=60)
    assert verdict(aggregates, {}) == ("healthy", [])
