"""OTLP over HTTP, with protobuf (opentelemetry-proto, docs/specification.md, OTLP/HTTP)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from otel_agents.sdk.exporters.encoder import encode
from otel_agents.sdk.exporters.requests import joined, parts, rejected
from otel_agents.sdk.exporters.sender import Outcome, Parcel, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from opentelemetry.sdk.trace import ReadableSpan

TRY_AGAIN = frozenset({429, 502, 503, 504})  # the specification's retryable answers
LONGEST_WAIT_S = 60.0
MAX_BODY = 32 * 1024 * 1024  # bytes before compression; half of what receivers usually take


class EncodingSender:
    """What senders of OTLP share: spans become encoded requests, once for all attempts."""

    def prepare(self, spans: Sequence[ReadableSpan]) -> Sequence[Parcel]:
        """Encode, into several requests where one would be too large."""
        left_out: list[ReadableSpan] = []
        body = encode(spans, left_out)
        if len(body) > MAX_BODY and len(spans) > 1:
            half = len(spans) // 2
            return (*self.prepare(spans[:half]), *self.prepare(spans[half:]))
        return (Parcel(body, len(spans) - len(left_out), len(body)),) if body else ()

    def split(self, parcel: Parcel) -> Sequence[Parcel]:
        """Make two requests of one that was too large for the receiver."""
        spans = parts(parcel.payload)
        if len(spans) < 2:
            return ()
        half = len(spans) // 2
        halves = [(joined(some), len(some)) for some in (spans[:half], spans[half:])]
        return [Parcel(body, count, len(body)) for body, count in halves]


class OtlpHttpSender(EncodingSender):
    """Posts spans to one address over kept-alive connections.

    Args:
        url: the whole address, path included.
        headers: sent with every request.
        timeout: seconds one request may take.
        compress: whether bodies are gzipped.
        certificate: certificates to trust; None for the system's.
        client_certificate: the program's own certificate.
        client_key: its key.
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
    ) -> None:
        self.url = url
        self._headers = {"content-type": "application/x-protobuf", "user-agent": "otel-agents", **(headers or {})}
        if compress:
            self._headers["content-encoding"] = "gzip"
        self._compress = compress
        self._timeout = timeout
        self._tls: dict[str, Any] = {
            name: str(path)
            for name, path in (
                ("ca_certs", certificate),
                ("cert_file", client_certificate),
                ("key_file", client_key),
            )
            if path is not None
        }
        self._pool: Any = None

    def send(self, payload: bytes, limit_s: float, headers: Mapping[str, str] | None = None) -> Outcome:
        """Post once, with further ``headers``."""
        import gzip  # here, on the sender's thread, as are those that follow

        import urllib3  # takes longer to import than everything else together

        body = gzip.compress(payload, 1) if self._compress else payload

        if self._pool is None:
            self._pool = urllib3.PoolManager(maxsize=1, retries=False, **self._tls)
        limit = min(self._timeout, limit_s)
        timeout = urllib3.Timeout(connect=min(limit, 5.0), total=limit)
        try:
            answer = self._pool.request(
                "POST",
                self.url,
                body=body,
                headers={**self._headers, **(headers or {})},
                timeout=timeout,
                redirect=False,
            )
        except urllib3.exceptions.SSLError as error:
            return Outcome(Verdict.TRY_AGAIN, f"TLS: {error}", unreachable=True)
        except urllib3.exceptions.HTTPError as error:
            return Outcome(Verdict.TRY_AGAIN, _plainly(error), unreachable=True)
        return _outcome(answer.status, answer.headers.get("retry-after"), answer.data)

    def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            self._pool.clear()
            self._pool = None

    def forget(self) -> None:
        """Leave the parent's connections alone."""
        self._pool = None


def taken(response: bytes) -> Outcome:
    """Say that a request was taken, all of it or but for some spans."""
    count, reason = rejected(response)
    return Outcome(Verdict.DELIVERED, reason, rejected=count)


def _outcome(status: int, retry_after: str | None, body: bytes) -> Outcome:
    if 200 <= status < 300:
        return taken(body)
    reason = f"HTTP {status} {_shown(body)}".rstrip()
    if status in TRY_AGAIN:
        return Outcome(Verdict.TRY_AGAIN, reason, wait_s=_seconds(retry_after))
    if status == 413:
        return Outcome(Verdict.TOO_LARGE, reason)
    return Outcome(Verdict.REFUSED, reason, for_good=status == 400)


def _seconds(retry_after: str | None) -> float | None:
    """Read a Retry-After header: seconds, or a date (RFC 9110, section 10.2.3)."""
    if not retry_after:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        from email.utils import parsedate_to_datetime

        try:
            at = parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT_S)


def _shown(body: bytes) -> str:
    """Give what is readable of an error's body: a google.rpc.Status holds its message as text."""
    text = body[:500].decode(errors="replace")
    return "".join(c for c in text if c.isprintable() and c != "\ufffd").strip()


def _plainly(error: Exception) -> str:
    """Name a connection's failure in a few words."""
    cause = error.__cause__ or error.__context__ or error
    return (getattr(cause, "strerror", None) or str(cause)).rstrip(".")
