"""The signals of OTLP, and what is different about each: its messages, its decoder, its names in HTTP and gRPC."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from otel_agents.collector.receiver.decode import Decoded
from otel_agents.collector.receiver.decode_logs import decode_logs
from otel_agents.collector.receiver.decode_points import decode_points
from otel_agents.collector.receiver.decode_spans import decode_spans
from otel_agents.collector.receiver.otlp_json import BAD_FIELD, read_json
from otel_agents.conventions import REPORT_ANSWER

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal.

    Attributes:
        path: where it is sent to over HTTP.
        service: its service in gRPC.
        request: what is sent.
        decode_protobuf: decodes a request; raises ``UndecodableError``.
        answer: makes the response from how many records were refused, and why; none when that is 0.
    """

    path: str
    service: str
    request: type[Message]
    decode_protobuf: Callable[[bytes], Decoded]
    answer: Callable[[int, str], Message]

    @property
    def name(self) -> str:
        """What it is called: traces, metrics, logs."""
        return self.path.rpartition("/")[2]

    def decode_json(self, body: bytes) -> Decoded:
        """Decode a request in JSON.

        Raises:
            UndecodableError: the text is not JSON, or not such a request.
        """
        request, refused = read_json(body, self.request)
        decoded = self.decode_protobuf(request.SerializeToString())
        return Decoded(decoded.batch, decoded.refused + Counter({BAD_FIELD: refused} if refused else {}))


def _traces(refused: int, why: str) -> ExportTraceServiceResponse:
    rejected = ExportTracePartialSuccess(rejected_spans=refused, error_message=why) if refused else None
    return ExportTraceServiceResponse(partial_success=rejected)


def _reports(refused: int, why: str) -> ExportTraceServiceResponse:
    said = ExportTracePartialSuccess(rejected_spans=refused, error_message=why or REPORT_ANSWER)
    return ExportTraceServiceResponse(partial_success=said)


def _metrics(refused: int, why: str) -> ExportMetricsServiceResponse:
    rejected = ExportMetricsPartialSuccess(rejected_data_points=refused, error_message=why) if refused else None
    return ExportMetricsServiceResponse(partial_success=rejected)


def _logs(refused: int, why: str) -> ExportLogsServiceResponse:
    rejected = ExportLogsPartialSuccess(rejected_log_records=refused, error_message=why) if refused else None
    return ExportLogsServiceResponse(partial_success=rejected)


_SERVICES: Final = "opentelemetry.proto.collector"

TRACES: Final = Signal(
    "/v1/traces", f"{_SERVICES}.trace.v1.TraceService", ExportTraceServiceRequest, decode_spans, _traces
)
METRICS: Final = Signal(
    "/v1/metrics", f"{_SERVICES}.metrics.v1.MetricsService", ExportMetricsServiceRequest, decode_points, _metrics
)
LOGS: Final = Signal("/v1/logs", f"{_SERVICES}.logs.v1.LogsService", ExportLogsServiceRequest, decode_logs, _logs)

# No signal of OpenTelemetry's: the spans that are open in a program, which come with a header (``reports.py``). A
# collector of others answers that it does not know it.
OPEN_SPANS: Final = Signal(
    "/v1/open_spans", "otel_agents.collector.v1.OpenSpansService", ExportTraceServiceRequest, decode_spans, _reports
)

SIGNALS: Final = (TRACES, METRICS, LOGS, OPEN_SPANS)
