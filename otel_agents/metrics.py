"""The program's own metrics: counters, gauges, histograms, and functions that are called now and then to fill them."""

from otel_agents.sdk.metrics.collectors import add_collector, collector, remove_collector
from otel_agents.sdk.metrics.instruments import Counter, Gauge, Histogram, counter, gauge, histogram

__all__ = [
    "Counter",
    "Gauge",
    "Histogram",
    "add_collector",
    "collector",
    "counter",
    "gauge",
    "histogram",
    "remove_collector",
]
