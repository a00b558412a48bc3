"""A small OTLP/HTTP receiver that remembers what it got and answers as it is told."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from time import sleep

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Receiver:
    """What a test sees of it.

    Attributes:
        url: its address.
        answers: (status, headers) for the next requests; 200 when empty.
        requests: (path, headers, message) of each request, refused ones too.
        metrics: the same of requests of metrics, to a path that ends so.
        strange: (path, body) of requests to paths that are not OpenTelemetry's, which it does not know.
        body: what its answers hold.
        takes_s: seconds it takes for an answer.
        largest: bodies above this many bytes are refused as too large.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: SimpleQueue[tuple[int, dict[str, str]]] = SimpleQueue()
        self.requests: list[tuple[str, dict[str, str], ExportTraceServiceRequest]] = []
        self.takes_s = 0.0
        self.metrics: list[tuple[str, dict[str, str], ExportMetricsServiceRequest]] = []
        self.strange: list[tuple[str, bytes]] = []
        self.largest = 1 << 30
        self.body = b""
        self.arrived = threading.Semaphore(0)

    def names(self) -> list[str]:
        """The names of the spans that came, in order."""
        return [
            span.name
            for _, _, message in self.requests
            for resource in message.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def wait(self, requests: int = 1) -> None:
        """Wait until so many further requests have come."""
        for _ in range(requests):
            assert self.arrived.acquire(timeout=60)


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """Receive on a port of loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path.endswith("open_spans"):
                receiver.strange.append((self.path, body))
                self.send_error(404)
                receiver.arrived.release()
                return
            status, headers = (200, {}) if receiver.answers.empty() else receiver.answers.get()
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            if len(body) > receiver.largest:
                status = 413
            else:
                sent = {name.lower(): value for name, value in self.headers.items()}
                if self.path.endswith("metrics"):
                    receiver.metrics.append((self.path, sent, ExportMetricsServiceRequest.FromString(body)))
                else:
                    receiver.requests.append((self.path, sent, ExportTraceServiceRequest.FromString(body)))
            sleep(receiver.takes_s)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(receiver.body)))
            self.end_headers()
            self.wfile.write(receiver.body)
            receiver.arrived.release()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
