"""Alerts of the program on their way out, between one configuration and the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agents.sdk import faults

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping

    from otel_agents.alerts.manager import AlertManager
    from otel_agents.notify.notifier import Notifier
    from otel_agents.sdk.options import SdkSettings

_counts: dict[str, Counter[str]] = {}  # by channel, for as long as the process lives
_current: Notifier | None = None


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
    from otel_agents.notify.notifier import Notifier

    times = Times(settings.alert_wait, settings.alert_group, settings.alert_repeat, settings.alert_escalate_after)
    router = Router(times) if old is None else old.router
    router.times = times
    return Notifier.make(
        settings.alert_channels,
        settings.alert_escalation,
        secret=settings.alert_secret,
        service=settings.service_name,
        router=router,
        counts=_counts,
        report=faults.report,
    )


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
