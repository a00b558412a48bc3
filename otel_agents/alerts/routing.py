"""When which alerts are told of: grouped by rule, each once, again after a time, to others when nobody looks after it.

The times are Alertmanager's: a first wait, so that what fails together is told of together, an interval for what joins,
and a time after which all that still fires is told of again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from otel_agents.model import Alert

if TYPE_CHECKING:
    from collections.abc import Iterable

Why = Literal["new", "repeated", "escalated", "resolved"]


class Times(NamedTuple):
    """Seconds between what happens and a notice.

    Attributes:
        wait: from a rule's first alert to its first notice.
        interval: between two notices of one rule, at least.
        repeat: until what still fires is told of again; 0: never.
        escalate: until those next in line are told of what nobody acknowledged; 0: never.
    """

    wait: float = 10.0
    interval: float = 60.0
    repeat: float = 14_400.0
    escalate: float = 900.0


class Notice(NamedTuple):
    """One message: the alerts of a rule.

    Attributes:
        name: the rule's.
        why: new, repeated, escalated or resolved.
        alerts: those that fire, then those that are resolved; the most severe first.
        escalated: whether it goes to those next in line; otherwise to those who are told first.
        time: seconds since the epoch.
    """

    name: str
    why: Why
    alerts: tuple[Alert, ...]
    escalated: bool
    time: float

    @property
    def status(self) -> Literal["firing", "resolved"]:
        """Say whether anything of it still fires."""
        return "firing" if any(alert.state == "firing" for alert in self.alerts) else "resolved"


@dataclass(slots=True)
class _Known:
    """An alert while it fires, and until it was told that it does not."""

    alert: Alert
    told: bool = False
    escalated: bool = False


@dataclass(slots=True)
class _Group:
    """The alerts of one rule."""

    due: float  # when news are told
    known: dict[str, _Known] = field(default_factory=dict)
    last: float | None = None  # the last notice


class Router:
    """Takes what fires at each look, and gives the notices that are due. Times come from the caller.

    Args:
        times: when notices are due.
    """

    def __init__(self, times: Times) -> None:
        self.times = times
        self._groups: dict[str, _Group] = {}

    def update(self, active: Iterable[Alert], now: float, *, at_once: bool = False) -> list[Notice]:
        """Return the notices due at ``now`` (seconds since the epoch).

        Args:
            active: every alert that is pending or firing; one that is silenced is not told of while it is.
            now: seconds since the epoch.
            at_once: tell what is new without waiting, because there will be no other look.
        """
        firing = {alert.id: alert for alert in active if alert.state == "firing"}
        self._take(firing, now)
        notices = []
        for name, group in list(self._groups.items()):
            notices += self._of(name, group, now, at_once=at_once)
            if not group.known:
                del self._groups[name]
        return notices

    def packed(self) -> list[dict[str, Any]]:
        """Return what was told of, as plain values, for :meth:`unpack`."""
        return [
            {
                "name": name,
                "due": group.due,
                "last": group.last,
                "known": [
                    {"alert": one.alert.as_dict(), "told": one.told, "escalated": one.escalated}
                    for one in group.known.values()
                ],
            }
            for name, group in self._groups.items()
        ]

    def unpack(self, packed: list[dict[str, Any]]) -> None:
        """Go on with what :meth:`packed` gave in an earlier run, and tell nothing twice.

        Raises:
            KeyError, TypeError: it did not.
        """
        groups = {}
        for group in packed:
            known = [_Known(Alert(**one["alert"]), one["told"], one["escalated"]) for one in group["known"]]
            groups[group["name"]] = _Group(group["due"], {one.alert.id: one for one in known}, group["last"])
        self._groups = groups

    def _take(self, firing: dict[str, Alert], now: float) -> None:
        for id_, alert in firing.items():
            group = self._groups.get(alert.name)
            if group is None:
                if alert.silenced:
                    continue
                group = self._groups[alert.name] = _Group(now + self.times.wait)
            known = group.known.get(id_)
            if known is not None:
                if known.alert.state == "resolved":
                    known.escalated = False  # it fires anew
                known.alert = alert
            elif not alert.silenced:
                group.known[id_] = _Known(alert)
        for group in self._groups.values():
            for id_ in [id_ for id_ in group.known if id_ not in firing]:
                known = group.known[id_]
                if not known.told:
                    del group.known[id_]  # nobody has heard of it
                elif known.alert.state == "firing":
                    known.alert = replace(known.alert, state="resolved", resolved_at=now)

    def _of(self, name: str, group: _Group, now: float, *, at_once: bool) -> list[Notice]:
        times = self.times
        if group.last is not None:
            group.due = group.last + times.interval
        open_ = [known for known in group.known.values() if known.alert.state == "firing" and not known.alert.silenced]
        over = [known for known in group.known.values() if known.alert.state == "resolved"]
        new = [known for known in open_ if not known.told]
        unattended = [known for known in open_ if known.alert.acknowledged_by is None]
        again = times.repeat and group.last is not None and now - group.last >= times.repeat and unattended
        notices = []
        if ((new or over) and (at_once or now >= group.due)) or again:
            why: Why = "new" if new else "resolved" if over else "repeated"
            notices.append(_notice(name, why, [*open_, *over], now, escalated=False))
            if late := [known for known in over if known.escalated]:
                notices.append(_notice(name, "resolved", late, now, escalated=True))
            group.last = now
            for known in open_:
                known.told = True
            for known in over:
                del group.known[known.alert.id]
        if times.escalate:
            late = [
                known
                for known in unattended
                if known.told and not known.escalated and now - known.alert.since >= times.escalate
            ]
            if late:
                notices.append(_notice(name, "escalated", late, now, escalated=True))
                for known in late:
                    known.escalated = True
        return notices


def _notice(name: str, why: Why, known: list[_Known], now: float, *, escalated: bool) -> Notice:
    return Notice(name, why, tuple(each.alert for each in known), escalated, now)
