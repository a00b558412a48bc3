"""What a rule can measure, by name: of the program, or of one agent, tool, model or tenant, over a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from otel_agents.health.aggregates import KINDS
from otel_agents.health.rules import MIN_REQUESTS
from otel_agents.health.sketch import middle
from otel_agents.health.windows import FIVE_MINUTES, HOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from otel_agents.health.aggregates import Aggregates, Kind
    from otel_agents.health.tally import Tally

_DAY = 86_400.0


class Readings(Protocol):
    """What rules are evaluated on: the figures as of one moment. Times are nanoseconds since the epoch."""

    now_ns: int
    started_ns: int
    aggregates: Aggregates

    def gauge(self, name: str) -> float | None:
        """Return ``cpu``, ``memory`` or ``disk``: percent of the machine's that is in use; None when unknown."""

    def running(self, kind: Kind | None, name: str) -> int:
        """Return how many requests or calls are open now."""

    def budgets(self) -> Mapping[str, float]:
        """Return how much of each budget is used, in percent, by name."""


class Asked(NamedTuple):
    """One measure as a rule asks for it, about one name.

    Attributes:
        readings: the figures.
        kind: agent, tool, model, tenant or budget; None for the program.
        name: whose.
        window_s: seconds; None since the start.
        options: the numbers given by name, such as ``than``.
        already: whether the rule was broken the last time.
    """

    readings: Readings
    kind: str | None
    name: str
    window_s: float | None
    options: Mapping[str, float]
    already: bool

    def tally(self, *, sums_only: bool = True) -> Tally:
        """Return what was counted, with times where not only its sums are asked for."""
        aggregates, now_ns = self.readings.aggregates, self.readings.now_ns
        for kind in KINDS:
            if kind == self.kind:
                return aggregates.of(kind, self.name, self.window_s, now_ns, sums_only=sums_only)
        return aggregates.program(self.window_s, now_ns, sums_only=sums_only)

    def rated(self, *, sums_only: bool = True) -> Tally | None:
        """Return what was counted, unless that is too little for a rate or a mean."""
        tally = self.tally(sums_only=sums_only)
        least = 1 if self.already else self.options.get("at_least", MIN_REQUESTS)
        return tally if tally.requests >= least else None


class Measure(NamedTuple):
    """A measure.

    Attributes:
        read: gives the value; None when there is none.
        unit: s, %, $, × or nothing.
        words: what it is, in a message.
        kinds: what it can be asked of, beside the program.
        windowed: whether it is of a window.
        options: the numbers it takes by name, with their defaults; NaN for those it needs.
        of_program: whether it can be asked of the program.
    """

    read: Callable[[Asked], float | None]
    unit: str
    words: str
    kinds: tuple[str, ...] = KINDS
    windowed: bool = True
    options: Mapping[str, float] = {}
    of_program: bool = True


def _sum(read: Callable[[Tally], float | None]) -> Callable[[Asked], float | None]:
    return lambda asked: read(asked.tally())


def _rate(read: Callable[[Tally], float | None]) -> Callable[[Asked], float | None]:
    return lambda asked: None if (tally := asked.rated()) is None else read(tally)


def _quantile(q: float) -> Callable[[Asked], float | None]:
    return lambda asked: None if (tally := asked.rated(sums_only=False)) is None else tally.quantile_s(q)


def _gauge(name: str) -> Callable[[Asked], float | None]:
    return lambda asked: asked.readings.gauge(name)


def _errors(asked: Asked) -> float:
    return asked.readings.aggregates.error_count(asked.window_s, asked.readings.now_ns)


def _slower(asked: Asked) -> float:
    return sum(
        number
        for bucket, number in asked.tally(sums_only=False).buckets.items()
        if middle(bucket) > asked.options["than"]
    )


def _error_growth(asked: Asked) -> float | None:
    """How many times the errors of the window are those usual in as long a time, by the hour before it.

    None until there is at least one whole window before; no error there counts as one.
    """
    aggregates, now_ns = asked.readings.aggregates, asked.readings.now_ns
    window_s = asked.window_s or FIVE_MINUTES
    age_s = (now_ns - asked.readings.started_ns) / 1e9
    windows_before = (min(age_s, HOUR) - window_s) / window_s
    if windows_before < 1:
        return None
    recent = aggregates.error_count(window_s, now_ns)
    before = (aggregates.error_count(HOUR, now_ns) - recent) / windows_before
    return recent / max(before, 1.0)


