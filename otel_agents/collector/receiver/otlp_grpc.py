"""OTLP over gRPC: ``TraceService/Export``, on raw bytes, so that both transports share one decoder."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import grpc
import grpc.aio

from otel_agents.collector.receiver.decode import decode_protobuf
from otel_agents.collector.receiver.status import answer

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from otel_agents.collector.receiver.traces import TraceReceiver

SERVICE: Final = "opentelemetry.proto.collector.trace.v1.TraceService"

_log = logging.getLogger(__name__)


def otlp_grpc(receiver: TraceReceiver, max_bytes: int) -> grpc.aio.Server:
    """Make the server; its port is not bound yet.

    Metrics and logs are not stored: their services answer UNIMPLEMENTED, which a sender reports.
    """

    async def export(request: bytes, context: grpc.aio.ServicerContext) -> Message:
        try:
            with receiver.new_body() as body:
                body.add(request)
                decoded = await receiver.decode(body, decode_protobuf)
            return await receiver.store(decoded)
        except Exception as error:  # what each one means to the sender is in status.py
            said = answer(error)
            if said.http == 500:
                _log.exception("A request failed")
            code = next(code for code in grpc.StatusCode if code.value[0] == said.status.code)
            details = (("grpc-status-details-bin", said.status.SerializeToString()),)
            await context.abort(code, said.status.message, details)  # raises
            raise

    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", max_bytes),
            ("grpc.so_reuseport", 0),  # a port in use is an error, not a port to share
        ]
    )
    method = grpc.unary_unary_rpc_method_handler(
        export, response_serializer=lambda message: message.SerializeToString()
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Export": method}),))
    return server
