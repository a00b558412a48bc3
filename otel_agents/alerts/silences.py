"""Alerts nobody wants to hear of for a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from otel_agents.model import Alert


class Silence(NamedTuple):
    """Alerts of a name (None: of any), about a subject (None: any), until a time in seconds since the epoch."""

    name: str | None
    subject: str | None
    until: float
    by: str = ""


class Silences(list[Silence]):
    """The silences there are."""

    def cover(self, alert: Alert, now: float) -> bool:
        """Say whether an alert is silenced."""
        return any(
            now < one.until and one.name in (None, alert.name) and one.subject in (None, alert.subject) for one in self
        )

    def end(self, name: str | None, subject: str | None) -> int:
        """End those that were asked for with this name and subject; return how many there were."""
        ended = [one for one in self if (one.name, one.subject) == (name, subject)]
        for one in ended:
            self.remove(one)
        return len(ended)

    def forget(self, now: float) -> None:
        """Drop those that are over."""
        self[:] = [one for one in self if now < one.until]
