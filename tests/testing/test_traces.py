"""What a test can ask and expect of captured traces, and what it is told where that does not hold."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from unittest.mock import ANY

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from otel_agents import monitor_operation
from otel_agents.testing import Capture, capture
from tests.testing.program import ask, broken, search, support


@pytest.fixture
def traces() -> Iterator[Capture]:
    with capture() as captured:
        yield captured


def said(expectation, *args, **kwargs) -> str:
    """The first line of what an expectation that does not hold says."""
    with pytest.raises(AssertionError) as failed:
        expectation(*args, **kwargs)
    return str(failed.value).partition("\n")[0]


def test_the_tree_as_text(traces):
    broken()
    ask("tea")
    assert traces.tree() == (
        "invoke_agent Broken\n"
        "  execute_tool refund  failed: ValueError: no order A-1\n"
        "  invoke_agent Support\n"
        "    execute_tool search\n"
        "    chat gpt-4o-mini\n"
        "chat gpt-4o-mini"
    )


def test_the_tree_with_details(traces):
    support("tea")
    assert traces.tree(details=True) == (
        "invoke_agent Support\n"
        "  execute_tool search(query='tea', limit=1) -> ['tea 0']\n"
        "  chat gpt-4o-mini  [100 in, 20 out, $0.002000]"
    )


def test_spans_that_are_open_are_in_the_tree_and_not_among_those_that_ended(traces):
    with monitor_operation("outer"):
        search("tea")
        assert traces.tree() == "outer  (still open)\n  execute_tool search"
        assert [each.name for each in traces.spans] == ["execute_tool search"]
        assert said(traces.assert_no_orphans) == "expected every span to end, these did not: outer"
    traces.assert_no_orphans()


def test_assert_tree_takes_an_indented_text_and_shows_what_differs(traces):
    support("tea")
    traces.assert_tree(
        """
        invoke_agent Support
          execute_tool search
          chat gpt-4o-mini
        """
    )
    with pytest.raises(AssertionError) as failed:
        traces.assert_tree(
            """
            invoke_agent Support
              chat gpt-4o-mini
            """
        )
    assert str(failed.value) == (
        "the traces are others than expected\n\n--- expected\n+++ traced\n@@ -1,2 +1,3 @@\n"
        " invoke_agent Support\n+  execute_tool search\n   chat gpt-4o-mini"
    )


def test_finding_spans(traces):
    broken()
    assert (traces.agents, traces.tools, traces.models) == (
        ["Broken", "Support"],
        ["refund", "search"],
        ["gpt-4o-mini"],
    )
    assert [each.name for each in traces.find(agent="Support")] == [
        "invoke_agent Support",
        "execute_tool search",
        "chat gpt-4o-mini",
    ]
    assert [each.tool for each in traces.find(failed=True)] == ["refund"]
    assert traces.find(attributes={"gen_ai.tool.name": "search"}) != []
    assert [each.name for each in traces.roots[0].below] == [each.name for each in traces.spans[1:]]
    found = traces.one(tool="search")
    assert (found.arguments, found.result, found.parent.agent) == (
        {"query": "refunds", "limit": 1},
        ["refunds 0"],
        "Support",
    )
    assert said(traces.one, type="tool") == "expected one span with type='tool', found 2"


def test_tokens_and_cost(traces):
    support("tea")
    support("milk")
    assert (traces.input_tokens, traces.output_tokens, traces.tokens, traces.cost) == (200, 40, 240, 0.004)
    traces.assert_cost_below(0.005)
    traces.assert_tokens_below(241)
    assert said(traces.assert_cost_below, 0.004) == "expected a cost below $0.004, got $0.004000 in 2 model calls"
    assert said(traces.assert_tokens_below, 240) == "expected fewer than 240 tokens, got 240 (200 in, 40 out)"


def test_a_cost_nobody_knows_is_not_below_anything(traces):
    with monitor_operation("call", model="house-model") as call:
        call.usage(input_tokens=1)
    assert said(traces.assert_cost_below, 100) == "expected a cost below $100, and nobody knows that of house-model"
    assert traces.cost is None


def test_calls_of_tools(traces):
    search("tea")
    search("milk", limit=0)
    traces.assert_tool_called("search")
    traces.assert_tool_called("search", times=2)
    traces.assert_tool_called("search", times=1, arguments={"query": "tea"}, result=["tea 0", ANY, ANY])
    traces.assert_tool_called("search", arguments={"query": "milk"}, result=[])
    traces.assert_tool_not_called("refund")
    assert said(traces.assert_tool_called, "refund") == "expected tool 'refund' to be called; it was not"
    assert said(traces.assert_tool_called, "search", times=1) == (
        "expected tool 'search' to be called once; it was twice"
    )
    assert said(traces.assert_tool_called, "search", arguments={"query": "tea", "limit": 3}) == (
        "expected tool 'search' to be called, arguments {'query': 'tea', 'limit': 3}; it was not"
    )
    assert said(traces.assert_tool_called, "search", agent="Support") == (
        "expected tool 'search' to be called, agent 'Support'; it was not"
    )
    assert said(traces.assert_tool_not_called, "search") == ("expected tool 'search' not to be called; it was twice")


def test_agents_and_models_that_ran(traces):
    support("tea")
    traces.assert_agent_called("Support", times=1)
    traces.assert_model_called()
    traces.assert_model_called("gpt-4o-mini", times=1)
    assert said(traces.assert_agent_called, "Cook") == "expected agent 'Cook' to be called; it was not"
    assert said(traces.assert_model_called, times=2) == "expected a model to be called twice; it was once"


def test_the_order_of_calls(traces):
    broken()
    traces.assert_order("Broken", "refund", "Support", "gpt-4o-mini")
    traces.assert_order("refund", "execute_tool search")
    assert said(traces.assert_order, "search", "refund") == "expected 'refund' after 'search', and it did not come"


def test_errors_and_the_tree_in_the_message(traces):
    traces.assert_no_errors()
    broken()
    with pytest.raises(AssertionError) as failed:
        traces.assert_no_errors()
    assert str(failed.value) == (
        "expected no errors, 1 span failed: execute_tool refund: ValueError: no order A-1\n\nTraced:\n"
        "  invoke_agent Broken\n"
        "    execute_tool refund(order='A-1')  failed: ValueError: no order A-1\n"
        "    invoke_agent Support\n"
        "      execute_tool search(query='refunds', limit=1) -> ['refunds 0']\n"
        "      chat gpt-4o-mini  [100 in, 20 out, $0.002000]"
    )


def test_a_span_whose_parent_nobody_captured_is_an_orphan_and_one_below_a_remote_parent_is_none(traces):
    tracer = trace.get_tracer("of the test")
    for remote in (True, False):
        around = NonRecordingSpan(SpanContext(1, 99, remote, TraceFlags(1)))
        with trace.use_span(around):
            tracer.start_span(f"remote {remote}").end()
    assert said(traces.assert_no_orphans) == (
        "expected no orphans, the parents of these were not captured: remote False (parent 0000000000000063)"
    )


def test_nothing_traced_is_said(traces):
    assert said(traces.assert_tool_called, "search") == (
        "expected tool 'search' to be called; it was not; nothing was traced"
    )


def test_threads_that_race_compare_equal_by_text(traces):
    threads = [threading.Thread(target=support, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    traces.assert_no_orphans()
    one = "invoke_agent Support\n  chat gpt-4o-mini\n  execute_tool search"
    assert traces.tree(ordered=False) == "\n".join([one] * 8)


def test_plain_values_are_the_same_in_every_run(traces):
    def run() -> list[dict]:
        with capture() as again:
            support("tea")
        return again.to_dicts()

    first = run()
    assert first == run()
    assert [(each["name"], each["span_id"], each["parent_id"], each["start"], each["end"]) for each in first] == [
        ("invoke_agent Support", 1, None, 0.0, 0.005),
        ("execute_tool search", 2, 1, 0.001, 0.002),
        ("chat gpt-4o-mini", 3, 1, 0.003, 0.004),
    ]
    assert len(traces) == 0
