"""``GET /api/v1/live``: tells of each commit as it happens, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse
from starlette.routing import Route

from otel_agents.collector.access.principal import CURRENT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from otel_agents.collector.live import Commits, LiveFeed

PING_S = 15.0  # so that a connection nobody listens to any more is noticed
PAUSE_S = 0.25  # at most four events a second; commits meanwhile are added up
MAX_TRACES = 50


def live_routes(live: LiveFeed) -> list[Route]:
    """Make the routes."""

    async def follow(_request: Request) -> Response:
        return StreamingResponse(
            _events(live, CURRENT.get().tenant), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )

    return [Route("/api/v1/live", follow)]


async def _events(live: LiveFeed, tenant: str | None) -> AsyncIterator[str]:
    yield ": connected\n\n"
    commits = live.subscribe(tenant)
    waiting: asyncio.Task[Commits] | None = None
    try:
        while True:
            waiting = waiting or asyncio.create_task(_next(commits))
            done, _ = await asyncio.wait({waiting}, timeout=PING_S)
            if not done:
                yield ": ping\n\n"
                continue
            try:
                commit = waiting.result()
            except StopAsyncIteration:
                return
            waiting = None
            told = {"spans": commit.spans, "traces": sorted(commit.traces)[:MAX_TRACES]}
            yield f"event: commit\ndata: {json.dumps(told)}\n\n"
            await asyncio.sleep(PAUSE_S)
    finally:
        if waiting is not None:
            waiting.cancel()
            await asyncio.wait({waiting})


async def _next(commits: AsyncIterator[Commits]) -> Commits:
    return await anext(commits)
