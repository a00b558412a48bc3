"""configure, flush, shutdown and telemetry_health, as users call them.

What they set in motion is imported when tracing is configured, so that a program which only has decorators, or whose
tracing is off, does not load it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Never

from otel_agents.model import TelemetryHealth
from otel_agents.sdk import faults, unknowns, values
from otel_agents.sdk.exporters.ledger import decided_early
from otel_agents.sdk.metrics import account

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.sdk.trace.id_generator import IdGenerator
    from opentelemetry.sdk.trace.sampling import Sampler

    from otel_agents.sdk.instrumenting import Instrumentations

_WIRING = "otel_agents.sdk.configure"


def configure(
    service_name: str | None = None,
    endpoint: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    key: str | None = None,
    protocol: str | None = None,
    compression: str | None = None,
    certificate: str | Path | None = None,
    client_certificate: str | Path | None = None,
    client_key: str | Path | None = None,
    timeout: float | None = None,
    retry_for: float | None = None,
    traces_endpoint: str | None = None,
    traces_exporter: str | None = None,
    logfire: bool | str | None = None,
    logfire_token: str | Sequence[str] | None = None,
    logfire_base_url: str | None = None,
    logfire_credentials: str | Path | None = None,
    metrics: bool | str | None = None,
    metrics_endpoint: str | None = None,
    metrics_interval: float | None = None,
    metrics_temporality: str | None = None,
    metrics_histograms: str | None = None,
    system_metrics: bool | None = None,
    label_limit: int | None = None,
    enabled: bool | None = None,
    capture_content: bool | int | str | None = None,
    redact: bool | None = None,
    redact_keys: Sequence[str] | str | None = None,
    redact_patterns: Mapping[str, str | re.Pattern[str] | Callable[[str], str]] | None = None,
    redact_leave: Sequence[str] | str | None = None,
    sampler: str | Sampler | None = None,
    sample_ratio: float | None = None,
    keep_errors: bool | None = None,
    keep_slower_than: float | None = None,
    keep_dearer_than: float | None = None,
    keep: Callable[[Sequence[ReadableSpan]], bool] | None = None,
    hold_spans: int | None = None,
    hold_bytes: int | None = None,
    hold_for: float | None = None,
    resource_attributes: Mapping[str, Any] | None = None,
    send_baggage: str | Sequence[str] | None = None,
    read_baggage: str | Sequence[str] | None = None,
    threads: str | None = None,
    thresholds: Mapping[str, float] | None = None,
    rules: Mapping[str, str | None] | None = None,
    budgets: Mapping[str, str] | None = None,
    state: str | Path | bool | None = None,
    loop_calls: int | None = None,
    loop_handoffs: int | None = None,
    on_loop: str | None = None,
    stall_after: float | None = None,
    names_limit: int | None = None,
    alert_interval: float | None = None,
    anomalies: bool | None = None,
    alert_channels: str | Sequence[str] | None = None,
    alert_secret: str | None = None,
    alert_wait: float | None = None,
    alert_group: float | None = None,
    alert_repeat: float | None = None,
    alert_escalation: str | Sequence[str] | None = None,
    alert_escalate_after: float | None = None,
    queue_size: int | None = None,
    queue_bytes: int | None = None,
    open_spans: bool | str | None = None,
    spool: str | Path | bool | None = None,
    spool_bytes: int | None = None,
    batch_size: int | None = None,
    interval: float | None = None,
    shutdown_timeout: float | None = None,
    processors: Sequence[SpanProcessor] | None = None,
    exporters: Sequence[SpanExporter] | None = None,
    id_generator: IdGenerator | None = None,
    prices: Mapping[str, Mapping[str, Any]] | str | Path | None = None,
    **unknown: Never,
) -> None:
    """Start tracing. Called again, it replaces what an earlier call set up.

    Every argument is a setting of :class:`~otel_agents.sdk.options.SdkSettings`, where each one's meaning, variable and
    default are; what is not given here comes from its variable, then from its default.

    Raises:
        ConfigurationError: a setting is unknown or has a wrong value; the message names it and says what was expected.
    """
    given = {name: value for name, value in locals().items() if value is not None and name != "unknown"} | unknown
    from otel_agents.sdk.configure import put_up

    put_up(given)


def flush(timeout: float = 5.0) -> bool:
    """Send every span that has ended, and metrics; say whether none waited in memory after ``timeout`` seconds.

    Returns sooner, with False, when nobody answers: the spans wait on. What became of each says
    :func:`telemetry_health`.
    """
    return bool(sys.modules[_WIRING].flush(timeout)) if _WIRING in sys.modules else True


def shutdown(timeout: float | None = None) -> None:
    """Send what is left and stop tracing; the program's exit does it too.

    Args:
        timeout: seconds it may take; without it, the setting ``shutdown_timeout``.
    """
    if _WIRING in sys.modules:
        sys.modules[_WIRING].take_down(timeout)


def instrument(*names: str) -> Instrumentations:
    """Switch on the instrumentations that are installed, of OpenTelemetry and OpenInference, one for each library.

    Call it after :func:`configure`: what they record of messages follows ``capture_content``. A call that is traced
    twice, by one of them and by us or another, counts once.

    Args:
        names: libraries, such as openai, or the packages of instrumentations; without any, all that are installed.

    Returns:
        What is on, and what was left alone and why. One that fails keeps no other from being switched on.

    Raises:
        ConfigurationError: nothing of a name is installed; the message says what is near, or what to install.
    """
    from otel_agents.sdk.instrumenting import switch_on

    return switch_on(names)


def uninstrument(*names: str) -> None:
    """Switch off what :func:`instrument` has switched on: of some names, or all of it."""
    from otel_agents.sdk.instrumenting import switch_off

    switch_off(names)


def telemetry_health() -> TelemetryHealth:
    """Say what became of every span that has ended so far: delivered, spooled, waiting, or dropped and why.

    The counts are those of this process since it began, whatever was configured since; nothing is sent for them.
    """
    wiring = sys.modules.get(_WIRING)
    destinations = wiring.account() if wiring is not None else ()
    redacted = wiring.redact.counts if wiring is not None else {}
    return TelemetryHealth(
        destinations=destinations,
        faults=dict(faults.counts),
        unread_answers=dict(unknowns.answers),
        unpriced_calls=dict(unknowns.prices),
        decided_early=decided_early(),
        redacted=dict(redacted),
        converted=dict(values.converted),
        metrics=dict(account.counts),
        alerts=wiring.notifying.counts() if wiring is not None else {},
    )
