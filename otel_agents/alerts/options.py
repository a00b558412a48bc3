"""What options for alerts accept: thresholds and rules by name."""

from __future__ import annotations

from collections.abc import Mapping


def thresholds(value: object) -> Mapping[str, float]:
    """Accept thresholds by name, or as ``name=number,name=number``.

    Raises:
        ConfigurationError: one of them is wrong.
    """
    from otel_agents.alerts.thresholds import Thresholds  # where there are any, as in what follows

    if isinstance(value, str):
        value = {name.strip(): number.strip() for name, _, number in (one.partition("=") for one in value.split(","))}
    return dict(Thresholds(value))  # type: ignore[arg-type]  # it refuses what is no mapping, and says so


def rules(value: object) -> Mapping[str, str | None]:
    """Accept expressions by name, or as ``name=expression; name``; a name may end in its severity, ``slow/high``.

    Raises:
        ValueError: it is neither.
        ConfigurationError: one of them is wrong.
    """
    if isinstance(value, str):
        pairs = [one.partition("=") for one in value.split(";") if one.strip()]
        value = {name.strip(): expression.strip() or None for name, _, expression in pairs}
    if not isinstance(value, Mapping):
        raise ValueError("expected rules by name such as {'slow': 'p95(5m) > 5s', 'memory': None}")
    from otel_agents.alerts.rules import make, named

    for given, expression in value.items():
        name, severity = named(given)
        make(name, expression or None, severity)  # refuses a wrong one, and says why
    return {name: expression or None for name, expression in value.items()}
