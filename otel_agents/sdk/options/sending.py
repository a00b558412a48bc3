"""Options: where spans go, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter

from otel_agents.sdk.options.checks import file, folder_or_not, milliseconds, part
from otel_agents.settings import Parse, flag, http_url, number, one_of, setting, text, whole

if TYPE_CHECKING:
    from pathlib import Path


def _headers(value: object) -> dict[str, str]:
    """Accept a mapping, or ``key=value,key=value`` with percent-encoded values as in the variables' specification."""
    expected = "expected headers such as {'authorization': 'Bearer …'}"
    if isinstance(value, str):
        pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
        if not all(name.strip() and equals for name, equals, _ in pairs):
            raise ValueError("expected headers such as authorization=Bearer%20…,x-team=a")
        return {name.strip().lower(): unquote(content.strip()) for name, _, content in pairs}
    if isinstance(value, Mapping) and all(isinstance(part, str) for pair in value.items() for part in pair):
        return {name.lower(): content for name, content in value.items()}
    raise ValueError(expected)


def _all_of(kind: type[Any], what: str) -> Parse:
    def parse(value: object) -> tuple[Any, ...]:
        given = tuple(value) if isinstance(value, list | tuple) else (value,)
        if not all(isinstance(one, kind) for one in given):
            raise ValueError(f"expected {what}")
        return given

    return parse


def _open_spans(value: object) -> bool | str:
    if value == "local":
        return "local"
    try:
        return flag(value)
    except ValueError:
        raise ValueError("expected local, true or false") from None


@part
class Sending:
    """Where spans go, and how."""

    endpoint: str = setting(
        "http://127.0.0.1:4318",
        env=("OTEL_EXPORTER_OTLP_ENDPOINT",),
        parse=http_url,
        doc="Address spans are sent to; /v1/traces is added where it is not there.",
    )
    traces_endpoint: str | None = setting(
        None,
        env=("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",),
        parse=http_url,
        doc="Address for traces, used exactly as given; goes before endpoint from a variable.",
    )
    headers: Mapping[str, str] | None = setting(
        None,
        env=("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"),
        parse=_headers,
        secret=True,
        doc="Headers sent with every request, such as an authorization.",
    )
    key: str | None = setting(
        None,
        env=("OTEL_AGENTS_KEY",),
        parse=text,
        secret=True,
        doc="Key of a collector that asks for one (`otel-agents keys create`), sent as the header authorization.",
    )
    protocol: str = setting(
        "http/protobuf",
        env=("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"),
        parse=one_of("http/protobuf", "grpc"),
        doc="http/protobuf or grpc.",
    )
    compression: str = setting(
        "none",
        env=("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"),
        parse=one_of("none", "gzip"),
        doc="none or gzip.",
    )
    certificate: Path | None = setting(
        None,
        env=("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"),
        parse=file,
        doc="File with the certificates to trust, for https.",
    )
    client_certificate: Path | None = setting(
        None,
        env=("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"),
        parse=file,
        doc="File with the program's own certificate, where the receiver asks for one.",
    )
    client_key: Path | None = setting(
        None,
        env=("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"),
        parse=file,
        doc="File with the key of client_certificate, where that file does not hold it.",
    )
    timeout: float = setting(
        10.0,
        env=("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"),
        parse=number(0.01, 86_400),
        doc="Seconds one request may take.",
    )
    retry_for: float = setting(
        30.0,
        env=("OTEL_AGENTS_RETRY_FOR",),
        parse=number(0, 86_400),
        doc="Seconds a batch is tried again while nobody takes it; then it goes to the spool.",
    )
    traces_exporter: str = setting(
        "otlp",
        env=("OTEL_TRACES_EXPORTER",),
        parse=one_of("otlp", "console", "none"),
        doc="otlp; console prints the spans; none sends nothing, while health and alerts work on.",
    )
    open_spans: bool | str = setting(
        "local",
        env=("OTEL_AGENTS_OPEN_SPANS",),
        parse=_open_spans,
        doc="Whether spans are shown while they are open: local, in a collector of ours on this machine; true, "
        "wherever one is; false.",
    )
    processors: tuple[SpanProcessor, ...] = setting(
        (),
        parse=_all_of(SpanProcessor, "OpenTelemetry SpanProcessor objects"),
        doc="Further span processors; they see each span as it starts and ends.",
    )
    exporters: tuple[SpanExporter, ...] = setting(
        (),
        parse=_all_of(SpanExporter, "OpenTelemetry SpanExporter objects"),
        doc="Further span exporters; they get the same batches as the collector, cost included.",
    )
    queue_size: int = setting(
        65_536,
        env=("OTEL_BSP_MAX_QUEUE_SIZE",),
        parse=whole(1, 10_000_000),
        doc="Ended spans that may wait to be encoded; a program that is faster waits for the SDK's thread.",
    )
    queue_bytes: int = setting(
        64 * 1024 * 1024,
        env=("OTEL_AGENTS_EXPORT_QUEUE_BYTES",),
        parse=whole(1, 1 << 40),
        doc="Memory for spans that wait to be sent, in bytes as encoded; more go to the spool.",
    )
    batch_size: int = setting(
        1024,
        env=("OTEL_BSP_MAX_EXPORT_BATCH_SIZE",),
        parse=whole(1, 1_000_000),
        doc="Spans in one request, at most.",
    )
    interval: float = setting(
        0.5,
        env=("OTEL_BSP_SCHEDULE_DELAY",),
        parse=milliseconds(number(0.001, 3600)),
        doc="Seconds between two requests when spans come slowly (the variable: milliseconds).",
    )
    spool: Path | bool = setting(
        True,
        env=("OTEL_AGENTS_SPOOL",),
        parse=folder_or_not,
        doc="Folder for spans that could not be delivered; true: otel-agents/spool in the user's state folder; false: "
        "they are dropped and counted.",
    )
    spool_bytes: int = setting(
        256 * 1024 * 1024,
        env=("OTEL_AGENTS_SPOOL_BYTES",),
        parse=whole(1, 1 << 50),
        doc="Size of that folder, in bytes; beyond it the oldest spans are dropped and counted.",
    )
    shutdown_timeout: float = setting(
        2.0,
        env=("OTEL_AGENTS_SHUTDOWN_TIMEOUT",),
        parse=number(0, 3600),
        doc="Seconds the program's exit may wait for spans to be delivered; three times that while they are.",
    )

    @property
    def sent_headers(self) -> Mapping[str, str] | None:
        """What goes with every request: ``headers``, and the key where they have no authorization."""
        if self.key is None:
            return self.headers
        return {"authorization": f"Bearer {self.key}", **(self.headers or {})}
