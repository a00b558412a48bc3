"""``budgets``: what the program may spend, counted as calls end and asked before the next one begins.

Every program imports this module, so what it needs is imported with the first budget.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from otel_agents import conventions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from opentelemetry.sdk.trace import ReadableSpan

    from otel_agents.alerts.budgets import Book, Budget, Call, Ledger, Spent
    from otel_agents.alerts.manager import AlertManager
    from otel_agents.sdk.monitoring.metrics_collector import MetricsCollector
    from otel_agents.sdk.notify.delivery import Delivery

_MOST_OPEN = 10_000


class Budgets:
    """The program's budgets. They count what is spent of what is traced and sampled.

    What is spent in a day or month, or by a session, user or tenant, is shared by the processes of a program and known
    to its next run; all else is of this process, since it began.

    Args:
        metrics: settles what has ended, and tells rules how much is used.
        alerts: raises an alert at 80 %, at 100 %, and for calls of unknown cost.
        delivery: calls the functions given as ``then``.
        clock: returns nanoseconds since the epoch.
    """

    def __init__(
        self,
        metrics: MetricsCollector,
        alerts: AlertManager,
        delivery: Delivery,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._metrics = metrics
        self._alerts = alerts
        self._delivery = delivery
        self._clock = clock
        self._ledger: Ledger | None = None
        self._book: Book | None = None
        self._calls: dict[int, Call] = {}  # of ended spans, as they were before anything is redacted

    def set(
        self,
        name: str,
        *,
        usd: float | None = None,
        tokens: float | None = None,
        per: str | Iterable[str] = (),
        then: str | Callable[[Spent], Any] = "warn",
        warn_at: float = 0.8,
        **only: str,
    ) -> None:
        """Set a budget, or put it in the place of the one with its name: ``budgets.set("daily", usd=10, per="day")``.

        Args:
            name: its name, in alerts and errors.
            usd: US dollars, or else
            tokens: tokens that may be used.
            per: whose, each on its own: any of run, session, user, tenant, agent, model; and day or month, by UTC.
                ``per=("user", "day")`` is what each user may use in a day.
            then: what happens when all is used. ``"warn"``: an alert, as at ``warn_at``. ``"raise"``: the next model
                call raises :class:`~otel_agents.errors.BudgetExceeded` before it is made. A function is called with a
                :class:`~otel_agents.alerts.budgets.Spent`, once each time all is used, in a thread of its own.
            warn_at: the share of it at which a warning is raised.
            only: the calls it is about: ``agent="Coder"``, ``model=…``, ``tenant=…``, ``user=…``, ``session=…``.

        Raises:
            ConfigurationError: one of them is wrong; the message says which.
        """
        from otel_agents.alerts.budgets import Budget
        from otel_agents.errors import ConfigurationError

        if (usd is None) == (tokens is None):
            raise ConfigurationError(f"budget {name!r}: expected usd or tokens")
        limit, unit = (usd, "USD") if usd is not None else (tokens, "tokens")
        named = (per,) if isinstance(per, str) else tuple(per)
        self.put(Budget(name, limit, unit, named, only, then, warn_at))  # type: ignore[arg-type]  # one of them is given

    def put(self, budget: Budget) -> None:
        """Set a budget that is made."""
        ledger = self._ledger
        if ledger is None:
            from otel_agents.alerts.budgets import Ledger

            ledger = self._ledger = Ledger()
            ledger.keep(self._book)
            self._alerts.add_source(lambda look: ledger.findings(look.now_ns))
            self._metrics.count_budgets(lambda: {one.subject: one.percent for one in ledger.spent(self._clock())})
        if callable(budget.then):
            self._delivery.remember_loop(budget.then)
        ledger.put(budget)
        self._guard()

    def keep(self, book: Book | None) -> None:
        """Set where what outlives this process is noted; None: nowhere."""
        self._book = book
        if self._ledger is not None:
            self._ledger.keep(book)

    def reset(self, name: str) -> None:
        """Begin anew with a budget: nothing of it is spent, in no process of this program.

        Raises:
            KeyError: there is none of that name.
        """
        if self._ledger is None:
            raise KeyError(name)
        self._metrics.settle()  # what ended before belongs to what is forgotten
        self._ledger.reset(name)

    def remove(self, name: str) -> None:
        """Take a budget away.

        Raises:
            KeyError: there is none of that name.
        """
        if self._ledger is None:
            raise KeyError(name)
        self._ledger.remove(name)
        self._guard()

    def spent(self) -> list[Spent]:
        """Return how much of each budget is used, of this day or month where it is for one."""
        if self._ledger is None:
            return []
        self._metrics.settle()
        return self._ledger.spent(self._clock())

    def check(self) -> None:
        """Look whether a model call may be made here; for calls that are not traced as such.

        Raises:
            BudgetExceeded: all of a budget that raises is used.
        """
        from otel_agents.sdk.watching.guards import whose

        if self._ledger is not None:
            self._before("model", whose())

    def _guard(self) -> None:
        from otel_agents.sdk.watching import guards

        guards.put("budgets", self._before if self._ledger is not None and self._ledger.raises else None)

    def _before(self, span_type: str, call: Call) -> None:
        if span_type != "model" or self._ledger is None:
            return
        self._metrics.settle()  # calls that ended a moment ago count
        self._ledger.check(call, self._clock())

    # --- Behind -----------------------------------------------------------------------------------------------------

    def note(self, span: ReadableSpan) -> None:
        """Note whose an ended call is, before its attributes are redacted."""
        if self._ledger is None or span.context is None or not self._ledger.budgets:
            return
        from otel_agents.sdk.watching.guards import call_of

        attributes: Mapping[str, Any] = span._attributes or {}  # noqa: SLF001 - the public one is a slower copy

        self._calls[span.context.span_id] = call_of(attributes, span.context.trace_id)
        if len(self._calls) > _MOST_OPEN:
            del self._calls[next(iter(self._calls))]

    def spend(self, span: ReadableSpan) -> None:
        """Count what an ended call used, once its cost is known."""
        if self._ledger is None or span.context is None:
            return
        noted = self._calls.pop(span.context.span_id, None)
        attributes: Mapping[str, Any] = span._attributes or {}  # noqa: SLF001 - as above
        if attributes.get(conventions.SPAN_TYPE) != "model":
            return
        from otel_agents.sdk.numbers import amount, count
        from otel_agents.sdk.watching.guards import call_of

        now = call_of(attributes, span.context.trace_id)
        # What was noted goes before; names only another dialect's attributes held come from what is written now.
        call = now if noted is None else type(now)(*(old or new for old, new in zip(noted, now, strict=True)))
        cost = attributes.get(conventions.COST)
        tokens = sum(
            count(attributes.get(key, 0)) for key in (conventions.USAGE_INPUT_TOKENS, conventions.USAGE_OUTPUT_TOKENS)
        )
        used_up = self._ledger.spend(call, None if cost is None else amount(cost), tokens, self._clock())
        for budget, spent in used_up:
            if callable(budget.then):
                self._delivery.put(budget.then, spent)

    def after_fork(self) -> None:
        """Begin with nothing spent but what all processes have."""
        self._calls.clear()
        if self._ledger is not None:
            self._ledger.after_fork()

    def set_aside(self, clock: Callable[[], int]) -> Callable[[], None]:
        """Begin with no budget, by another clock; give what brings back those there were."""
        aside = self._ledger, self._clock, self._calls, self._book
        self._ledger, self._clock, self._calls, self._book = None, clock, {}, None
        self._guard()

        def bring_back() -> None:
            self._ledger, self._clock, self._calls, self._book = aside
            self._guard()

        return bring_back
