"""Options: whether metrics are sent, and how."""

from __future__ import annotations

from otel_agents.sdk.options.checks import milliseconds, part
from otel_agents.settings import Parse, flag, http_url, number, one_of, setting, whole


def _metrics(value: object) -> str:
    """Accept where metrics go, or whether they go anywhere."""
    if value in ("otlp", "console", "none"):
        return str(value)
    try:
        return "otlp" if flag(value) else "none"
    except ValueError:
        raise ValueError("expected true, false, otlp, console or none") from None


def _lower(inner: Parse) -> Parse:
    """Accept a word in any case."""
    return lambda value: inner(value.lower() if isinstance(value, str) else value)


@part
class Metrics:
    """Whether metrics are sent, and how."""

    metrics: str = setting(
        "none",
        env=("OTEL_METRICS_EXPORTER",),
        parse=_metrics,
        doc="Where metrics go: otlp (or true), console, or none (or false).",
    )
    metrics_endpoint: str | None = setting(
        None,
        env=("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",),
        parse=http_url,
        doc="Address for metrics, used exactly as given; default: endpoint with /v1/metrics.",
    )
    metrics_interval: float = setting(
        60.0,
        env=("OTEL_METRIC_EXPORT_INTERVAL",),
        parse=milliseconds(number(0.01, 86_400)),
        doc="Seconds between two collections (the variable: milliseconds).",
    )
    metrics_temporality: str = setting(
        "cumulative",
        env=("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",),
        parse=_lower(one_of("cumulative", "delta", "lowmemory")),
        doc="Whether sums are sent as of the start, or as of the last collection: cumulative, delta or lowmemory.",
    )
    metrics_histograms: str = setting(
        "explicit_bucket_histogram",
        env=("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",),
        parse=_lower(one_of("explicit_bucket_histogram", "base2_exponential_bucket_histogram")),
        doc="explicit_bucket_histogram or base2_exponential_bucket_histogram.",
    )
    system_metrics: bool = setting(
        True,
        env=("OTEL_AGENTS_SYSTEM_METRICS",),
        parse=flag,
        doc="Whether metrics hold those of the machine and the process.",
    )
    label_limit: int = setting(
        2000,
        env=("OTEL_AGENTS_LABEL_LIMIT",),
        parse=whole(1, 1_000_000),
        doc="Label sets one metric may have; further ones are added up as otel.metric.overflow=true and counted.",
    )
