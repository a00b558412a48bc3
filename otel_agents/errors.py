"""The exceptions a user of otel-agents may catch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class OtelAgentsError(Exception):
    """The root of every exception raised by otel-agents."""


class ConfigurationError(OtelAgentsError, ValueError):
    """A setting has a wrong value; the message names the setting and what was expected."""


class CollectorError(OtelAgentsError):
    """The collector cannot start or go on; the message is one line that says what to do."""


class CollectorUnreachable(OtelAgentsError, ConnectionError):
    """No collector answers at the address that was asked."""


class QueryError(OtelAgentsError):
    """A query was refused or failed.

    Attributes:
        kind: ``syntax``, ``forbidden``, ``unknown_name``, ``timeout`` or ``failed``.
        hint: what to do about it, or None.
    """

    def __init__(self, message: str, *, kind: str = "failed", hint: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.hint = hint


class BudgetExceeded(OtelAgentsError):
    """A model call was not made: all of a budget is used, and the budget is to raise.

    Attributes:
        budget: the budget's name.
        account: of which run, session, user, …; empty where the budget is one for all.
        used: US dollars, or tokens.
        limit: of what may be used.
        unit: ``USD`` or ``tokens``.
    """

    def __init__(
        self, message: str, *, budget: str, account: tuple[str, ...], used: float, limit: float, unit: str
    ) -> None:
        super().__init__(message)
        self.budget = budget
        self.account = account
        self.used = used
        self.limit = limit
        self.unit = unit


class LoopDetected(OtelAgentsError):
    """An operation was not begun: its run goes round in circles.

    Attributes:
        evidence: what shows it: the tool and its arguments, or the agents, and how often.
    """

    def __init__(self, message: str, evidence: Mapping[str, object]) -> None:
        super().__init__(message)
        self.evidence = dict(evidence)
