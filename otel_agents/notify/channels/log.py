"""Notices as lines of Python's logging."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from otel_agents.notify.channels.channel import lines, severity, title

if TYPE_CHECKING:
    from otel_agents.alerts.routing import Notice


class LogChannel:
    """Writes errors for what is high or critical and fires, and warnings for the rest.

    Args:
        logger: the logger's name.
    """

    def __init__(self, logger: str = "otel_agents.alerts") -> None:
        self.name = "log"
        self._logger = logging.getLogger(logger)

    def send(self, notice: Notice) -> None:
        """Write one line."""
        bad = notice.status == "firing" and severity(notice) in ("high", "critical")
        self._logger.log(logging.ERROR if bad else logging.WARNING, "%s: %s", title(notice), "; ".join(lines(notice)))
