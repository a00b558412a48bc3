"""Sending over gRPC, to a real server that answers as it is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from otel_agents.sdk.exporters.otlp_grpc import EXPORT, OtlpGrpcSender
from otel_agents.sdk.exporters.sender import Outcome, Verdict


class Server:
    """What a test sees of it: what came, and how it answers."""

    def __init__(self) -> None:
        self.came: list[tuple[bytes, dict[str, str]]] = []
        self.answer: tuple[grpc.StatusCode, str] | None = None

    def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        return grpc.unary_unary_rpc_method_handler(self.export) if call.method == EXPORT else None

    def export(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self.came.append((request, dict(context.invocation_metadata())))
        if self.answer is not None:
            context.abort(*self.answer)
        return b""


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()
    running = grpc.server(ThreadPoolExecutor(1), options=[("grpc.max_receive_message_length", 1000)])
    running.add_generic_rpc_handlers((told,))
    told.url = f"http://127.0.0.1:{running.add_insecure_port('127.0.0.1:0')}"
    running.start()
    yield told
    running.stop(None).wait()


@pytest.mark.parametrize("compress", [False, True])
def test_a_request_arrives_with_its_headers(server, compress) -> None:
    sender = OtlpGrpcSender(server.url, headers={"authorization": "Bearer x"}, compress=compress)
    assert sender.send(b"request", 5.0) == Outcome(Verdict.DELIVERED)
    sender.close()
    ((request, headers),) = server.came
    assert (request, headers["authorization"]) == (b"request", "Bearer x")
    assert headers["user-agent"].startswith("otel-agents ")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (grpc.StatusCode.UNAVAILABLE, Outcome(Verdict.TRY_AGAIN, "UNAVAILABLE so", unreachable=True)),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Outcome(Verdict.TRY_AGAIN, "RESOURCE_EXHAUSTED so")),
        (grpc.StatusCode.INVALID_ARGUMENT, Outcome(Verdict.REFUSED, "INVALID_ARGUMENT so", for_good=True)),
        (grpc.StatusCode.UNAUTHENTICATED, Outcome(Verdict.REFUSED, "UNAUTHENTICATED so")),
    ],
)
def test_what_each_status_means(server, code, expected) -> None:
    server.answer = (code, "so")
    sender = OtlpGrpcSender(server.url)
    assert sender.send(b"request", 5.0) == expected
    sender.close()


def test_a_message_that_is_too_large_is_told_apart(server) -> None:
    sender = OtlpGrpcSender(server.url)
    assert sender.send(b"x" * 2000, 5.0).verdict is Verdict.TOO_LARGE
    sender.close()
