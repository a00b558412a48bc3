"""What an alert needs to fire, checked when it is set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import cast

from otel_agents.errors import ConfigurationError
from otel_agents.health.thresholds import DEFAULT_THRESHOLDS
from otel_agents.settings import Parse, number, whole

_CHECKS: Mapping[str, Parse] = {
    "error_rate": number(0, 100),  # percent of requests
    "response_time": number(0, 1e6),  # seconds, mean
    "failure_count": whole(0, 10**9),  # in five minutes
    "cost": number(0, 1e9),  # US dollars since the program started
}


class Thresholds(MutableMapping[str, float]):
    """Thresholds by name. What is not in it is not looked at.

    Raises:
        ConfigurationError: a name is unknown or a value is not one of its kind, when it is set.
    """

    def __init__(self, values: Mapping[str, float] = DEFAULT_THRESHOLDS) -> None:
        self._values = _checked(values)

    def replace(self, values: Mapping[str, float]) -> None:
        """Put ``values`` in place of all there was; nothing changes when one of them is wrong."""
        self._values = _checked(values)

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __setitem__(self, name: str, value: float) -> None:
        self._values = {**self._values, **_checked({name: value})}

    def __delitem__(self, name: str) -> None:
        self._values = {kept: value for kept, value in self._values.items() if kept != name}

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)


def _checked(values: object) -> dict[str, float]:
    if not isinstance(values, Mapping):
        raise ConfigurationError(f"thresholds: expected a mapping such as {dict(DEFAULT_THRESHOLDS)}, got {values!r}")
    return {name: _check(name, value) for name, value in values.items()}


def _check(name: object, value: object) -> float:
    check = _CHECKS.get(str(name))
    if check is None:
        from difflib import get_close_matches  # where it is needed: a program imports this module at its start

        nearest = get_close_matches(str(name), _CHECKS, n=1, cutoff=0)
        known = ", ".join(_CHECKS)
        raise ConfigurationError(f"unknown threshold {name!r}; did you mean {nearest[0]!r}? Known are: {known}")
    try:
        return cast("float", check(value))
    except ValueError as error:
        raise ConfigurationError(f"threshold {name!r}: {error}, got {value!r}") from None
