"""What a program asks about alerts: ``alert_manager``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from otel_agents.alerts.states import States

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from otel_agents.alerts.thresholds import Thresholds
    from otel_agents.model import Finding


class AlertManager:
    """Holds thresholds and says which of them are crossed.

    Args:
        thresholds: what is looked at; :func:`otel_agents.health` judges by the same ones.
        look: returns the time now (seconds since the epoch) and what is wrong by these thresholds.
    """

    def __init__(self, thresholds: Thresholds, look: Callable[[], tuple[float, list[Finding]]]) -> None:
        self._thresholds = thresholds
        self._look = look
        self._states = States()

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds by name.

        ``error_rate`` (percent of requests in five minutes), ``response_time`` (mean seconds, in five minutes),
        ``failure_count`` (in five minutes), ``cost`` (US dollars since the program started). An alert fires above its
        threshold, and one whose threshold is left out does not fire. One is set by ``thresholds["cost"] = 10``, all of
        them are replaced by ``alert_manager.thresholds = {...}``; both check names and values.

        Raises:
            ConfigurationError: a name is unknown or a value wrong, when set.
        """
        return self._thresholds

    @thresholds.setter
    def thresholds(self, values: Mapping[str, float]) -> None:
        self._thresholds.replace(values)

    def set_aside(self) -> Callable[[], None]:
        """Begin with no alert; give what brings back those there were, and the thresholds of now."""
        thresholds, states = dict(self._thresholds), self._states
        self._states = States()

        def bring_back() -> None:
            self._thresholds.replace(thresholds)
            self._states = states

        return bring_back

    def check_alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that fire now, the most severe first.

        Each is a dict with ``name``, ``severity`` (``"high"`` or ``"medium"``), ``message``, ``kind`` (``program``,
        ``agent``, ``tool`` or ``model``), ``subject`` (its name; ``""`` for the program), ``value``, ``threshold``, and
        ``since``, the time (seconds since the epoch) of the check that first saw it; it stays while the alert fires.
        """
        now, findings = self._look()
        return [asdict(alert) for alert in self._states.update(findings, now)]
