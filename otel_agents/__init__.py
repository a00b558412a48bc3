"""OpenTelemetry tracing for AI agents: the SDK's public names, and nothing else."""

from typing import TYPE_CHECKING, Any

from otel_agents import errors

# Before the decorator `model`, which takes the name this module has on the package.
from otel_agents.model import Alert, Health, TelemetryHealth
from otel_agents.sdk.context.carrying import carry
from otel_agents.sdk.context.identity import context
from otel_agents.sdk.lifecycle import configure, flush, instrument, shutdown, telemetry_health, uninstrument
from otel_agents.sdk.monitoring.monitoring import alert_manager, budgets, health, metrics_collector
from otel_agents.sdk.operations.decorators import agent, model, tool, workflow
from otel_agents.sdk.operations.monitor import current_operation, message, monitor_operation
from otel_agents.sdk.operations.operation import Operation
from otel_agents.version import __version__

if TYPE_CHECKING:
    from otel_agents import metrics
    from otel_agents.sdk.options.effective import Settings

__all__ = [
    "Alert",
    "Health",
    "Operation",
    "Settings",
    "TelemetryHealth",
    "__version__",
    "agent",
    "alert_manager",
    "budgets",
    "carry",
    "configure",
    "context",
    "current_operation",
    "errors",
    "flush",
    "health",
    "instrument",
    "message",
    "metrics",
    "metrics_collector",
    "model",
    "monitor_operation",
    "shutdown",
    "telemetry_health",
    "tool",
    "uninstrument",
    "workflow",
]


def __getattr__(name: str) -> Any:
    """Import with its first use what most programs do not use."""
    if name == "metrics":
        from importlib import import_module

        return import_module("otel_agents.metrics")
    if name == "Settings":
        from otel_agents.sdk.options.effective import Settings

        return Settings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
