"""Asks of every request who sends it and what they may, before any route sees it; what is not listed needs most."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final, NamedTuple

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse

from otel_agents.collector.access.doorkeeper import KnownSender
from otel_agents.collector.access.principal import CURRENT, Principal
from otel_agents.collector.api.errors import refused_response
from otel_agents.collector.handoff import RefusedError
from otel_agents.collector.receiver import otlp_http

if TYPE_CHECKING:
    from collections.abc import Hashable
    from contextlib import AbstractContextManager

    from duckdb import DuckDBPyConnection
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from otel_agents.collector.access.doorkeeper import Doorkeeper
    from otel_agents.collector.store.store import TenantStore

COOKIE: Final = "otel_agents"
LOGIN: Final = "/login"
LOGIN_API: Final = "/api/v1/login"

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class _Needed(NamedTuple):
    scope: str
    of_tenants: bool = True


# Paths that end in / stand for all below. The first that fits counts.
_OPEN: Final = ("/healthz", "/readyz", "/ui/", LOGIN, LOGIN_API)
_ADMINISTRATION: Final = ("/api/v1/keys", "/api/v1/keys/", "/api/v1/audit", "/api/v1/login-links")
_BACKUP: Final = "/api/v1/backup"
_OF_WHO_ASKS: Final = ("/api/v1/me", "/api/v1/logout")
# What shows a tenant's key that tenant's part; of everything else nobody has said that it does.
_PARTED: Final = (
    "/",
    "/api/v1/sql",
    "/api/v1/queries",
    "/api/v1/queries/",
    "/api/v1/traces",
    "/api/v1/traces/",
    "/api/v1/schema",
    "/api/v1/overview",
    "/api/v1/live",
    "/api/v1/export",
)
# What needs no more than reading does although it is no GET: asking, and saving what is asked.
_ASKING: Final = ("/api/v1/sql", "/api/v1/queries", "/api/v1/queries/")
# What is worth an entry of the audit log although it only reads.
_NOTED: Final = {"/api/v1/export": "export", _BACKUP: "backup"}


def needed(method: str, path: str) -> _Needed | None:
    """Say what a request needs; None for nothing."""
    if _among(path, _OPEN):
        return None
    if path.startswith(otlp_http.PATHS):
        return _Needed("ingest")
    if _among(path, _OF_WHO_ASKS):
        return _Needed("")
    if _among(path, _ADMINISTRATION):
        return _Needed("admin", of_tenants=False)
    if path == _BACKUP:
        return _Needed("backup", of_tenants=False)
    reads = method in _READING or _among(path, _ASKING)
    return _Needed("read" if reads else "change", of_tenants=_among(path, _PARTED))


def _among(path: str, paths: tuple[str, ...]) -> bool:
    return any(path == one or (len(one) > 1 and one.endswith("/") and path.startswith(one)) for one in paths)


class Access:
    """ASGI middleware behind the guard, around all routes.

    Args:
        app: the routes.
        door: decides.
        port: the collector listens on; browsers do not tell cookies of one port from those of another.
    """

    def __init__(self, app: ASGIApp, door: Doorkeeper, port: int) -> None:
        self._app = app
        self._door = door
        self._cookie = cookie_name(port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refused request; pass any other on, with who asks in ``CURRENT``."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path, headers = scope["method"], scope["path"], Headers(scope=scope)
        who = self._door.known(headers.get("authorization"), _cookie(headers, self._cookie))
        needs = needed(method, path)
        if needs is not None:
            try:
                who = self._door.admit(who, needs.scope, f"{method} {path}", of_tenants=needs.of_tenants)
            except RefusedError as error:
                await _refusal(error, scope, headers)(scope, receive, send)
                return
        # On what is open to all, nobody who is known is still nobody who may read anything.
        CURRENT.set(who or _NOBODY)
        if path.startswith(otlp_http.PATHS):
            scope[otlp_http.SENDER] = KnownSender(self._door, CURRENT.get(), path)
        action = None if needs is None else _action(method, path)
        await self._app(scope, receive, send if action is None else self._noting(send, CURRENT.get(), action, path))

    def _noting(self, send: Send, who: Principal, action: str, path: str) -> Send:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                outcome = "done" if message["status"] < 400 else "failed"
                self._door.audit.note(who, action, path, outcome)
            await send(message)

        return noting


_NOBODY: Final = Principal(None, "nobody", frozenset(), tenant="")  # no record is of the tenant ""


def cookie_name(port: int) -> str:
    """The session's cookie of a collector."""
    return f"{COOKIE}_{port}"


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _action(method: str, path: str) -> str | None:
    """Name what is done; None for what is not worth an entry, or has one of its own."""
    if path in _NOTED:
        return _NOTED[path]
    own = (*_ADMINISTRATION, *_OF_WHO_ASKS, *_ASKING)
    if method in _READING or path.startswith(otlp_http.PATHS) or _among(path, own):
        return None
    return "delete" if method == "DELETE" else "change"


def _refusal(error: RefusedError, scope: Scope, headers: Headers) -> Response:
    path = scope["path"]
    if path.startswith(otlp_http.PATHS):
        return otlp_http.refusal(error, headers.get("content-type", ""))
    if error.status == 401 and path == "/":
        return RedirectResponse(LOGIN, 303, {"Cache-Control": "no-store"})
    return refused_response(error)


class Visible:
    """A store that shows who asks what they may see.

    Args:
        store: all of it.
    """

    def __init__(self, store: TenantStore) -> None:
        self._store = store

    def read(self) -> AbstractContextManager[DuckDBPyConnection]:
        """Lend a cursor, as the store does; outside of a request nobody asks, and that is an error."""
        return self._store.read(CURRENT.get().tenant)

    def state(self) -> Hashable:
        """Name the state of what they see."""
        return self._store.state(CURRENT.get().tenant)

    def are_many_coming(self) -> bool:
        """Say so, as the store does."""
        return self._store.are_many_coming()
