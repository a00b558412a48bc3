"""Keeps web pages of others away from the collector, on every route and method, and sets what browsers are to refuse.

A page on the internet cannot read what a collector on loopback answers, but it can send requests there. It reaches the
collector under a name of its own (DNS rebinding; the Host header tells), or from its own origin (Sec-Fetch-Site and
Origin tell). Programs other than browsers send neither of the latter two and are not affected.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders

from otel_agents.collector.api.errors import error_response
from otel_agents.collector.handoff import RefusedError
from otel_agents.collector.receiver import otlp_http

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})  # none: typed in, or a bookmark
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class _Refusal(NamedTuple):
    status: int
    kind: str
    message: str
    hint: str | None = None


class Guard:
    """ASGI middleware around the whole application, OTLP and pages included.

    Args:
        app: what is guarded.
        host: the address the collector listens on.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._names = _LOOPBACK_NAMES | {host.lower(), socket.gethostname().lower()}
        # Listening everywhere, it is reached by any address of the machine. An address cannot be rebound, a name can.
        self._any_address = host in ("", "0.0.0.0", "::")  # noqa: S104 - only compared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refused request; pass any other on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        refusal = self._refusal(scope["method"], scope["path"], headers)
        answer = self._app if refusal is None else _answer(refusal, scope["path"], headers)
        await answer(scope, receive, send_with_headers)

    def _refusal(self, method: str, path: str, headers: Headers) -> _Refusal | None:
        host = headers.get("host", "")
        if not self._known(host):
            message = "this collector was not started for the host of the request"
            return _Refusal(421, "forbidden", message, "open it as localhost")
        of_the_api = path.startswith("/api/")
        # Reading is refused too where an answer's time could tell a page what is stored.
        if (method not in _READING or of_the_api) and not _same_origin(headers, host):
            return _Refusal(403, "forbidden", "requests of other web pages are refused")
        if of_the_api and method not in _READING | {"DELETE"} and not _is_json(headers):
            return _Refusal(415, "bad_request", "the content type must be application/json")
        return None

    def _known(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            return False
        if name is None or "@" in host:
            return False
        return name in self._names or (self._any_address and _is_address(name))


def _answer(refusal: _Refusal, path: str, headers: Headers) -> Response:
    if path.startswith(otlp_http.PATHS):
        error = RefusedError(refusal.status, refusal.message, hint=refusal.hint)
        return otlp_http.refusal(error, headers.get("content-type", ""))
    return error_response(*refusal)


def _same_origin(headers: Headers, host: str) -> bool:
    if headers.get("sec-fetch-site", "none") not in _OWN_SITE:
        return False
    origin = headers.get("origin")
    return origin is None or origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")


def _is_json(headers: Headers) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
