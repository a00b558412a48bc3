"""Which alerts fire, and since when: findings in, alerts out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agents.model import Alert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agents.health.rules import Key
    from otel_agents.model import Finding

_ORDER = ("critical", "high", "medium", "low")


class States:
    """Remembers since when each alert has been firing."""

    def __init__(self) -> None:
        self._since: dict[Key, float] = {}

    def update(self, findings: Iterable[Finding], now: float) -> list[Alert]:
        """Return the alerts that fire, the most severe first; ``now`` is seconds since the epoch."""
        since: dict[Key, float] = {}
        alerts = []
        for found in findings:
            key = (found.rule, found.kind, found.subject)
            since[key] = self._since.get(key, now)
            alerts.append(
                Alert(
                    name=found.rule,
                    severity=found.severity,
                    message=found.message,
                    kind=found.kind,
                    subject=found.subject,
                    value=found.value,
                    threshold=found.threshold,
                    since=since[key],
                )
            )
        self._since = since
        return sorted(alerts, key=lambda alert: _ORDER.index(alert.severity))
