"""``GET /api/v1/overview``: what happened in the last minutes, in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from otel_agents.collector.api.work import Workers, now, whole
from otel_agents.collector.query.kept import Kept
from otel_agents.collector.query.overview import overview
from otel_agents.collector.query.rolled import fitting
from otel_agents.collector.query.window import window

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from otel_agents.collector.store.store import ChangingStore

MAX_MINUTES = 525_600  # a year


def overview_routes(store: ChangingStore, workers: Workers) -> list[Route]:
    """Make the routes."""
    kept = Kept()

    def summed_up(minutes: int, moment: datetime) -> dict[str, Any]:
        # A window begins and ends with a slice of time, so within one the same is asked.
        at_once = store.are_rollups_coming()
        question = (minutes, fitting(window(minutes, moment)), at_once)
        return kept.answer(store, question, lambda: overview(store, minutes, moment, at_once=at_once))

    async def show(request: Request) -> Response:
        minutes = whole(request, "minutes", 1, MAX_MINUTES, 60)
        return await workers.answer(summed_up, minutes, now())

    return [Route("/api/v1/overview", show)]
