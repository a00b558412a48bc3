"""For administrators: ``GET`` and ``POST /api/v1/keys``, ``DELETE /api/v1/keys/{id or name}``, ``/api/v1/audit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from otel_agents.collector.access.principal import CURRENT
from otel_agents.collector.access.telling import entry_told, told
from otel_agents.collector.api.errors import bad_request
from otel_agents.collector.api.work import read_json, whole
from otel_agents.errors import QueryError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from otel_agents.collector.access.doorkeeper import Doorkeeper

MAX_ENTRIES = 1_000


def key_routes(door: Doorkeeper) -> list[Route]:
    """Make the routes."""
    keyring, audit = door.keyring, door.audit

    async def list_(_request: Request) -> Response:
        return JSONResponse({"keys": [told(key) for key in await run_in_threadpool(keyring.all)]})

    async def create(request: Request) -> Response:
        given = _checked(await read_json(request))
        key, secret = await run_in_threadpool(keyring.create, **given)
        audit.note_key(CURRENT.get(), "key created", key)
        return JSONResponse(told(key) | {"key": secret}, 201)

    async def revoke(request: Request) -> Response:
        named = request.path_params["named"]
        revoked = await run_in_threadpool(keyring.revoke, named)
        if not revoked:
            raise QueryError(f"there is no key {named!r} that works", kind="not_found")
        for key in revoked:
            audit.note_key(CURRENT.get(), "key revoked", key)
        return JSONResponse({"revoked": [told(key) for key in revoked]})

    async def read_audit(request: Request) -> Response:
        limit = whole(request, "limit", 1, MAX_ENTRIES, 100) or 100
        before = whole(request, "before", 1, 999_999_999, None)
        action, who = request.query_params.get("action") or None, request.query_params.get("who") or None

        def read() -> list[dict[str, Any]]:
            return [entry_told(*found) for found in audit.read(limit=limit, before=before, action=action, who=who)]

        return JSONResponse({"entries": await run_in_threadpool(read)})

    return [
        Route("/api/v1/keys", list_),
        Route("/api/v1/keys", create, methods=["POST"]),
        Route("/api/v1/keys/{named}", revoke, methods=["DELETE"]),
        Route("/api/v1/audit", read_audit),
    ]


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    kinds: dict[str, type | tuple[type, ...]] = {"name": str, "scopes": list, "tenant": str, "days": (int, float)}
    if unknown := body.keys() - kinds.keys():
        raise bad_request(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(kinds)}")
    for name, kind in kinds.items():
        if body.get(name) is not None and (not isinstance(body[name], kind) or isinstance(body[name], bool)):
            raise bad_request(f"{name} is not what it should be")
    if body.get("name") is None or not all(isinstance(scope, str) for scope in body.get("scopes") or []):
        raise bad_request('the body must be such as {"name": "ci", "scopes": ["ingest"], "tenant": null, "days": null}')
    return {
        "name": body["name"],
        "scopes": body.get("scopes") or [],
        "tenant": body.get("tenant"),
        "days": body.get("days"),
    }
