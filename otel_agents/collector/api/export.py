"""``GET /api/v1/export`` and ``/api/v1/backup``: a signal's records, or everything, as Arrow streams for a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import anyio
from anyio.to_thread import run_sync
from starlette.responses import StreamingResponse
from starlette.routing import Route

from otel_agents.collector.api.errors import bad_request
from otel_agents.collector.query import export

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

    from starlette.requests import Request
    from starlette.responses import Response

    from otel_agents.collector.store.store import Store

MEDIA_TYPE: Final = "application/vnd.apache.arrow.stream"


def export_routes(store: Store) -> list[Route]:
    """Make the routes."""

    async def records(request: Request) -> Response:
        given = request.query_params
        wanted = export.Range(_time(request, "since"), _time(request, "until"), given.get("trace"))
        return await _answer(export.records(store, wanted, given.get("signal", "traces")))

    async def backup(_request: Request) -> Response:
        return await _answer(export.everything(store))

    return [Route("/api/v1/export", records), Route("/api/v1/backup", backup)]


async def _answer(parts: Generator[bytes, None, None]) -> Response:
    first = await run_sync(next, parts, b"")  # what is wrong shows here, before an answer begins
    return StreamingResponse(_sent(first, parts), media_type=MEDIA_TYPE)


async def _sent(first: bytes, parts: Generator[bytes, None, None]) -> AsyncIterator[bytes]:
    try:
        yield first
        while part := await run_sync(next, parts, b""):
            yield part
    finally:
        with anyio.CancelScope(shield=True):  # the cursor is closed, whoever left
            await run_sync(parts.close)


def _time(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise bad_request(f"{name} must be a time such as 2026-09-21T13:33:20Z") from None
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
