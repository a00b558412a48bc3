"""Whether spikes are watched for; what is usual is remembered from one configuration to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otel_agents.alerts.anomalies import Anomalies
    from otel_agents.alerts.manager import AlertManager

_kept: Anomalies | None = None


def watch(manager: AlertManager, *, on: bool) -> None:
    """Have the alerts look for spikes, or not."""
    global _kept
    if _kept is not None:
        manager.remove_source(_kept.findings)
    if on:
        from otel_agents.alerts.anomalies import Anomalies  # for those who watch

        _kept = _kept or Anomalies()
        manager.add_source(_kept.findings)