def _burn_rate(asked: Asked) -> float | None:
    """How many times as fast as the objective allows the failures come that it allows."""
    tally = asked.rated()
    return None if tally is None else tally.error_rate / (100 - asked.options["objective"])


def _silence(asked: Asked) -> float:
    readings = asked.readings
    last_ns = next((readings.aggregates.last_seen_of(kind, asked.name) for kind in KINDS if kind == asked.kind), 0)
    return max(0, readings.now_ns - (last_ns or readings.started_ns)) / 1e9


def _running(asked: Asked) -> float:
    kind = next((kind for kind in KINDS if kind == asked.kind), None)
    return asked.readings.running(kind, asked.name)


_AT_LEAST = {"at_least": MIN_REQUESTS}
_NEEDED = float("nan")
MEASURES: Mapping[str, Measure] = {
    "requests": Measure(_sum(lambda tally: tally.requests), "", "requests"),
    "failures": Measure(_sum(lambda tally: tally.failures), "", "failed requests"),
    "errors": Measure(_errors, "", "errors", kinds=()),
    "error_growth": Measure(_error_growth, "×", "errors as usual", kinds=()),
    "error_rate": Measure(_rate(lambda tally: tally.error_rate), "%", "of requests failed", options=_AT_LEAST),
    "success_rate": Measure(_rate(lambda tally: tally.success_rate), "%", "of requests succeeded", options=_AT_LEAST),
    "burn_rate": Measure(
        _burn_rate, "×", "the failures the objective allows", options={**_AT_LEAST, "objective": _NEEDED}
    ),
    "mean": Measure(_rate(lambda tally: tally.mean_s), "s", "mean time", options=_AT_LEAST),
    "p50": Measure(_quantile(0.50), "s", "median time", options=_AT_LEAST),
    "p95": Measure(_quantile(0.95), "s", "p95 time", options=_AT_LEAST),
    "p99": Measure(_quantile(0.99), "s", "p99 time", options=_AT_LEAST),
    "slower": Measure(_slower, "", "slow requests", options={"than": _NEEDED}),
    "first_token": Measure(
        lambda asked: asked.tally(sums_only=False).first_chunk_s,
        "s",
        "mean time to the first token",
        kinds=("agent", "model", "tenant"),
    ),
    "tokens": Measure(_sum(lambda tally: tally.tokens), "", "tokens", kinds=("agent", "model", "tenant")),
    "cost": Measure(_sum(lambda tally: tally.cost), "$", "spent", kinds=("agent", "model", "tenant")),
    "unpriced_calls": Measure(
        _sum(lambda tally: tally.unpriced_calls), "", "calls of unknown cost", kinds=("agent", "model", "tenant")
    ),
    "retries": Measure(_sum(lambda tally: tally.retries), "", "retries"),
    "running": Measure(_running, "", "running now", windowed=False),
    "silence": Measure(_silence, "s", "without a sign of life", windowed=False, of_program=False),
    "cpu": Measure(_gauge("cpu"), "%", "of the machine's CPU in use", kinds=(), windowed=False),
    "memory": Measure(_gauge("memory"), "%", "of the machine's memory in use", kinds=(), windowed=False),
    "disk": Measure(_gauge("disk"), "%", "of the disk in use", kinds=(), windowed=False),
    "budget_used": Measure(
        lambda asked: asked.readings.budgets().get(asked.name),
        "%",
        "of the budget used",
        kinds=("budget",),
        windowed=False,
        of_program=False,
    ),
}


def names(readings: Readings, kind: str) -> Iterable[str]:
    """Return the names of a kind there are now."""
    if kind == "budget":
        return list(readings.budgets())
    return next((list(readings.aggregates.last_seen(each)) for each in KINDS if each == kind), [])


def shown(value: float, unit: str) -> str:
    """Return a value with its unit, as a message says it."""
    if unit == "$":
        return f"${value:,.2f}"
    if unit == "s":
        for seconds, short in ((_DAY, "d"), (HOUR, "h"), (60.0, "min")):
            if value >= 2 * seconds:
                return f"{value / seconds:,.3g} {short}"
        return f"{value:,.3g} s"
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    return f"{number} {unit}" if unit else number
