"""Every option of the SDK once: what ``configure()`` can be told."""

from __future__ import annotations

from dataclasses import dataclass, fields

from otel_agents.sdk.options.alerts import Alerts
from otel_agents.sdk.options.logfire import Logfire
from otel_agents.sdk.options.metrics import Metrics
from otel_agents.sdk.options.program import Program
from otel_agents.sdk.options.sampling import Sampling
from otel_agents.sdk.options.sending import Sending
from otel_agents.sdk.options.spans import Spans
from otel_agents.sdk.options.watching import Watching


# A dataclass takes the fields of its last base first.
@dataclass(frozen=True, eq=False, repr=False)
class SdkSettings(Alerts, Watching, Metrics, Logfire, Sending, Sampling, Spans, Program):
    """What ``configure()`` can be told."""

    def __repr__(self) -> str:
        # By hand: the one that dataclasses make of so many fields takes 9 ms at every program's start.
        shown = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in fields(self) if field.repr)
        return f"{type(self).__name__}({shown})"
