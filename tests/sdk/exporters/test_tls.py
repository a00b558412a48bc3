"""Sending over TLS, by HTTP and by gRPC: whom the program trusts, and whom the receiver lets in.

The certificates are the tests' own and are good for a hundred years; the key that signed them is gone.
"""

import logging
import re
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import grpc
import pytest

import otel_agents
from otel_agents.errors import ConfigurationError
from otel_agents.sdk.exporters.otlp_grpc import EXPORT

FILES = Path(__file__).parent / "certificates"
TRUSTED = {"certificate": FILES / "ca.pem"}
KNOWN = {"client_certificate": FILES / "client.pem", "client_key": FILES / "client.key"}


class HttpsServer(HTTPServer):
    """Lets in who has a certificate of ours, and counts what came."""

    came = 0

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of handshakes that fail."""


class Taking(BaseHTTPRequestHandler):
    server: HttpsServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.came += 1
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class GrpcService:
    came = 0

    def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        return grpc.unary_unary_rpc_method_handler(self.export) if call.method == EXPORT else None

    def export(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self.came += 1
        return b""


@pytest.fixture
def https() -> Iterator[tuple[HttpsServer, dict[str, str]]]:
    server = HttpsServer(("127.0.0.1", 0), Taking)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(FILES / "server.pem", FILES / "server.key")
    tls.load_verify_locations(FILES / "ca.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server, {"endpoint": f"https://127.0.0.1:{server.server_port}"}
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def grpcs() -> Iterator[tuple[GrpcService, dict[str, str]]]:
    service = GrpcService()
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((service,))
    key, certificate, trusted = ((FILES / name).read_bytes() for name in ("server.key", "server.pem", "ca.pem"))
    credentials = grpc.ssl_server_credentials([(key, certificate)], trusted, require_client_auth=True)
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    yield service, {"endpoint": f"https://127.0.0.1:{port}", "protocol": "grpc"}
    server.stop(None).wait()


@pytest.fixture(params=["https", "grpcs"])
def receiver(request: pytest.FixtureRequest) -> tuple[HttpsServer | GrpcService, dict[str, str]]:
    return request.getfixturevalue(request.param)


def delivered(**settings: object) -> int:
    otel_agents.configure(spool=False, shutdown_timeout=0.5, **settings)
    with otel_agents.monitor_operation("work"):
        pass
    otel_agents.flush()
    here = [each for each in otel_agents.telemetry_health().destinations if str(settings["endpoint"]) in each.name]
    otel_agents.shutdown()
    return here[-1].delivered


def test_both_know_each_other(receiver) -> None:
    server, where = receiver
    assert delivered(**where, **TRUSTED, **KNOWN, compression="gzip") == 1
    assert server.came == 1


@pytest.mark.parametrize("shown", [{}, TRUSTED, KNOWN], ids=["nothing", "no client", "an unknown receiver"])
def test_one_does_not_know_the_other(receiver, caplog, shown) -> None:
    server, where = receiver
    with caplog.at_level(logging.WARNING, "otel_agents"):
        assert delivered(**where, **shown) == 0
    assert server.came == 0
    assert f"No answer from {where['endpoint']}" in caplog.messages[0]


def test_the_certificate_and_its_key_may_be_in_one_file(receiver, tmp_path) -> None:
    server, where = receiver
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(file.read_bytes() for file in KNOWN.values()))
    assert delivered(**where, **TRUSTED, client_certificate=both) == 1
    assert server.came == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"client_key": FILES / "client.key"}, "setting 'client_key': expected 'client_certificate' beside it"),
        (
            {"client_certificate": FILES / "client.pem"},
            "settings 'client_certificate' and 'client_key': expected a certificate (PEM) and its key",
        ),
        ({**KNOWN, "client_key": FILES / "server.key"}, "KEY_VALUES_MISMATCH"),
        ({"certificate": FILES / "client.key"}, "setting 'certificate': expected a file of certificates (PEM), got"),
    ],
)
@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_what_is_wrong_with_them_is_named(given, expected, protocol) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(expected)):
        otel_agents.configure(endpoint="https://127.0.0.1", protocol=protocol, **given)
