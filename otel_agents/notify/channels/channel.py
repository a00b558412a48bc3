"""What every channel is, and how it puts a notice into words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from otel_agents.alerts.routing import Notice

_MOST_LINES = 20
_SEVERITIES = ("critical", "high", "medium", "low")


class Refused(Exception):
    """The channel does not take a notice, and would not take it again."""


class Unreachable(Exception):
    """The channel does not take a notice now."""


class Channel(Protocol):
    """One way out.

    Attributes:
        name: what it is called in counts and logs; nothing of it is a secret.
    """

    name: str

    def send(self, notice: Notice) -> None:
        """Send once, in a thread that may wait.

        Raises:
            Refused: it is of no use to send it again.
            Unreachable: it may be, later. Neither says anything that is a secret.
        """


def severity(notice: Notice) -> str:
    """Return the worst severity of what a notice tells."""
    return min((alert.severity for alert in notice.alerts), key=_SEVERITIES.index)


def title(notice: Notice) -> str:
    """Say in a few words what it is about."""
    firing = sum(alert.state == "firing" for alert in notice.alerts)
    words = "resolved" if not firing else f"firing ({severity(notice)})"
    why = {"repeated": ", still", "escalated": ", and nobody has acknowledged it"}.get(notice.why, "")
    return f"{_one_line(notice.name)}: {words}{why}"


def lines(notice: Notice) -> list[str]:
    """Say each alert in a line, as many as one can read."""
    said = [f"{'resolved: ' if alert.state == 'resolved' else ''}{_one_line(alert.message)}" for alert in notice.alerts]
    if len(said) > _MOST_LINES:
        said[_MOST_LINES:] = [f"and {len(said) - _MOST_LINES} more"]
    return said


def _one_line(text: str) -> str:
    """Take out what would begin a line of its own in a log or a mail: names of agents are anybody's text."""
    return "".join(char if char.isprintable() else " " for char in text)
