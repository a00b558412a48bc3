"""A notice for the tests of channels, and a receiver of webhooks on loopback."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue

from otel_agents.alerts.routing import Notice
from otel_agents.model import Alert

FIRING = Alert(
    name="slow chat",
    severity="high",
    state="firing",
    message="ChatAgent: p95 time 6.2 s in the last 5 minutes (limit 5 s)",
    kind="agent",
    subject="ChatAgent",
    value=6.2,
    threshold=5.0,
    since=1_700_000_000.5,
)
RESOLVED = Alert(
    name="slow chat",
    severity="medium",
    state="resolved",
    message="Coder: p95 time 5.5 s in the last 5 minutes (limit 5 s)",
    kind="agent",
    subject="Coder",
    value=5.5,
    threshold=5.0,
    since=1_700_000_000.0,
    resolved_at=1_700_000_060.0,
    acknowledged_by="anna",
)
NOTICE = Notice("slow chat", "new", (FIRING, RESOLVED), False, 1_700_000_060.0)


class Hooks:
    """What came: (path, headers, body) of each request; ``answers`` holds the next statuses, 200 when empty."""

    def __init__(self, port):
        self.port = port
        self.arrived = SimpleQueue()
        self.answers = SimpleQueue()

    def next(self):
        return self.arrived.get(timeout=60)


@contextmanager
def hooks():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            received.arrived.put(
                (self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            )  # in the order they are sent in
            status = 200 if received.answers.empty() else received.answers.get()
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *given):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        received = Hooks(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield received
        finally:
            server.shutdown()
            thread.join()
