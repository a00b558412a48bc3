"""Every option of the SDK once: what ``configure()`` can be told."""

from __future__ import annotations

from dataclasses import dataclass

from otel_agents.sdk.options.alerts import Alerts
from otel_agents.sdk.options.logfire import Logfire
from otel_agents.sdk.options.metrics import Metrics
from otel_agents.sdk.options.program import Program
from otel_agents.sdk.options.sampling import Sampling
from otel_agents.sdk.options.sending import Sending
from otel_agents.sdk.options.spans import Spans
from otel_agents.sdk.options.watching import Watching


# A dataclass takes the fields of its last base first.
@dataclass(frozen=True)
class SdkSettings(Alerts, Watching, Metrics, Logfire, Sending, Sampling, Spans, Program):
    """What ``configure()`` can be told."""
