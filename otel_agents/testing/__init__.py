"""Tests of traced programs: capture what was traced, and say what is expected of it."""

from otel_agents.testing.capture import Capture, capture
from otel_agents.testing.clock import TickingClock
from otel_agents.testing.span import CapturedSpan
from otel_agents.testing.traces import Traces

__all__ = ["Capture", "CapturedSpan", "TickingClock", "Traces", "capture"]
