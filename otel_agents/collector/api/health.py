"""``GET /healthz`` and ``/readyz``: whether the collector is there, and whether it can store and answer."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response


def health_routes(check: Callable[[], None]) -> list[Route]:
    """Make the routes.

    Args:
        check: raises when nothing can be stored or read now; what it says is told.
    """

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok", "version": version("otel-agents")})

    async def readyz(_request: Request) -> Response:
        try:
            await run_in_threadpool(check)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not ready
            return JSONResponse({"status": "not ready", "reason": str(error)}, 503)
        return JSONResponse({"status": "ready"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
