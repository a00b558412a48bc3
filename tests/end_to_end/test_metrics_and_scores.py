"""What a program measures and says of its own work arrives: metrics as rows, a score at the span it judges."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import RunningCollector

PROGRAM = """
from otel_agents import configure, monitor_operation, shutdown

configure(service_name="judge", metrics=True)
with monitor_operation("answer", agent_name="Judge") as op:
    op.score("relevance", 0.5, label="fair", explanation="half of it")
shutdown()
"""


def test_both_arrive(collector: RunningCollector):
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    ran = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert collector.sql("""
        SELECT s.agent, e.name, e.score, e.label, e.explanation
        FROM evaluations e JOIN spans s USING (trace_id, span_id)""") == [
        {"agent": "Judge", "name": "relevance", "score": 0.5, "label": "fair", "explanation": "half of it"}
    ]
    assert collector.sql("""
        SELECT kind, unit, count, attributes->>'gen_ai.agent.name' AS agent, service_name
        FROM metrics WHERE name = 'gen_ai.invoke_agent.duration'""") == [
        {"kind": "histogram", "unit": "s", "count": 1, "agent": "Judge", "service_name": "judge"}
    ]
