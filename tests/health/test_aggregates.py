from itertools import count

import pytest

from otel_agents.health.aggregates import Aggregates
from otel_agents.health.names import NAMES_LIMIT
from otel_agents.model import ErrorEntry
from otel_agents.records import SpanRecord

NOW = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
ids = count(1)


def span(type_, *, seconds=1.0, parent=None, failed=None, **fields):
    """A record that ends now; ``failed`` is "Type: message"."""
    error_type, _, message = (failed or "").partition(": ")
    return SpanRecord(
        name=fields.pop("name", type_),
        type=type_,
        start_ns=NOW - int(seconds * SECOND),
        end_ns=NOW,
        failed=failed is not None,
        error_type=error_type or None,
        error_message=message or None,
        span_id=fields.pop("span_id", next(ids)),
        parent_id=parent,
        trace_id=0xABC,
        **fields,
    )


def added(*records):
    aggregates = Aggregates()
    for record in records:
        aggregates.add(record)
    return aggregates


def requests(tally):
    return (tally.requests, tally.failures)


def test_an_agents_operation_is_a_request_of_the_agent_and_of_the_program():
    aggregates = added(span("agent", agent="Chat", seconds=1), span("agent", agent="Chat", seconds=3, failed="E: no"))
    chat = aggregates.over("agent")["Chat"]
    assert (requests(chat), chat.success_rate, chat.mean_s) == ((2, 1), 50.0, 2.0)
    assert chat.p95_s == pytest.approx(3, rel=0.015)
    assert requests(aggregates.program()) == (2, 1)


def test_an_operation_inside_one_of_the_same_agent_is_no_request():
    aggregates = added(
        span("agent", agent="Chat", parent=1, counts_as_request=False),
        span("agent", agent="Chat", span_id=1),
    )
    assert requests(aggregates.over("agent")["Chat"]) == (1, 0)


def test_without_agents_what_has_nothing_around_it_is_a_request():
    tool, workflow = span("tool", tool="search", parent=1), span("workflow", span_id=1, failed="E: no")
    aggregates = added(tool, workflow)
    assert requests(aggregates.program()) == (1, 1)
    aggregates.add(span("agent", agent="Chat"))
    assert requests(aggregates.program()) == (1, 0)


def test_tokens_and_cost_count_for_the_model_its_agent_and_the_program():
    call = {"input_tokens": 1000, "output_tokens": 200, "cached_tokens": 400, "reasoning_tokens": 50}
    aggregates = added(
        span("model", model="gpt-5", agent="Chat", cost_usd=0.25, **call),
        span("model", model="gpt-5", agent="Chat", **call),
        span("agent", agent="Chat", cost_usd=9.0, **call),  # a span that repeats what was below it
    )
    for tally in (aggregates.over("model")["gpt-5"], aggregates.over("agent")["Chat"], aggregates.program()):
        assert (tally.input_tokens, tally.output_tokens, tally.cached_tokens, tally.reasoning_tokens) == (
            2000,
            400,
            800,
            100,
        )
        assert (tally.tokens, tally.cost, tally.unpriced_calls) == (2400, 0.25, 1)


def test_cost_that_nobody_knows_is_none():
    aggregates = added(span("model", model="secret-1", input_tokens=10))
    assert (aggregates.program().cost, aggregates.program().unpriced_calls) == (None, 1)


def test_a_call_that_failed_before_it_used_anything_misses_no_price():
    aggregates = added(span("model", model="gpt-5", failed="ConnectionError: refused"))
    model = aggregates.over("model")["gpt-5"]
    assert (requests(model), model.unpriced_calls) == ((1, 1), 0)


def test_an_agent_is_seen_when_something_ends_under_it():
    aggregates = added(span("tool", tool="search", agent="Chat", parent=1))
    assert aggregates.last_seen("agent") == {"Chat": NOW}


def test_an_exception_that_goes_up_is_one_error_where_it_began():
    aggregates = added(
        span("tool", tool="search", agent="Chat", span_id=3, parent=2, failed="TimeoutError: too slow"),
        span("agent", agent="Chat", span_id=2, parent=1, failed="TimeoutError: too slow"),
        span("workflow", span_id=1, failed="TimeoutError: too slow"),
    )
    assert aggregates.errors() == [
        ErrorEntry(
            time=NOW / 1e9,
            component="search",
            error_type="TimeoutError",
            message="too slow",
            context={"span": "tool", "type": "tool", "agent": "Chat", "trace_id": f"{0xABC:032x}"},
        )
    ]
    assert aggregates.error_count(300, NOW) == 1


