"""What became of each alert: findings in, alerts and what changed out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from otel_agents.model import Alert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agents.alerts.silences import Silences
    from otel_agents.health.rules import Key
    from otel_agents.model import Finding, Severity

_ORDER = ("critical", "high", "medium", "low")
_HISTORY = 1000


@dataclass(slots=True)
class _Active:
    """An alert while it lasts, and how severe it was when somebody was told that it fires."""

    alert: Alert
    told: Severity | None = None


class States:
    """Remembers every alert that is pending or firing, and the newest thousand changes."""

    def __init__(self) -> None:
        self._active: dict[Key, _Active] = {}
        self.history: deque[Alert] = deque(maxlen=_HISTORY)

    def update(self, findings: Iterable[Finding], now: float, silences: Silences) -> list[Alert]:
        """Take what was found at ``now`` (seconds since the epoch); return the alerts somebody should be told of.

        Those are the ones that began to fire, once each and again when they become more severe, and the resolved ones
        of which it was told that they fire. One that is silenced is told of when the silence ends, if it still fires.
        """
        news, seen = [], set()
        for found in findings:
            key = (found.rule, found.kind, found.subject)
            seen.add(key)
            active = self._active.get(key)
            began = active is None or active.alert.state == "pending"
            since = now if active is None else active.alert.since
            alert = _alert(found, since, now, active)
            alert = replace(alert, silenced=silences.cover(alert, now))
            if active is None:
                active = self._active[key] = _Active(alert)
            before, active.alert = active.alert, alert
            if alert.state != "firing":
                continue
            if began or _is_worse(alert.severity, before.severity):
                self.history.append(alert)
            if not alert.silenced and (active.told is None or _is_worse(alert.severity, active.told)):
                active.told = alert.severity
                news.append(alert)
        for key in [key for key in self._active if key not in seen]:
            active = self._active.pop(key)
            if active.alert.state == "firing":
                resolved = replace(active.alert, state="resolved", resolved_at=now)
                self.history.append(resolved)
                if active.told is not None:
                    news.append(resolved)
        return news

    def acknowledge(self, name: str, subject: str | None, by: str) -> int:
        """Note that somebody looks after the firing alerts of a name; return how many there are."""
        known = 0
        for active in self._active.values():
            alert = active.alert
            if alert.state == "firing" and alert.name == name and subject in (None, alert.subject):
                active.alert = replace(alert, acknowledged_by=by)
                known += 1
        return known

    def packed(self) -> dict[str, Any]:
        """Return everything as plain values, for :meth:`unpack`."""
        return {
            "active": [{"alert": one.alert.as_dict(), "told": one.told} for one in self._active.values()],
            "history": [alert.as_dict() for alert in self.history],
        }

    def unpack(self, packed: dict[str, Any]) -> None:
        """Go on with what :meth:`packed` gave.

        Raises:
            KeyError, TypeError: it did not.
        """
        history = [Alert(**alert) for alert in packed["history"]]
        active = [_Active(Alert(**one["alert"]), one["told"]) for one in packed["active"]]
        self._active = {(one.alert.name, one.alert.kind, one.alert.subject): one for one in active}
        self.history = deque(history, maxlen=_HISTORY)

    def is_firing(self, rule: str, kind: str, subject: str) -> bool:
        """Say whether an alert fired at the last update."""
        active = self._active.get((rule, kind, subject))
        return active is not None and active.alert.state == "firing"

    def now(self) -> list[Alert]:
        """Return what is pending or firing, the most severe first."""
        return sorted((active.alert for active in self._active.values()), key=lambda one: _ORDER.index(one.severity))


def _is_worse(one: Severity, other: Severity) -> bool:
    return _ORDER.index(one) < _ORDER.index(other)


def _alert(found: Finding, since: float, now: float, active: _Active | None) -> Alert:
    return Alert(
        name=found.rule,
        severity=found.severity,
        state="firing" if now - since >= found.hold_s else "pending",
        message=found.message,
        kind=found.kind,
        subject=found.subject,
        value=found.value,
        threshold=found.threshold,
        since=since,
        acknowledged_by=None if active is None else active.alert.acknowledged_by,
        evidence=dict(found.evidence or {}),
    )
