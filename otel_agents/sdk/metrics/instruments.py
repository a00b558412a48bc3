"""Counters, gauges and histograms: cheap where they are called, bounded in their labels, asleep until metrics are on.

A counter or gauge only keeps its sums and newest values; the OpenTelemetry SDK reads them when it collects. A histogram
hands each value to the SDK, which has the buckets.
"""

from __future__ import annotations

import logging
import re
import threading
from itertools import pairwise
from math import isfinite, nan
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from otel_agents.errors import ConfigurationError
from otel_agents.sdk.metrics import account
from otel_agents.sdk.values import attribute_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from opentelemetry.context import Context
    from opentelemetry.metrics import Meter, MeterProvider, Observation

logger = logging.getLogger("otel_agents")

# OpenTelemetry specification, metrics/api.md, "Instrument name syntax" and "Instrument unit".
_NAME = r"[A-Za-z][A-Za-z0-9_./-]{0,254}"
_UNIT = r"[\x20-\x7e]{0,63}"
_LONGEST_LABEL = 200  # characters of a value
_OVERFLOW: Final = {"otel.metric.overflow": True}  # metrics/sdk.md, "Overflow attribute"
DURATION_BUCKETS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)

Key = frozenset[tuple[str, Any]]
T = TypeVar("T", bound="Instrument")


class _Series:
    """One label set of a metric, and its sum or newest value."""

    __slots__ = ("attributes", "value")

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        self.attributes = attributes
        self.value: float = 0


class Instrument:
    """What the three kinds share: a name, and a bounded number of label sets.

    Attributes:
        name: as it is sent.
        unit: in UCUM, such as ``s``, ``By``, ``{order}``.
        description: one sentence.
    """

    kind: ClassVar[str]

    def __init__(self, home: Registry, name: str, unit: str, description: str) -> None:
        self.name = name
        self.unit = unit
        self.description = description
        self._home = home
        self._on = False
        self._warned: set[str] = set()
        self._begin()

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._series: dict[Key, _Series] = {}
        self._overflow: _Series | None = None

    def switch_on(self, meter: Meter) -> None:
        """Measure from now on, by what a meter makes; what it made before is the same."""
        self._make(meter)
        self._on = True

    def switch_off(self) -> None:
        """Measure nothing, and forget what was measured."""
        self._on = False
        self._begin()

    def _make(self, meter: Meter) -> None:
        raise NotImplementedError

    def _find(self, labels: Mapping[str, object]) -> _Series:
        """Give the series of a label set, or the one all share that are too many. The lock is held."""
        try:
            found = self._series.get(frozenset(labels.items()))
        except TypeError:  # a list or a dict: its text is the label
            found = None
        if found is not None:
            return found
        attributes = {name: attribute_value(value) for name, value in labels.items() if value is not None}
        if self._home.redact is not None:
            attributes |= self._home.redact(attributes)
        attributes = {name: _label(value) for name, value in attributes.items()}
        key = frozenset(attributes.items())
        found = self._series.get(key)
        if found is None:
            if len(self._series) >= self._home.label_limit:
                return self._over()
            found = self._series[key] = _Series(attributes)
        return found

    def _over(self) -> _Series:
        account.counts[account.OVER_LABEL_LIMIT] += 1
        self._say_once("has more than %d label sets; further ones are added up as one", self._home.label_limit)
        if self._overflow is None:
            self._overflow = _Series(_OVERFLOW)
        return self._overflow

    def _number(self, value: Any, *, signed: bool = False) -> float | None:
        """Give a measurement as a number; None, noted, for what is none or negative where that has no meaning."""
        number: float = value
        if value.__class__ is not int and value.__class__ is not float:
            try:
                number = float(value)
            except (TypeError, ValueError, OverflowError):
                number = nan
        if isfinite(number) and (signed or number >= 0):
            return number
        account.counts[account.UNUSABLE] += 1
        self._say_once("was given what it cannot count, such as %r", value)
        return None

    def _say_once(self, what: str, *details: object) -> None:
        if what not in self._warned:
            self._warned.add(what)
            logger.warning(f"The metric %s {what}", self.name, *details)

    def _awake(self) -> bool:
        return self._on or self._home.wake()


class _Observed(Instrument):
    """An instrument the SDK reads when it collects."""

    def _observe(self, _options: object) -> Iterable[Observation]:
        from opentelemetry.metrics import Observation  # loaded by whoever calls

        with self._lock:
            series = [*self._series.values(), *([self._overflow] if self._overflow else [])]
            return [Observation(each.value, each.attributes) for each in series]


class Counter(_Observed):
    """Adds up: requests, tokens, errors. Made by :func:`otel_agents.metrics.counter`."""

    kind = "counter"

    def add(self, amount: float = 1, /, **labels: object) -> None:
        """Add ``amount``, which is not negative, to the sum of these labels."""
        if self._awake() and (number := self._number(amount)) is not None:
            with self._lock:
                self._find(labels).value += number

    def _make(self, meter: Meter) -> None:
        meter.create_observable_counter(self.name, [self._observe], unit=self.unit, description=self.description)


class Gauge(_Observed):
    """Has a value now: a queue's length, a temperature. Made by :func:`otel_agents.metrics.gauge`."""

    kind = "gauge"

    def set(self, value: float, /, **labels: object) -> None:
        """Set the value of these labels."""
        if self._awake() and (number := self._number(value, signed=True)) is not None:
            with self._lock:
                self._find(labels).value = number

    def _make(self, meter: Meter) -> None:
        meter.create_observable_gauge(self.name, [self._observe], unit=self.unit, description=self.description)