def test_what_fails_again_or_otherwise_is_another_error():
    aggregates = added(
        span("tool", tool="search", parent=1, failed="TimeoutError: too slow"),
        span("tool", tool="search", parent=1, failed="TimeoutError: too slow"),
        span("agent", agent="Chat", span_id=1, failed="AnswerError: nothing found"),
    )
    assert [entry.component for entry in aggregates.errors()] == ["search", "search", "Chat"]


def test_the_newest_errors_are_kept_and_all_are_counted():
    aggregates = Aggregates()
    for number in range(600):
        aggregates.add_error(ErrorEntry(NOW / 1e9, "Loader", "E", str(number)))
    kept = aggregates.errors()
    assert (len(kept), kept[0].message, kept[-1].message) == (500, "100", "599")
    assert aggregates.error_count(300, NOW) == 600


def test_names_beyond_the_limit_share_one():
    aggregates = added(*(span("tool", tool=f"tool-{number}", parent=1) for number in range(NAMES_LIMIT + 10)))
    tools = aggregates.over("tool")
    assert (len(tools), requests(tools["other"]), aggregates.overflow()) == (NAMES_LIMIT + 1, (10, 0), 10)


def test_a_span_that_ends_before_it_starts_took_no_time():
    aggregates = added(span("agent", agent="Chat", seconds=-5))
    assert aggregates.over("agent")["Chat"].mean_s == 0.0


def test_a_tenant_has_the_requests_tokens_and_cost_of_its_spans():
    aggregates = added(
        span("model", model="gpt-5", agent="Chat", tenant="acme", parent=1, input_tokens=10, cost_usd=0.5),
        span("tool", tool="search", agent="Chat", tenant="acme", parent=1, failed="TimeoutError: slow"),
        span("agent", agent="Chat", tenant="acme", seconds=2),
        span("agent", agent="Chat", tenant="globex", failed="ValueError: no"),
    )
    tenants = aggregates.over("tenant")
    acme, globex = tenants["acme"], tenants["globex"]
    assert (requests(acme), acme.mean_s, acme.tokens, acme.cost) == ((1, 0), 2.0, 10, 0.5)
    assert (requests(globex), globex.error_types) == ((1, 1), {"ValueError": 1})


def test_without_agents_the_roots_are_a_tenants_requests():
    aggregates = added(span("workflow", tenant="acme"))
    assert requests(aggregates.over("tenant")["acme"]) == (1, 0)


def test_failures_are_told_apart_by_type():
    aggregates = added(
        *(span("agent", agent="Chat", failed=failed) for failed in ("TimeoutError: a", "ValueError: b", "ValueError")),
        SpanRecord("chat", "agent", NOW, NOW, failed=True, agent="Chat"),
    )
    assert aggregates.program().error_types == {"TimeoutError": 1, "ValueError": 2, "Error": 1}


def test_types_of_error_beyond_twenty_are_one():
    aggregates = added(*(span("agent", agent="Chat", failed=f"E{number}: no") for number in range(25)))
    types = aggregates.program().error_types
    assert (len(types), types["E19"], types["other"]) == (21, 1, 5)


def test_the_time_to_the_first_chunk_is_that_of_streams():
    aggregates = added(
        span("model", model="gpt-5", agent="Chat", first_chunk_s=0.25),
        span("model", model="gpt-5", agent="Chat", first_chunk_s=0.75),
        span("model", model="gpt-5", agent="Chat"),
    )
    for tally in (aggregates.of("model", "gpt-5"), aggregates.of("agent", "Chat"), aggregates.program()):
        assert (tally.streams, tally.first_chunk_s) == (2, 0.5)


def test_a_call_made_again_after_it_failed_is_a_retry():
    aggregates = added(
        span("tool", tool="search", agent="Chat", parent=1, failed="E: no"),
        span("tool", tool="fetch", agent="Chat", parent=1),
        span("tool", tool="search", agent="Chat", parent=2),
        span("tool", tool="search", agent="Chat", parent=1, failed="E: no"),
        span("tool", tool="search", agent="Chat", parent=1),
        span("tool", tool="search", agent="Chat", parent=1),
    )
    retries = [aggregates.of(kind, name).retries for kind, name in (("tool", "search"), ("tool", "fetch"))]
    assert (retries, aggregates.of("agent", "Chat").retries, aggregates.program().retries) == ([2, 0], 2, 2)
