"""Any OpenTelemetry SpanExporter as a sender: the console, a user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_agents.sdk.exporters.sender import Outcome, Parcel, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

_SPAN_SIZE = 512  # bytes, without long texts


class ExporterSender:
    """Sends through a SpanExporter, which tries again on its own where it does.

    Args:
        exporter: the exporter, or what makes it: on the sender's thread, before the first batch of each process.
    """

    def __init__(self, exporter: SpanExporter | Callable[[], SpanExporter]) -> None:
        self._given = exporter
        self._exporter = exporter if isinstance(exporter, SpanExporter) else None

    def prepare(self, spans: Sequence[ReadableSpan]) -> Sequence[Parcel]:
        """Give the spans as they are."""
        return (Parcel(spans, len(spans), sum(map(_size, spans))),)

    def split(self, parcel: Parcel) -> Sequence[Parcel]:  # noqa: ARG002  it never says that a batch is too large
        """Give nothing: an exporter takes a batch or fails."""
        return ()

    def send(self, payload: Sequence[ReadableSpan], limit_s: float) -> Outcome:  # noqa: ARG002  it has its own limit
        """Export."""
        if self._exporter is None:
            self._exporter = self._given() if not isinstance(self._given, SpanExporter) else self._given
        if self._exporter.export(payload) is SpanExportResult.SUCCESS:
            return Outcome(Verdict.DELIVERED)
        return Outcome(Verdict.REFUSED, "the exporter says it failed")

    def close(self) -> None:
        """Shut the exporter down."""
        if self._exporter is not None:
            self._exporter.shutdown()

    def forget(self) -> None:
        """Make another exporter where one can be made."""
        if not isinstance(self._given, SpanExporter):
            self._exporter = None


def _size(span: ReadableSpan) -> int:
    """Estimate the bytes of a span: its texts, and something for the rest."""
    return _SPAN_SIZE + sum(len(value) for value in (span._attributes or {}).values() if isinstance(value, str))
