"""``GET /healthz``: says that the collector is there, and which version it is."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def health_routes() -> list[Route]:
    """Make the routes."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok", "version": version("otel-agents")})

    return [Route("/healthz", healthz)]
