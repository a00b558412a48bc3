"""Options: what is watched: health, budgets, loops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from otel_agents.alerts.options import rules as rules_by_name
from otel_agents.alerts.options import thresholds as thresholds_by_name
from otel_agents.sdk.options.checks import folder_or_not, part
from otel_agents.settings import flag, number, one_of, setting, whole

if TYPE_CHECKING:
    from pathlib import Path

    from otel_agents.alerts.budgets import Budget


def _budgets(value: object) -> tuple[Budget, ...]:
    """Accept budgets as texts by name, or as ``name=text; name=text``."""
    if isinstance(value, str):
        pairs = [each.partition("=") for each in value.split(";") if each.strip()]
        value = {name.strip(): text.strip() for name, _, text in pairs}
    if not isinstance(value, Mapping):
        raise ValueError("expected budgets by name such as {'daily': '$10 per day then raise'}")
    from otel_agents.alerts.budgets import read

    return tuple(read(str(name), text) for name, text in value.items())


@part
class Watching:
    """What is watched: health, budgets, loops."""

    thresholds: Mapping[str, float] | None = setting(
        None,
        env=("OTEL_AGENTS_THRESHOLDS",),
        parse=thresholds_by_name,
        doc="What alert_manager.thresholds is set to, such as {'error_rate': 5, 'cost': 20}; in the variable: "
        "error_rate=5,cost=20.",
    )
    rules: Mapping[str, str | None] | None = setting(
        None,
        env=("OTEL_AGENTS_RULES",),
        parse=rules_by_name,
        doc="Rules for alerts by name, such as {'slow/high': 'p95(5m) > 5s'}; None, or in the variable nothing, for "
        "a ready-made one: slow/high=p95(5m) > 5s; memory.",
    )
    budgets: tuple[Budget, ...] = setting(
        (),
        env=("OTEL_AGENTS_BUDGETS",),
        parse=_budgets,
        doc="What may be spent, by name, such as {'daily': '$10 per day then raise'}; in the variable, with semicolons "
        "between: daily=$10 per day then raise; users=50000 tokens per user and day.",
    )
    state: Path | bool = setting(
        True,
        env=("OTEL_AGENTS_STATE",),
        parse=folder_or_not,
        doc="Folder for what budgets have spent and what is usual, for the program's other processes and its next run; "
        "true: otel-agents/state in the user's state folder; false: they are forgotten at its end.",
    )
    names_limit: int = setting(
        500,
        env=("OTEL_AGENTS_NAMES_LIMIT",),
        parse=whole(1, 100_000),
        doc='Agents whose health is told apart, and as many tools, models and tenants; further ones are "other".',
    )
    loop_calls: int = setting(
        5,
        env=("OTEL_AGENTS_LOOP_CALLS",),
        parse=whole(0, 1_000_000),
        doc="Calls of one tool with the same arguments, in one run, that are a loop; 0: they never are.",
    )
    loop_handoffs: int = setting(
        6,
        env=("OTEL_AGENTS_LOOP_HANDOFFS",),
        parse=whole(0, 1_000_000),
        doc="Handoffs between two agents, back and forth, in one run, that are a loop; 0: they never are.",
    )
    on_loop: str = setting(
        "warn",
        env=("OTEL_AGENTS_ON_LOOP",),
        parse=one_of("warn", "raise"),
        doc="What happens in a loop: warn, an alert; raise, the run's next operation raises LoopDetected as well.",
    )
    stall_after: float = setting(
        600.0,
        env=("OTEL_AGENTS_STALL_AFTER",),
        parse=number(0, 1e9),
        doc="Seconds without a span ending in a run in which one is open, until there is an alert; 0: there is none.",
    )
    alert_interval: float = setting(
        5.0,
        env=("OTEL_AGENTS_ALERT_INTERVAL",),
        parse=number(0, 3600),
        doc="Seconds between two looks at the alerts; 0: only when the program asks.",
    )
    anomalies: bool = setting(
        True,
        env=("OTEL_AGENTS_ANOMALIES",),
        parse=flag,
        doc="Whether sudden spikes in requests, failures, time and cost raise alerts; alert_interval at most 60.",
    )