class Histogram(Instrument):
    """Shows how values are distributed: durations, sizes. Made by :func:`otel_agents.metrics.histogram`."""

    kind = "histogram"

    def __init__(
        self, home: Registry, name: str, unit: str, description: str, buckets: Sequence[float] | None = None
    ) -> None:
        super().__init__(home, name, unit, description)
        self._buckets = DURATION_BUCKETS if buckets is None and unit == "s" else buckets
        self._record: Callable[..., None] | None = None

    def record(self, value: float, /, **labels: object) -> None:
        """Record a value, which is not negative."""
        self.measure(value, labels)

    def measure(self, value: float, labels: Mapping[str, object], context: Context | None = None) -> None:
        """Record a value that was measured in ``context``: the trace in it becomes an example of its bucket."""
        if self._awake() and self._record is not None and (number := self._number(value)) is not None:
            with self._lock:
                attributes = self._find(labels).attributes
            self._record(number, attributes, context)

    def _make(self, meter: Meter) -> None:
        self._record = meter.create_histogram(
            self.name,
            unit=self.unit,
            description=self.description,
            explicit_bucket_boundaries_advisory=self._buckets,
        ).record


class Registry:
    """Instruments by name, which are switched on and off together.

    Args:
        scope: the name of their instrumentation scope.

    Attributes:
        label_limit: how many label sets one instrument may have.
        redact: gives those of some labels that must not leave as they are, changed; None where all may.
    """

    def __init__(self, scope: str) -> None:
        self._scope = scope
        self._lock = threading.RLock()
        self._instruments: dict[str, Instrument] = {}
        self._meter: Meter | None = None
        self._on = False
        self._awaken: Callable[[], None] | None = None
        self.label_limit = 0
        self.redact: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None

    def instrument(self, kind: type[T], name: str, unit: str, description: str, **more: Any) -> T:
        """Give the instrument of a name; it is made where there is none.

        Raises:
            ConfigurationError: the name or unit is none, or another kind has that name.
        """
        if not isinstance(name, str) or not re.fullmatch(_NAME, name):
            raise ConfigurationError(
                f"metric name {name!r}: expected a letter, then letters, digits, '_', '.', '-' or '/', 255 at most"
            )
        if not isinstance(unit, str) or not re.fullmatch(_UNIT, unit):
            raise ConfigurationError(f"unit {unit!r} of metric {name!r}: expected at most 63 characters of ASCII")
        with self._lock:
            found = self._instruments.get(name.lower())
            if found is None:
                found = self._instruments[name.lower()] = kind(self, name, unit, description, **more)
                self._switch(found)
        if not isinstance(found, kind):
            raise ConfigurationError(f"metric {name!r} is a {found.kind} already, expected a {kind.kind}")
        return found

    def _switch(self, instrument: Instrument) -> None:
        if self._on and self._meter is not None:
            instrument.switch_on(self._meter)

    def start(self, provider: MeterProvider, version: str, label_limit: int) -> None:
        """Switch on: from nothing, with what is made by a provider."""
        with self._lock:
            self.stop()
            self.label_limit = label_limit
            self._meter = provider.get_meter(self._scope, version)
            self._on = True
            for each in self._instruments.values():
                self._switch(each)

    def stop(self) -> None:
        """Switch off, and forget what was measured."""
        with self._lock:
            self._on, self._awaken = False, None
            for each in self._instruments.values():
                each.switch_off()

    def sleep(self, awaken: Callable[[], None]) -> None:
        """In a forked child: switch off, until the first measurement calls ``awaken``."""
        self._lock = threading.RLock()
        self.stop()
        self._awaken = awaken

    def wake(self) -> bool:
        """Wake up where this sleeps, and say whether it is on."""
        awaken = self._awaken
        if awaken is not None:
            awaken()
        return self._on


def _label(value: object) -> Any:
    """Make a label of a value: a flag or a number as it is, all else its text, cut where it is long."""
    return value if isinstance(value, bool | int | float) else str(value)[:_LONGEST_LABEL]


own = Registry("otel_agents.metrics")


def counter(name: str, *, unit: str = "", description: str = "") -> Counter:
    """Make a counter, or give the one of this name.

    Nothing is counted until ``configure(metrics=…)`` has switched metrics on; it may be made before.

    Args:
        name: such as ``orders``; letters, digits, ``_``, ``.``, ``-`` and ``/``.
        unit: in UCUM, such as ``s``, ``By`` or ``{order}``.
        description: one sentence.

    Raises:
        ConfigurationError: the name or unit is none, or another kind of metric has that name.
    """
    return own.instrument(Counter, name, unit, description)


def gauge(name: str, *, unit: str = "", description: str = "") -> Gauge:
    """Make a gauge, or give the one of this name. Arguments and errors are those of :func:`counter`."""
    return own.instrument(Gauge, name, unit, description)


def histogram(name: str, *, unit: str = "", description: str = "", buckets: Sequence[float] | None = None) -> Histogram:
    """Make a histogram, or give the one of this name.

    Args:
        name: as for :func:`counter`.
        unit: as for :func:`counter`.
        description: one sentence.
        buckets: upper bounds, ascending. Without them: for a unit of ``s`` 0.01 doubling to 81.92, else those of
            OpenTelemetry, from 5 to 10,000.

    Raises:
        ConfigurationError: as for :func:`counter`, or the buckets do not ascend.
    """
    if buckets is not None and not _ascend(buckets):
        raise ConfigurationError(f"buckets of metric {name!r}: expected numbers that ascend, got {buckets!r}")
    return own.instrument(Histogram, name, unit, description, buckets=buckets)


def _ascend(buckets: Sequence[float]) -> bool:
    try:
        return all(isfinite(one) for one in buckets) and all(low < high for low, high in pairwise(buckets))
    except TypeError:
        return False
