"""Alerts on their way out: what the router says is due goes to the outbox of each channel."""

from __future__ import annotations

from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING

from otel_agents.sdk import faults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from otel_agents.alerts.manager import AlertManager
    from otel_agents.alerts.routing import Router, Times
    from otel_agents.model import Alert
    from otel_agents.sdk.notify.outbox import Outbox
    from otel_agents.sdk.options import SdkSettings

_counts: dict[str, Counter[str]] = {}  # by channel, for as long as the process lives
_current: Notifier | None = None


class Notifier:
    """What is told, and to whom, between two configurations.

    Args:
        router: says what is due.
        first: those who are told.
        next_in_line: those who are told of what nobody acknowledges.
    """

    def __init__(self, router: Router, first: Sequence[Outbox], next_in_line: Sequence[Outbox]) -> None:
        self.router = router
        self._first = first
        self._next_in_line = next_in_line
        self._last = False

    def look(self, active: list[Alert], now: float) -> None:
        """Take the alerts there are at ``now`` (seconds since the epoch), and have what is due sent."""
        try:
            for notice in self.router.update(active, now, at_once=self._last):
                for outbox in self._next_in_line if notice.escalated else self._first:
                    outbox.put(notice)
        except Exception as error:  # noqa: BLE001  alerts are looked at in the user's threads, too
            faults.report("sending alerts", error)

    def look_last(self, check: Callable[[], object]) -> None:
        """Look with ``check``, and tell what is new without waiting for more of it."""
        self._last = True
        for outbox in self._outboxes():
            outbox.end_soon()
        check()

    def close(self, seconds: float) -> None:
        """Send what waits, each once more, for as long at most."""
        deadline = monotonic() + seconds
        for outbox in self._outboxes():
            outbox.end_soon()
        for outbox in self._outboxes():
            outbox.close(deadline)

    def after_fork(self, times: Times) -> None:
        """Begin with nothing told."""
        from otel_agents.alerts.routing import Router

        self.router = Router(times)
        for outbox in self._outboxes():
            outbox.after_fork()

    def _outboxes(self) -> list[Outbox]:
        return [*self._first, *self._next_in_line]


def put_up(settings: SdkSettings, manager: AlertManager) -> None:
    """Send alerts as the settings say; what was told before is not told again."""
    global _current
    old, _current = _current, None
    if old is not None:
        manager.unwatch(old.look)
    if settings.alert_channels or settings.alert_escalation:
        _current = _make(settings, old)
        manager.watch(_current.look)
    if old is not None:
        old.close(settings.shutdown_timeout)


def _make(settings: SdkSettings, old: Notifier | None) -> Notifier:
    from otel_agents.alerts.routing import Router, Times  # for those who have channels
    from otel_agents.sdk.notify.channels.addresses import make_all
    from otel_agents.sdk.notify.outbox import Outbox

    times = Times(settings.alert_wait, settings.alert_group, settings.alert_repeat, settings.alert_escalate_after)
    router = Router(times) if old is None else old.router
    router.times = times
    addresses = (*settings.alert_channels, *settings.alert_escalation)
    channels = make_all(addresses, settings.alert_secret, settings.service_name)
    boxes = [Outbox(each, _counts.setdefault(each.name, Counter())) for each in channels]
    first = len(settings.alert_channels)
    return Notifier(router, boxes[:first], boxes[first:])


def tell_last(manager: AlertManager) -> None:
    """Have told, as the program ends, what was to wait."""
    if _current is not None:
        _current.look_last(manager.check)


def take_down(seconds: float, manager: AlertManager) -> None:
    """Wait for what is being sent, as long at most."""
    global _current
    old, _current = _current, None
    if old is not None:
        manager.unwatch(old.look)
        old.close(seconds)


def counts() -> Mapping[str, Mapping[str, int]]:
    """Return how many notices were sent, retried, failed and dropped, by channel."""
    return {name: dict(each) for name, each in _counts.items()}


def set_aside() -> Callable[[], None]:
    """Begin with no channel; give what brings back those there were."""
    global _current
    aside, _current = _current, None

    def bring_back() -> None:
        global _current
        _current = aside

    return bring_back


def after_fork_in_child() -> None:
    """Begin with nothing told and at nothing: the parent sends and counts its own."""
    for each in _counts.values():
        each.clear()
    if _current is not None:
        _current.after_fork(_current.router.times)
