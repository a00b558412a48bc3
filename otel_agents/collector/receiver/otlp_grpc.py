"""OTLP over gRPC: each signal's ``Export``, on raw bytes, so that both transports share one decoder."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Final

import grpc
import grpc.aio

from otel_agents.collector.receiver.signals import SIGNALS, Signal
from otel_agents.collector.receiver.status import answer
from otel_agents.conventions import REPORT_HEADER

if TYPE_CHECKING:
    from otel_agents.collector.handoff import Sender
    from otel_agents.collector.receiver.receiver import Receiver

_log = logging.getLogger(__name__)

# gRPC keeps to itself whether a message is compressed. No request of OTLP begins like this.
_COMPRESSED: Final = (b"\x1f\x8b", b"\x78")  # gzip, deflate

# Says who sends a request, from its metadata ``authorization`` and the name of its signal; raises RefusedError.
Admit = Callable[[str | None, str], "Sender"]


def otlp_grpc(receiver: Receiver, max_bytes: int, admit: Admit) -> grpc.aio.Server:
    """Make the server; its port is not bound yet."""
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", max_bytes),
            # gRPC would unpack any number of messages at once, each up to that limit, and account for none.
            ("grpc.per_message_decompression", 0),
            ("grpc.so_reuseport", 0),  # a port in use is an error, not a port to share
        ]
    )
    server.add_generic_rpc_handlers(
        tuple(
            grpc.method_handlers_generic_handler(signal.service, {"Export": _method(receiver, signal, admit)})
            for signal in SIGNALS
        )
    )
    return server


def _method(receiver: Receiver, signal: Signal, admit: Admit) -> grpc.RpcMethodHandler:
    labels = {"signal": signal.name, "transport": "grpc"}

    async def take(request: bytes, told: dict[str, str]) -> bytes:
        sender = admit(told.get("authorization"), signal.name)
        with receiver.new_body() as body:
            body.add(request)
            gzip = request.startswith(_COMPRESSED)
            agent = told.get("user-agent", "")
            decoded = await receiver.decode(body, signal.decode_protobuf, agent=agent, gzip=gzip)
        return (await receiver.store(signal, decoded, sender, told.get(REPORT_HEADER))).SerializeToString()

    async def export(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
        began, code = perf_counter(), grpc.StatusCode.OK
        try:
            try:
                return await take(request, _metadata(context))
            except Exception as error:  # noqa: BLE001 - what each one means to the sender is in status.py
                said = answer(error)
                if said.http == 500:
                    _log.exception("A request failed")
            # What is raised from here on is kept, with this frame, until garbage is collected: nothing large be in it.
            del request
            code = next(code for code in grpc.StatusCode if code.value[0] == said.status.code)
            details = (("grpc-status-details-bin", said.status.SerializeToString()),)
            await context.abort(code, said.status.message, details)  # raises
            raise AssertionError
        finally:
            receiver.meters.observe("request_seconds", perf_counter() - began, **labels)
            receiver.meters.count("requests_total", **labels, status=code.name)

    return grpc.unary_unary_rpc_method_handler(export)


def _metadata(context: grpc.aio.ServicerContext) -> dict[str, str]:
    pairs = context.invocation_metadata() or ()
    return {key: value.decode(errors="replace") if isinstance(value, bytes) else value for key, value in pairs}
