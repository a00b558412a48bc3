"""Which alerts fire, and since when: findings in, alerts out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agents.model import Alert, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from otel_agents.health.rules import Finding, Rule, Subject

SEVERITIES: Mapping[Rule, Severity] = {
    "error_rate": "high",
    "failure_count": "high",
    "response_time": "medium",
    "cost": "medium",
}
_ORDER = ("critical", "high", "medium", "low")


class States:
    """Remembers since when each alert has been firing."""

    def __init__(self) -> None:
        self._since: dict[tuple[Rule, Subject, str], float] = {}

    def update(self, findings: Iterable[Finding], now: float) -> list[Alert]:
        """Return the alerts that fire, the most severe first; ``now`` is seconds since the epoch."""
        since: dict[tuple[Rule, Subject, str], float] = {}
        alerts = []
        for found in findings:
            key = (found.rule, found.kind, found.subject)
            since[key] = self._since.get(key, now)
            alerts.append(
                Alert(
                    name=found.rule,
                    severity=SEVERITIES[found.rule],
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
