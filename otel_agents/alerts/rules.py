"""Rules: a name, an expression and how bad it is; and those that come ready-made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast, get_args

from otel_agents.alerts.parser import parse
from otel_agents.errors import ConfigurationError
from otel_agents.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from otel_agents.alerts.expression import Expression
    from otel_agents.alerts.measures import Readings

SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # the least first

# What the guides name, and what needs no number of the user's own. error_spike is on from the start.
READY: Mapping[str, tuple[str, Severity]] = {
    "success_rate": ("success_rate(5m) < 90% by agent", "high"),
    "error_spike": ("errors(5m) >= 5 and error_growth(5m) > 3", "high"),
    "slow": ("slower(5m, than=5s) > 0 by agent", "low"),
    "very_slow": ("slower(5m, than=30s) > 0 by agent", "medium"),
    "cpu": ("cpu > 80% for 5m", "medium"),
    "memory": ("memory > 85% for 5m", "high"),
    "disk": ("disk > 90%", "high"),
    "usage": ("budget_used >= 95% by budget", "high"),
    "burn_rate": ("burn_rate(5m, objective=99) > 14.4 and burn_rate(1h, objective=99) > 14.4", "critical"),
}
ON_FROM_THE_START = ("error_spike",)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the user's own, or a ready-made one.

    Raises:
        ConfigurationError: the expression or the severity is wrong; it says why.
    """

    name: str
    expression: str
    severity: Severity = "medium"
    parsed: Expression = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            known = ", ".join(SEVERITIES)
            raise ConfigurationError(f"rule {self.name!r}: severity: expected one of {known}, got {self.severity!r}")
        try:
            parsed = parse(self.expression)
        except ValueError as error:
            raise ConfigurationError(f"rule {self.name!r}: {error}, in {self.expression!r}") from None
        object.__setattr__(self, "parsed", parsed)

    def findings(self, readings: Readings, broken: Callable[[str, str, str], bool]) -> Iterator[Finding]:
        """Return what breaks the rule; ``broken`` says whether a rule was by a kind and name the last time."""
        for match in self.parsed.matches(readings, lambda kind, name: broken(self.name, kind, name)):
            yield Finding(
                rule=self.name,
                kind=match.kind,
                subject=match.name,
                value=match.value,
                threshold=match.threshold,
                message=match.message,
                severity=self.severity,
                hold_s=self.parsed.hold_s,
            )


def named(given: str) -> tuple[str, str | None]:
    """Split a name as options have it, ``slow chat/high``, into the name and the severity; None without one."""
    name, slash, severity = given.rpartition("/")
    return (name, severity) if slash and severity in SEVERITIES else (given, None)


def make(name: str, expression: str | None, severity: str | None) -> Rule:
    """Make a rule, or give the ready-made one of that name where there is no expression.

    Raises:
        ConfigurationError: something of it is wrong; it says why.
    """
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError(f"rule: expected a name, got {name!r}")
    ready = READY.get(name)
    if expression is None:
        if ready is None:
            raise ConfigurationError(f"rule {name!r} needs an expression; ready-made are {', '.join(READY)}")
        return Rule(name, ready[0], cast("Severity", severity or ready[1]))
    return Rule(name, expression, cast("Severity", severity or "medium"))
