"""Where spans and metrics go: the collector, Logfire, the console, exporters of the user's own."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opentelemetry import trace

from otel_agents.errors import ConfigurationError
from otel_agents.sdk.exporters import ledger
from otel_agents.sdk.exporters.foreign import ExporterSender
from otel_agents.sdk.exporters.otlp import OtlpHttpSender
from otel_agents.sdk.exporters.otlp_grpc import EXPORT, EXPORT_OPEN_SPANS, OtlpGrpcSender
from otel_agents.sdk.exporters.outlet import Outlet
from otel_agents.sdk.exporters.spool import Spool
from otel_agents.sdk.trace import logfire_provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace.export import SpanExporter

    from otel_agents.sdk.exporters.sender import Sender
    from otel_agents.sdk.options import SdkSettings

logger = logging.getLogger("otel_agents")

HINT = "The program goes on without it. To see its spans, start a collector: otel-agents up"


def destinations(settings: SdkSettings, given: Mapping[str, object]) -> list[Outlet]:
    """Give the ways to the collector and to Logfire, where spans go there, and to the user's own exporters."""
    own = [outlet(settings, ExporterSender(each), type(each).__name__) for each in settings.exporters]
    if not settings.enabled or settings.traces_exporter == "none":
        return own
    to_collector = [] if settings.logfire == "only" else [_to_collector(settings, given)]
    return [*to_collector, *_to_logfire(settings), *own]


def _to_collector(settings: SdkSettings, given: Mapping[str, object]) -> Outlet:
    if settings.traces_exporter == "console":
        return outlet(settings, ExporterSender(_console), "the console")
    url = _url(settings, given)
    kept = _spool(settings, url, url, settings.protocol, settings.sent_headers)
    return outlet(settings, otlp(settings, url, EXPORT), url, HINT, kept)


def _to_logfire(settings: SdkSettings) -> list[Outlet]:
    """Give a way to each project of Logfire's there is a token of."""
    if not settings.logfire:
        return []
    if logfire_provider.sends(trace.get_tracer_provider()):
        logger.info("Logfire's own package sends the spans there, so logfire=%r adds nothing", settings.logfire)
        return []
    from otel_agents.sdk.exporters.logfire import LogfireSender, destinations  # where it is asked for

    outlets = []
    for each in destinations(settings):
        what = f"Logfire ({each.url.removesuffix('/v1/traces')})"
        kept = _spool(settings, what, each.url, "http/protobuf", {"authorization": each.token})
        sender = LogfireSender(each, timeout=settings.timeout)
        outlets.append(outlet(settings, sender, what, "The program goes on without it.", kept))
    return outlets


def otlp(settings: SdkSettings, url: str, method: str) -> OtlpHttpSender | OtlpGrpcSender:
    """Give what sends to an address; ``method`` is what gRPC calls there."""
    if settings.certificate or settings.client_certificate or settings.client_key:
        _check_certificates(settings)
    options: dict[str, Any] = {
        "headers": settings.sent_headers,
        "timeout": settings.timeout,
        "compress": settings.compression == "gzip",
        "certificate": settings.certificate,
        "client_certificate": settings.client_certificate,
        "client_key": settings.client_key,
    }
    if settings.protocol == "grpc":
        return OtlpGrpcSender(url, **options, method=method)
    return OtlpHttpSender(url, **options)


def _check_certificates(settings: SdkSettings) -> None:
    """Load them once: what is wrong with them is said here, and not with the first spans.

    Raises:
        ConfigurationError: a file holds none, or the key is that of another certificate.
    """
    import ssl  # for those who have some

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    certificate, key = settings.client_certificate, settings.client_key
    if settings.certificate is not None:
        try:
            context.load_verify_locations(settings.certificate)
        except (ssl.SSLError, OSError):
            raise ConfigurationError(
                f"setting 'certificate': expected a file of certificates (PEM), got {str(settings.certificate)!r}"
            ) from None
    if certificate is not None:
        try:
            context.load_cert_chain(certificate, key, password=_no_password)
        except (ssl.SSLError, OSError) as error:
            files = repr(str(certificate)) if key is None else f"{str(certificate)!r} and {str(key)!r}"
            raise ConfigurationError(
                "settings 'client_certificate' and 'client_key': expected a certificate (PEM) and its key without a "
                f"password, in two files or in one, got {files} ({error.strerror or error})"
            ) from None
    elif key is not None:
        raise ConfigurationError("setting 'client_key': expected 'client_certificate' beside it")


def _no_password() -> str:
    return ""  # where there is no such function, OpenSSL asks for it on the terminal


def open_spans_sender(settings: SdkSettings, given: Mapping[str, object]) -> OtlpHttpSender | OtlpGrpcSender | None:
    """Give what tells the collector of spans that are open; None where it is not to be told."""
    sends = settings.enabled and settings.traces_exporter == "otlp" and settings.logfire != "only"
    if not sends or settings.open_spans is False:
        return None
    url = _url(settings, given)
    if settings.open_spans == "local" and not _is_local(url):
        return None
    if settings.protocol == "grpc":
        return otlp(settings, url, EXPORT_OPEN_SPANS)
    if not url.endswith("/v1/traces"):
        return None
    return otlp(settings, url.removesuffix("traces") + "open_spans", EXPORT_OPEN_SPANS)


def _is_local(url: str) -> bool:
    """Say whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _spool(
    settings: SdkSettings, what: str, url: str, protocol: str, headers: Mapping[str, str] | None
) -> Spool | None:
    """Give the place for what an address does not take; to other addresses and identities it is never sent."""
    folder = settings.spool
    if isinstance(folder, bool):
        if not folder or (default := state_folder()) is None:
            return None
        folder = default / "spool"
    return Spool(
        folder,
        most_bytes=settings.spool_bytes,
        destination=repr((protocol, url, sorted((headers or {}).items()))),
        ledger=ledger.ledger(what),
    )


def state_folder() -> Path | None:
    """Give the user's own folder for what programs keep between runs; None for a user without a home."""
    with suppress(RuntimeError):
        given = Path(os.environ.get("XDG_STATE_HOME", ""))
        return (given if given.is_absolute() else Path.home() / ".local" / "state") / "otel-agents"
    return None


def outlet(settings: SdkSettings, sender: Sender, what: str, hint: str = "", kept: Spool | None = None) -> Outlet:
    """Give a way out to one destination."""
    return Outlet(
        sender,
        ledger=ledger.ledger(what),
        queue_bytes=settings.queue_bytes,
        batch_size=settings.batch_size,
        retry_for=settings.retry_for,
        spool=kept,
        what=what,
        hint=hint,
    )


def _url(settings: SdkSettings, given: Mapping[str, object]) -> str:
    """Give the address spans go to; what the program says goes before what variables say."""
    if settings.traces_endpoint and ("traces_endpoint" in given or "endpoint" not in given):
        return settings.traces_endpoint
    if settings.protocol == "grpc" or settings.endpoint.endswith("/v1/traces"):
        return settings.endpoint
    return f"{settings.endpoint}/v1/traces"


def metrics_url(settings: SdkSettings, given: Mapping[str, object]) -> str:
    """Give the address metrics go to, likewise."""
    if settings.metrics_endpoint and ("metrics_endpoint" in given or "endpoint" not in given):
        return settings.metrics_endpoint
    if settings.protocol == "grpc":
        return settings.endpoint
    return f"{settings.endpoint.removesuffix('/v1/traces')}/v1/metrics"


def _console() -> SpanExporter:
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter  # where it is asked for

    return ConsoleSpanExporter()
