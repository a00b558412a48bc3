"""Puts metrics together as the settings say; imported when they are switched on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from otel_agents.sdk.exporters.metrics_encoder import encode_metrics
from otel_agents.sdk.metrics.collectors import collectors
from otel_agents.sdk.metrics.export import ConsoleWire, Export
from otel_agents.sdk.metrics.instruments import Registry, own
from otel_agents.sdk.metrics.reader import Reader, provider
from otel_agents.sdk.metrics.running import Metrics, Switched
from otel_agents.sdk.metrics.system import SystemMetrics
from otel_agents.sdk.processors.redact import redactor

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.resources import Resource

    from otel_agents.sdk.metrics.export import Wire
    from otel_agents.sdk.options import SdkSettings

# Instruments are made once by a provider, and both live as long as the process.
_system = SystemMetrics()


def build(
    settings: SdkSettings,
    registry: Registry,
    wire: Wire | None,
    *,
    what: str,
    hint: str,
    resource: Resource,
    settle: Callable[[], None],
) -> Metrics:
    """Give metrics that are yet to be started.

    Args:
        settings: what the program said.
        registry: the instruments that ended spans are measured by.
        wire: what sends; None prints.
        what: where it sends to, for the log.
        hint: what to do when nobody answers there, for the log.
        resource: what the program is.
        settle: brings in the spans that have ended.
    """
    redacts = redactor(settings)
    own.redact = None if redacts is None else redacts.changes
    where = provider(resource)
    switched: list[Switched] = [registry, own]
    if settings.system_metrics:
        switched.append(_system)
    return Metrics(
        where,
        partial(Reader, settings.metrics_temporality, settings.metrics_histograms, settings.label_limit),
        Export(ConsoleWire(), _as_json, what=what)
        if wire is None
        else Export(wire, encode_metrics, what=what, hint=hint),
        switched,
        collectors,
        settle=settle,
        interval=settings.metrics_interval,
        label_limit=settings.label_limit,
    )


def _as_json(collected: Any) -> bytes:
    return str(collected.to_json(indent=None)).encode()
