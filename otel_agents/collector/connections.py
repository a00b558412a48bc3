"""HTTP connections of uvicorn's, whose senders are also bounded where no application sees what they send.

A header without an end is kept by the parser as it comes, and one that does not come keeps its connection open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

MOST_BYTES: Final = 256 * 1024  # of a request's line, headers, trailers or extensions of chunks
HEADER_S: Final = 30.0  # what a request's headers may take from their first byte on, and the first request to begin

_TOO_LARGE: Final = b'{"code": 8, "message": "the headers are too large"}'
_ANSWER: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(_TOO_LARGE), _TOO_LARGE)
)


class BoundedConnection(HttpToolsProtocol):
    """A connection that is closed when what comes is neither a body nor the end of a request's headers for too long."""

    _unread = 0  # bytes since there was either
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._unread += len(data)
        super().data_received(data)
        if self._unread > MOST_BYTES and not self.transport.is_closing():
            self.transport.write(_ANSWER)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """Its headers have come."""
        self._unread = 0
        self._wait_no_more()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of its body has come."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it has come."""
        self._unread = 0
        super().on_message_complete()

    def _wait(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(HEADER_S, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
