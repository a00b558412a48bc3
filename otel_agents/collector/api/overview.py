"""``GET /api/v1/overview``: what happened in the last minutes, in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from otel_agents.collector.api.work import Workers, now, whole
from otel_agents.collector.query.overview import overview

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from otel_agents.collector.store.store import Store

MAX_MINUTES = 525_600  # a year


def overview_routes(store: Store, workers: Workers) -> list[Route]:
    """Make the routes."""

    async def show(request: Request) -> Response:
        minutes = whole(request, "minutes", 1, MAX_MINUTES, 60)
        return await workers.answer(overview, store, minutes, now())

    return [Route("/api/v1/overview", show)]
