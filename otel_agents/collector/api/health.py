"""``GET /healthz`` and ``/readyz``: whether the collector is there, and whether it can store and answer."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from otel_agents.collector.store.damage import Damage


def health_routes(check: Callable[[], None], damaged: Callable[[], list[Damage]]) -> list[Route]:
    """Make the routes.

    Args:
        check: raises when nothing can be stored or read now; what it says is told.
        damaged: tells what files were set aside, which is told too.
    """

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok", "version": version("otel-agents")})

    async def readyz(_request: Request) -> Response:
        found = [_without_folder(each) for each in await run_in_threadpool(damaged)]
        told = {"damaged": found} if found else {}
        try:
            await run_in_threadpool(check)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not ready
            return JSONResponse({"status": "not ready", "reason": str(error), **told}, 503)
        return JSONResponse({"status": "ready", **told})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _without_folder(found: Damage) -> dict[str, Any]:
    """Tell of a file, and not where this machine has it: whoever may ask need not know."""
    path = Path(found.file)
    return {**asdict(found), "file": path.name, "why": found.why.replace(f"{path.parent}/", "")}
