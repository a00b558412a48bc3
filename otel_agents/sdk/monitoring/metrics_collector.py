"""``metrics_collector``: what is counted in the program, and what is made of it."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any, overload

from otel_agents.health.aggregates import KINDS, Aggregates
from otel_agents.health.windows import FIVE_MINUTES, HOUR
from otel_agents.machine import MachineResources
from otel_agents.model import Health
from otel_agents.sdk.monitoring.by_hand import ByHand
from otel_agents.sdk.monitoring.resources import ProcessResources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from otel_agents.health.aggregates import Kind
    from otel_agents.health.figures import Figures
    from otel_agents.health.rules import Key
    from otel_agents.model import Alert, Finding, Status
    from otel_agents.sdk.monitoring.look import Look
    from otel_agents.sdk.monitoring.views import AgentMetrics
    from otel_agents.sdk.pipeline.running import OpenSpans

_RECENT_ERRORS = 20
_NOTHING_RUNS: Mapping[Kind, Counter[str]] = {kind: Counter() for kind in KINDS}


class MetricsCollector(ByHand):
    """Figures of every agent, tool, model and tenant: since the program started, and of the last minutes.

    Any thread may call anything here. What is read is a snapshot: it can be iterated while other threads record.

    Args:
        thresholds: what the program's health is judged by.
        clock: returns nanoseconds since the epoch.
        gauge: gives the machine's ``cpu``, ``memory`` and ``disk`` in percent; without it, the machine is asked.
    """

    def __init__(
        self,
        thresholds: Mapping[str, float],
        clock: Callable[[], int] = time.time_ns,
        gauge: Callable[[str], float | None] | None = None,
    ) -> None:
        super().__init__()
        self.aggregates = Aggregates()
        self._thresholds = thresholds
        self._clock = clock
        self._gauge = gauge or MachineResources().gauge
        self._budgets: Callable[[], Mapping[str, float]] = dict
        self._alerts: Callable[[], list[Alert]] = list
        self._settle: Callable[[], None] | None = None
        self._open_spans: OpenSpans | None = None
        self._start()

    def bind(self, settle: Callable[[], None] | None, open_spans: OpenSpans | None = None) -> None:
        """Set what brings in the spans that ended a moment ago, before every answer, and what knows the open ones."""
        self._settle = settle
        self._open_spans = open_spans

    def heed(self, alerts: Callable[[], list[Alert]]) -> None:
        """Have health be no better than these alerts: one of medium severity or more that fires degrades it."""
        self._alerts = alerts

    def count_budgets(self, budgets: Callable[[], Mapping[str, float]]) -> None:
        """Set what gives how much of each budget is used, in percent."""
        self._budgets = budgets

    def limit_names(self, limit: int) -> None:
        """Set how many agents are told apart, and as many tools, models and tenants; further ones are "other"."""
        self.aggregates.limit_names(limit)

    def reset(self) -> None:
        """Forget every figure, as if the program had just started."""
        self.aggregates.clear()
        self._start()

    def after_fork(self) -> None:
        """Start anew in a forked child, so that figures of several processes can be added."""
        self.aggregates.after_fork()
        self._start()

    def set_aside(self, clock: Callable[[], int]) -> Callable[[], None]:
        """Begin with nothing, by another clock; give what brings back what there was."""
        names = ("aggregates", "_clock", "_settle", "_open_spans", "_started_ns", "_resources", "_found")
        aside = {name: getattr(self, name) for name in names}
        self.aggregates, self._clock, self._settle, self._open_spans = Aggregates(), clock, None, None
        self._start()

        def bring_back() -> None:
            for name, value in aside.items():
                setattr(self, name, value)

        return bring_back

    def _start(self) -> None:
        self._started_ns = self._clock()
        self._resources = ProcessResources()
        self._found: frozenset[Key] = frozenset()  # by the last judgement, for the hysteresis of the next

    @property
    def metrics(self) -> dict[str, AgentMetrics]:
        """The figures of each agent, by name."""
        from otel_agents.sdk.monitoring import views  # here, as below: a program imports this module at its start

        return views.agents(self._settled(), self._running())

    @property
    def tool_metrics(self) -> dict[str, dict[str, Any]]:
        """The figures of each tool, by name.

        ``usage_count``, ``success_count``, ``success_rate`` (percent), ``average_execution_time`` (seconds) and more,
        listed at :func:`otel_agents.sdk.monitoring.views.tools`.
        """
        from otel_agents.sdk.monitoring import views

        return views.tools(self._settled(), self._running())

    @property
    def model_metrics(self) -> dict[str, dict[str, Any]]:
        """The figures of each model, by name.

        ``requests``, ``tokens``, ``cost`` (US dollars, None when unknown), ``latency`` (mean seconds) and more, listed
        at :func:`otel_agents.sdk.monitoring.views.models`.
        """
        from otel_agents.sdk.monitoring import views

        return views.models(self._settled(), self._running())

    @property
    def tenant_metrics(self) -> dict[str, Figures]:
        """The figures of each tenant, by name, since the program started."""
        return self.figures(by="tenant")

    @overload
    def figures(self, minutes: float | None = None) -> Figures: ...
    @overload
    def figures(self, minutes: float | None = None, *, by: Kind) -> dict[str, Figures]: ...
    def figures(self, minutes: float | None = None, *, by: Kind | None = None) -> Figures | dict[str, Figures]:
        """Return the figures of the last minutes: of the program, or of each agent, tool, model or tenant.

        Args:
            minutes: up to 60, such as 1, 5 and 60; since the program started when None. The last five minutes are kept
                by 10 seconds, those before by five minutes.
            by: agent, tool, model or tenant; without it, the figures of the whole program.

        Raises:
            ValueError: ``minutes`` or ``by`` is not one of these.
        """
        from otel_agents.health.figures import figures
        from otel_agents.health.tally import Tally

        if minutes is not None and not 0 < minutes <= HOUR / 60:
            raise ValueError(f"minutes: expected up to 60, or None for all since the start, got {minutes!r}")
        if by not in (None, *KINDS):
            raise ValueError(f"by: expected one of {', '.join(KINDS)}, got {by!r}")
        aggregates, running = self._settled(), self._running()
        seconds = None if minutes is None else minutes * 60
        now_ns = self._clock()
        if by is None:
            return figures(aggregates.program(seconds, now_ns), running["agent"][""])
        tallies = aggregates.over(by, seconds, now_ns)
        for name in running[by].keys() - tallies.keys() - {""}:
            tallies[name] = Tally()  # it runs, and nothing of it has ended yet
        return {name: figures(tally, running[by][name]) for name, tally in tallies.items()}

    @property
    def error_log(self) -> list[dict[str, Any]]:
        """The newest 500 errors, oldest first.

        Each is a dict of ``timestamp`` (seconds since the epoch), ``component``, ``error_type``, ``error_message`` and
        ``context``. An exception that went up through several spans is one error, where it began.
        """
        from otel_agents.sdk.monitoring import views

        return [views.error(entry) for entry in self._settled().errors()]

    def health(self) -> Health:
        """Return how the program is, and why."""
        aggregates = self._settled()
        now_ns = self._clock()
        status, findings = self._judged(now_ns)
        reasons = [found.message for found in findings]
        for alert in self._alerts():
            if alert.state == "firing" and alert.severity != "low" and alert.message not in reasons:
                reasons.append(alert.message)
        if reasons and status == "healthy":
            status = "degraded"
        total = aggregates.program()
        an_hour_ago = now_ns - HOUR * 1e9
        return Health(
            status=status,
            reasons=tuple(reasons),
            uptime_s=max(0, now_ns - self._started_ns) / 1e9,
            requests=total.requests,
            failures=total.failures,
            success_rate=total.success_rate,
            mean_response_s=total.mean_s,
            p50_response_s=total.quantile_s(0.5),
            p95_response_s=total.p95_s,
            p99_response_s=total.quantile_s(0.99),
            first_chunk_s=total.first_chunk_s,
            input_tokens=total.input_tokens,
            output_tokens=total.output_tokens,
            total_tokens=total.tokens,
            cost_usd=total.cost,
            unpriced_calls=total.unpriced_calls,
            retries=total.retries,
            running=self._running()["agent"][""],
            active_agents=tuple(name for name, seen in aggregates.last_seen("agent").items() if seen > an_hour_ago),
            errors_5m=aggregates.error_count(FIVE_MINUTES, now_ns),
            recent_errors=tuple(aggregates.errors()[-_RECENT_ERRORS:]),
            cpu_percent=self._resources.cpu_percent(),
            memory_bytes=self._resources.memory_bytes(),
        )

    def get_system_health(self) -> dict[str, Any]:
        """Return :meth:`health` as a dict that can be written as JSON.

        ``status`` (healthy, degraded or unhealthy) and ``reasons`` are of the last five minutes; ``total_requests``,
        ``failed_requests``, ``success_rate`` (percent), ``average_response_time``, ``p50_response_time``,
        ``p95_response_time`` and ``p99_response_time`` (seconds), ``time_to_first_token`` (mean seconds, None without
        streams), ``total_tokens``, ``total_cost`` (US dollars, of the calls whose cost is known), ``unpriced_calls``
        and ``retries`` of the ``uptime`` (seconds). ``running`` is how many requests are open now, ``active_agents``
        how many agents did something in the last hour, ``recent_errors`` how many errors there were in the last five
        minutes, ``over_name_limit`` how often something was counted for "other" because there were too many names.
        ``cpu_percent`` (of one core, since the last look) and ``memory_mb`` are
        None where the system does not tell.
        """
        state = self.health()
        return {
            "status": state.status,
            "reasons": list(state.reasons),
            "uptime": state.uptime_s,
            "total_requests": state.requests,
            "failed_requests": state.failures,
            "success_rate": state.success_rate,
            "average_response_time": state.mean_response_s,
            "p50_response_time": state.p50_response_s,
            "p95_response_time": state.p95_response_s,
            "p99_response_time": state.p99_response_s,
            "time_to_first_token": state.first_chunk_s,
            "total_tokens": state.total_tokens,
            "total_cost": state.cost_usd or 0.0,
            "unpriced_calls": state.unpriced_calls,
            "retries": state.retries,
            "running": state.running,
            "active_agents": len(state.active_agents),
            "recent_errors": state.errors_5m,
            "over_name_limit": self.aggregates.overflow(),
            "cpu_percent": state.cpu_percent,
            "memory_mb": None if state.memory_bytes is None else round(state.memory_bytes / 1e6, 1),
        }

    def look(self) -> Look:
        """Return what the program is like now, for the alerts."""
        from otel_agents.sdk.monitoring.look import Look  # where somebody asks

        aggregates = self._settled()
        now_ns = self._clock()
        findings = self._judged(now_ns)[1]
        return Look(aggregates, now_ns, self._started_ns, findings, self._running(), self._gauge, self._budgets)

    def _judged(self, now_ns: int) -> tuple[Status, list[Finding]]:
        from otel_agents.health.counts import counts
        from otel_agents.health.rules import UNHEALTHY, judge

        status, findings = judge(counts(self.aggregates, now_ns), self._thresholds, self._found)
        found = {(each.rule, each.kind, each.subject) for each in findings}
        self._found = frozenset(found | {UNHEALTHY} if status == "unhealthy" else found)
        return status, findings

    def _running(self) -> Mapping[Kind, Counter[str]]:
        if self._open_spans is None:
            return _NOTHING_RUNS
        from otel_agents.sdk.pipeline.running import running

        return running(self._open_spans.now())

    def settle(self) -> None:
        """Count what has ended so far."""
        self._settled()

    def _settled(self) -> Aggregates:
        if self._settle is not None:
            self._settle()
        return self.aggregates
