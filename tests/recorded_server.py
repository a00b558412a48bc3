"""Serves recorded exchanges on loopback, so that a provider's own client parses and streams them.

    with serve(exchanges("openai_chat_stream")) as server:
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)

Answers go out in the order they were recorded, whatever is asked. A request for another resource than the recorded one,
or after the last, is refused in words.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.recordings import Exchange


@dataclass
class RecordedServer:
    """A running server.

    Attributes:
        url: where it listens, without a trailing slash.
        requests: the JSON of the requests so far.
    """

    url: str
    exchanges: list[Exchange]
    requests: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, path: str, body: dict[str, Any]) -> Exchange | str:
        """The answer to the next request, or why there is none."""
        with self._lock:
            if len(self.requests) == len(self.exchanges):
                return f"all {len(self.exchanges)} recorded answers were given"
            exchange = self.exchanges[len(self.requests)]
            if _resource(exchange.path) != _resource(path):
                return f"recorded is {exchange.path}, asked for was {path}"
            self.requests.append(body)
            return exchange


@contextmanager
def serve(exchanges: Sequence[Exchange]) -> Iterator[RecordedServer]:
    """Serve the exchanges on a free port of loopback until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    recorded = RecordedServer(f"http://127.0.0.1:{server.server_address[1]}", list(exchanges))
    server.recorded = recorded  # type: ignore[attr-defined]  # the handler is made by the server and finds it here
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield recorded
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _resource(path: str) -> str:
    """What is asked for, without the prefix and the version, which differ between versions of a client."""
    return urlsplit(path).path.rpartition("/")[2]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        found = self.server.recorded.take(self.path, body)  # type: ignore[attr-defined]
        if isinstance(found, str):
            self._plain(404, "application/json", json.dumps({"error": {"message": found}}).encode())
        elif found.streamed:
            self._stream(found)
        else:
            self._plain(found.status, found.content_type, json.dumps(found.body).encode())

    def _plain(self, status: int, content_type: str, body: bytes) -> None:
        self._head(status, content_type, ("Content-Length", str(len(body))))
        self.wfile.write(body)

    def _stream(self, exchange: Exchange) -> None:
        """One chunk of the transfer for each event."""
        self._head(exchange.status, exchange.content_type, ("Transfer-Encoding", "chunked"))
        ending = "\r\n\r\n" if "\r\n\r\n" in exchange.body else "\n\n"
        for event in exchange.body.split(ending):
            if event.strip():
                data = (event + ending).encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _head(self, status: int, content_type: str, length: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header(*length)
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
