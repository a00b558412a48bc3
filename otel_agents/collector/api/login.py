"""Sessions of the pages: ``POST /api/v1/login``, ``/logout`` and ``/login-links``, and ``GET /api/v1/me``.

A link has its code behind a ``#``, which browsers send to nobody: it is in no log and no Referer. The page posts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from otel_agents.collector.access.keyring import SESSION
from otel_agents.collector.access.principal import CURRENT
from otel_agents.collector.api.access import LOGIN, LOGIN_API, cookie_name
from otel_agents.collector.api.errors import bad_request
from otel_agents.collector.api.work import read_json
from otel_agents.collector.handoff import RefusedError

if TYPE_CHECKING:
    from starlette.requests import Request

    from otel_agents.collector.access.doorkeeper import Doorkeeper


def login_routes(door: Doorkeeper, port: int) -> list[Route]:
    """Make the routes.

    Args:
        door: knows the sessions.
        port: the collector listens on; see ``api.access.Access``.
    """
    keyring, name = door.keyring, cookie_name(port)

    async def login(request: Request) -> Response:
        shown = (await read_json(request)).get("key")
        if not isinstance(shown, str):
            raise bad_request('the body must be {"key": "…"}')
        try:
            cookie, who = await run_in_threadpool(keyring.begin_session, shown.strip())
        except RefusedError as error:
            door.refused(error, None, "login")
            raise
        door.audit.note(who, "login", "session")
        response = Response(status_code=204)
        response.set_cookie(
            name,
            cookie,
            max_age=round(SESSION.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    async def logout(request: Request) -> Response:
        if shown := request.cookies.get(name):
            await run_in_threadpool(keyring.end_session, shown)
        door.audit.note(CURRENT.get(), "logout", "session")
        response = Response(status_code=204)
        response.delete_cookie(name, httponly=True, samesite="strict")
        return response

    async def link(_request: Request) -> Response:
        return JSONResponse({"path": f"{LOGIN}#{keyring.new_code()}"})

    async def me(request: Request) -> Response:
        who = CURRENT.get()
        told = {
            "name": who.name,
            "scopes": sorted(who.scopes),
            "tenant": who.tenant,
            "session": name in request.cookies,
        }
        return JSONResponse(told | {"keys_required": keyring.required})

    return [
        Route(LOGIN_API, login, methods=["POST"]),
        Route("/api/v1/logout", logout, methods=["POST"]),
        Route("/api/v1/login-links", link, methods=["POST"]),
        Route("/api/v1/me", me),
    ]
