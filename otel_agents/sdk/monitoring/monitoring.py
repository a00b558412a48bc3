"""The program's own figures, with no collector: ``metrics_collector``, ``alert_manager``, ``budgets``, ``health()``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from otel_agents.alerts.manager import AlertManager
from otel_agents.alerts.thresholds import Thresholds
from otel_agents.sdk.monitoring.metrics_collector import MetricsCollector
from otel_agents.sdk.notify.delivery import Delivery
from otel_agents.sdk.watching.budgets import Budgets

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agents.model import Health
    from otel_agents.sdk.pipeline.running import OpenSpans

_thresholds = Thresholds()
metrics_collector = MetricsCollector(_thresholds)
_delivery = Delivery("a listener to alerts")
alert_manager = AlertManager(_thresholds, metrics_collector.look, _delivery)
metrics_collector.heed(alert_manager.check)
budgets = Budgets(metrics_collector, alert_manager, _delivery)
if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    for each in (metrics_collector, alert_manager, _delivery, budgets):
        os.register_at_fork(after_in_child=each.after_fork)


def health() -> Health:
    """Return how this program is: healthy, degraded or unhealthy, the reasons, and its figures since it started."""
    return metrics_collector.health()


def bind(settle: Callable[[], None] | None, open_spans: OpenSpans | None = None) -> None:
    """Set what brings in the spans that ended a moment ago, before every answer here, and what knows the open ones."""
    metrics_collector.bind(settle, open_spans)


def look_last(timeout: float) -> None:
    """Look once more as the program ends, and wait for those who listen: what happened last is not lost on them."""
    if alert_manager.is_heard:
        alert_manager.check()
    _delivery.wait(timeout)
