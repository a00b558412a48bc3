"""Has what is due sent: alerts in at each look, notices out to the outbox of each channel."""

from __future__ import annotations

from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING

from otel_agents.alerts.routing import Router
from otel_agents.notify.channels.addresses import make_all
from otel_agents.notify.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from otel_agents.alerts.routing import Times
    from otel_agents.model import Alert


class Notifier:
    """What is told, and to whom.

    Args:
        router: says what is due.
        first: those who are told.
        next_in_line: those who are told of what nobody acknowledges.
        report: is told of a fault, with its place; alerts may be looked at in threads of the user's.
    """

    def __init__(
        self,
        router: Router,
        first: Sequence[Outbox],
        next_in_line: Sequence[Outbox],
        report: Callable[[str, Exception], object],
    ) -> None:
        self.router = router
        self._first = first
        self._next_in_line = next_in_line
        self._report = report
        self._last = False

    @classmethod
    def make(
        cls,
        addresses: Sequence[str],
        escalation: Sequence[str],
        *,
        secret: str | None,
        service: str | None,
        router: Router,
        counts: dict[str, Counter[str]],
        report: Callable[[str, Exception], object],
    ) -> Notifier:
        """Make one from addresses.

        Args:
            addresses: of those who are told.
            escalation: of those who are told of what nobody acknowledges.
            secret: what webhooks are signed with.
            service: what the alerts are of.
            router: says what is due.
            counts: where notices are counted, by channel.
            report: is told of a fault.
        """
        channels = make_all((*addresses, *escalation), secret, service)
        boxes = [Outbox(each, counts.setdefault(each.name, Counter())) for each in channels]
        return cls(router, boxes[: len(addresses)], boxes[len(addresses) :], report)

    def look(self, active: list[Alert], now: float) -> None:
        """Take the alerts there are at ``now`` (seconds since the epoch), and have what is due sent."""
        try:
            for notice in self.router.update(active, now, at_once=self._last):
                for outbox in self._next_in_line if notice.escalated else self._first:
                    outbox.put(notice)
        except Exception as error:  # noqa: BLE001  as whoever looks is not to fail
            self._report("sending alerts", error)

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
        self.router = Router(times)
        for outbox in self._outboxes():
            outbox.after_fork()

    def _outboxes(self) -> list[Outbox]:
        return [*self._first, *self._next_in_line]
