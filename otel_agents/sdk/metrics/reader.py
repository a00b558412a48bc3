"""The OpenTelemetry metrics SDK as we use it: the provider, ours or the program's own, and a reader asked by hand.

Imported when metrics are switched on: it takes 30 ms.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, cast

from opentelemetry import metrics
from opentelemetry.sdk.metrics import (
    Counter,
    Histogram,
    MeterProvider,
    ObservableCounter,
    ObservableGauge,
    ObservableUpDownCounter,
    UpDownCounter,
)
from opentelemetry.sdk.metrics.export import AggregationTemporality, MetricReader
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, ExponentialBucketHistogramAggregation

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricsData
    from opentelemetry.sdk.resources import Resource

logger = logging.getLogger("otel_agents")

# OpenTelemetry specification, metrics/sdk_exporters/otlp.md, "Additional environment variable configuration".
_DELTAS: Final[dict[str, tuple[type, ...]]] = {
    "cumulative": (),
    "delta": (Counter, ObservableCounter, Histogram),
    "lowmemory": (Counter, Histogram),
}
_HISTOGRAMS: Final = {
    "explicit_bucket_histogram": ExplicitBucketHistogramAggregation,
    "base2_exponential_bucket_histogram": ExponentialBucketHistogramAggregation,
}
_KINDS: Final = (Counter, UpDownCounter, Histogram, ObservableCounter, ObservableUpDownCounter, ObservableGauge)


class Provider(MeterProvider):
    """Ours, where the program has none: it lives as long as the process, and readers come and go."""

    def __init__(self) -> None:
        super().__init__(shutdown_on_exit=False)

    def describe(self, resource: Resource) -> None:
        """Say what the program is, from now on."""
        self._sdk_config.resource = resource


class Reader(MetricReader):
    """Gives what was measured when it is asked.

    Args:
        temporality: cumulative, delta or lowmemory.
        histograms: explicit_bucket_histogram or base2_exponential_bucket_histogram.
        label_limit: label sets of one metric.
    """

    def __init__(self, temporality: str, histograms: str, label_limit: int) -> None:
        delta = dict.fromkeys(_DELTAS[temporality], AggregationTemporality.DELTA)
        super().__init__(
            preferred_temporality=delta,
            preferred_aggregation={Histogram: _HISTOGRAMS[histograms]()},
            # One more: what our instruments add up as too many is a set of its own.
            cardinality_limits=dict.fromkeys(_KINDS, label_limit + 1),
        )
        self._read: MetricsData | None = None

    def read(self) -> MetricsData | None:
        """Collect; None when nothing was ever measured."""
        self._read = None
        self.collect()
        return self._read

    def _receive_metrics(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **_: Any) -> None:  # noqa: ARG002
        self._read = metrics_data

    def shutdown(self, timeout_millis: float = 30_000, **_: Any) -> None:
        """Do nothing: it holds nothing."""


_ours: Provider | None = None
_joined = False


def provider(resource: Resource) -> MeterProvider:
    """Give the provider that makes instruments: the program's own, or ours.

    Ours becomes the global one where there is none, so that other instrumentations' metrics come along.
    """
    global _ours, _joined
    there: Any = metrics.get_meter_provider()
    if _ours is None and hasattr(there, "add_metric_reader"):
        if not _joined:
            _joined = True
            logger.warning(
                "Joined the %s that is already set: its resource and views stay as they are", type(there).__name__
            )
        return cast("MeterProvider", there)
    if _ours is None:
        _ours = Provider()
        if type(there).__module__.startswith("opentelemetry.metrics"):  # the stand-in for one that is yet to be set
            metrics.set_meter_provider(_ours)
    _ours.describe(resource)
    return _ours
