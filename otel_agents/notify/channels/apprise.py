"""Notices by the apprise library: Slack, e-mail, PagerDuty, Teams and a hundred others."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from otel_agents.notify.channels.channel import Unreachable, lines, severity, title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agents.alerts.routing import Notice

_TYPES = {"critical": "failure", "high": "failure", "medium": "warning", "low": "info"}


class AppriseChannel:
    """Sends to one of apprise's addresses, which are often secrets and told to nobody.

    Args:
        url: such as ``slack://…`` or ``mailto://…``.

    Raises:
        ValueError: apprise is not installed, or does not know such an address.
    """

    def __init__(self, url: str) -> None:
        self.name = url.partition(":")[0].lower()
        try:
            from apprise import Apprise  # 150 ms; for those who use it
        except ImportError:
            raise ValueError(f"{self.name}: needs the library apprise: pip install 'otel-agents[alerts]'") from None
        self._way: Any = Apprise()
        try:
            with _quiet():
                known = self._way.add(url)
        except Exception:  # noqa: BLE001  its text may hold the address
            known = False
        if not known:
            raise ValueError(f"{self.name}: not an address apprise knows")

    def send(self, notice: Notice) -> None:
        """Send it; apprise does not say why something failed, so it is tried again."""
        type_ = "success" if notice.status == "resolved" else _TYPES[severity(notice)]
        try:
            with _quiet():
                sent = self._way.notify(title=title(notice), body="\n".join(lines(notice)), notify_type=type_)
        except Exception as error:  # noqa: BLE001  of a hundred services; its text may hold the address
            raise Unreachable(type(error).__name__) from None
        if not sent:
            raise Unreachable("apprise could not send it")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what apprise logs in this thread out of the logs: it may hold the address."""
    here, logger = threading.get_ident(), logging.getLogger("apprise")

    def of_others(record: logging.LogRecord) -> bool:
        return record.thread != here

    logger.addFilter(of_others)
    try:
        yield
    finally:
        logger.removeFilter(of_others)
