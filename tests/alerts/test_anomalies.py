"""Spikes in what agents and models do a minute are alerts that say what is usual."""

import random

from otel_agents.alerts.anomalies import Anomalies
from tests.alerts.program import Program


def test_a_spike_is_an_alert_that_says_what_is_usual_and_ends():
    program, draw = Program(thresholds={}), random.Random(7)
    program.alerts.add_source(Anomalies().findings)

    def minute(requests, cost):
        program.requests("ChatAgent", requests, cost=cost)
        program.now += 60
        return {
            (alert.name, alert.subject): alert.message
            for alert in program.alerts.check()
            if alert.name.endswith("_spike") and alert.name != "error_spike"
        }

    quiet = [minute(draw.randint(8, 12), 0.04) for _ in range(400)]
    assert [each for each in quiet if each] == []
    for _ in range(5):
        found = minute(draw.randint(8, 12), 0.4)
    assert set(found) == {("cost_spike", ""), ("cost_spike", "ChatAgent")}
    told = found["cost_spike", "ChatAgent"]
    assert told.startswith("Cost of ChatAgent: $")
    assert "/min in the last 5 minutes; usual in the last two hours: $0." in told
    after = [minute(draw.randint(8, 12), 0.04) for _ in range(10)]
    assert after[-1] == {}
