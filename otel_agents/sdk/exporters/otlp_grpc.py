"""OTLP over gRPC (opentelemetry-proto, docs/specification.md, OTLP/gRPC), with requests that are encoded already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from otel_agents.sdk.exporters.otlp import EncodingSender, taken
from otel_agents.sdk.exporters.sender import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
EXPORT_OPEN_SPANS = "/otel_agents.collector.v1.OpenSpansService/Export"
EXPORT_METRICS = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
UNREACHABLE = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED"})
TRY_AGAIN = UNREACHABLE | {"CANCELLED", "RESOURCE_EXHAUSTED", "ABORTED", "OUT_OF_RANGE", "DATA_LOSS"}
_OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 250),
    ("grpc.max_reconnect_backoff_ms", 5000),
    ("grpc.primary_user_agent", "otel-agents"),  # as over HTTP: the collector knows whose spans are redacted already
)


class OtlpGrpcSender(EncodingSender):
    """Calls one address over a channel that stays open.

    Args:
        url: the address; https asks for TLS, a path is not used.
        headers: sent with every call.
        timeout: seconds one call may take.
        compress: whether messages are gzipped.
        certificate: certificates to trust; None for the system's.
        client_certificate: the program's own certificate.
        client_key: its key.
        method: what is called.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = 10.0,
        compress: bool = False,
        certificate: Path | None = None,
        client_certificate: Path | None = None,
        client_key: Path | None = None,
        method: str = EXPORT,
    ) -> None:
        self._method = method
        self._address = urlsplit(url)
        self._headers = tuple((headers or {}).items())
        self._timeout = timeout
        self._compress = compress
        self._tls = (certificate, client_key or client_certificate, client_certificate)  # one file may hold both
        self._channel: Any = None

    def send(self, payload: bytes, limit_s: float, headers: Mapping[str, str] | None = None) -> Outcome:
        """Call once, with further ``headers``."""
        import grpc  # here, on the sender's thread: it takes long to import

        if self._channel is None:
            self._channel = self._connect(grpc)
        call = self._channel.unary_unary(self._method)  # bytes in, bytes out
        try:
            metadata = (*self._headers, *(headers or {}).items())
            response: bytes = call(payload, timeout=min(self._timeout, limit_s), metadata=metadata)
        except grpc.RpcError as error:
            return _outcome(error.code().name, error.details() or "")
        return taken(response)

    def _connect(self, grpc: Any) -> Any:
        target = self._address.netloc
        compression = grpc.Compression.Gzip if self._compress else grpc.Compression.NoCompression
        if self._address.scheme == "http":
            return grpc.insecure_channel(target, _OPTIONS, compression)
        credentials = grpc.ssl_channel_credentials(*(path and path.read_bytes() for path in self._tls))
        return grpc.secure_channel(target, credentials, _OPTIONS, compression)

    def close(self) -> None:
        """Close the channel."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def forget(self) -> None:
        """Leave the parent's channel alone."""
        self._channel = None


def _outcome(code: str, details: str) -> Outcome:
    reason = f"{code} {details}".rstrip()
    if code == "RESOURCE_EXHAUSTED" and "larger than max" in details:
        return Outcome(Verdict.TOO_LARGE, reason)
    if code in TRY_AGAIN:
        return Outcome(Verdict.TRY_AGAIN, reason, unreachable=code in UNREACHABLE)
    return Outcome(Verdict.REFUSED, reason, for_good=code == "INVALID_ARGUMENT")
