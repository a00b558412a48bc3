"""Tests of an agent by what it did: `python -m pytest` in this folder. Nothing is sent, and no collector is needed."""

import pytest
from support import support


def test_a_small_amount_is_paid_back(agent_traces):
    support("A-17")

    agent_traces.assert_tool_called("refund", times=1, arguments={"order": "A-17", "amount": 40})
    agent_traces.assert_cost_below(0.001)
    agent_traces.assert_no_errors()
    agent_traces.assert_no_orphans()


def test_a_large_amount_is_for_a_person_to_decide(agent_traces):
    support("B-2")

    agent_traces.assert_tool_not_called("refund")
    agent_traces.assert_tree(
        """
        invoke_agent Support
          execute_tool find_order
          chat gpt-4o-mini
        """
    )


def test_an_unknown_order_ends_before_the_model_is_asked(agent_traces):
    with pytest.raises(KeyError):
        support("C-3")

    assert agent_traces.one(tool="find_order").error == "KeyError: 'C-3'"
    assert agent_traces.models == []
