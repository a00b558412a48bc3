"""``GET /api/v1/traces`` and ``GET /api/v1/traces/{trace_id}``: the list of traces, and one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from starlette.routing import Route

from otel_agents.collector.api.errors import bad_request
from otel_agents.collector.api.overview import MAX_MINUTES
from otel_agents.collector.api.work import Workers, now, whole
from otel_agents.collector.query.kept import Kept
from otel_agents.collector.query.trace import read_trace
from otel_agents.collector.query.traces import Filter, beginning, list_traces

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from otel_agents.collector.store.store import ChangingStore

MAX_LIMIT = 500
KEPT_LISTS: Final = 8  # of up to half a megabyte each
_STATUSES: dict[str | None, Literal["ok", "error", "running"] | None] = {
    None: None,
    "ok": "ok",
    "error": "error",
    "running": "running",
}
MAX_TEXT = 200  # characters searched for


def trace_routes(store: ChangingStore, workers: Workers) -> list[Route]:
    """Make the routes."""
    agents, lists = Kept(), Kept(most=KEPT_LISTS)

    def listed(wanted: Filter, limit: int, before: str | None) -> dict[str, Any]:
        moment = now()

        def ask() -> dict[str, Any]:
            return list_traces(store, wanted, limit, before, moment, agents)

        if wanted.needs_spans:
            return ask()
        # Who looks at the newest looks again and again, and so do others.
        return lists.answer(store, (wanted, limit, before, beginning(wanted, moment)), ask)

    async def list_(request: Request) -> Response:
        limit = whole(request, "limit", 1, MAX_LIMIT, 50)
        before = request.query_params.get("before") or None
        return await workers.answer(listed, _filter(request), limit, before)

    async def one(request: Request) -> Response:
        return await workers.answer(read_trace, store, request.path_params["trace_id"])

    return [Route("/api/v1/traces", list_), Route("/api/v1/traces/{trace_id}", one)]


def _filter(request: Request) -> Filter:
    wanted = request.query_params
    status = wanted.get("status") or None
    if status not in _STATUSES:
        raise bad_request("status must be ok, error or running")
    text = wanted.get("q", "").strip() or None
    if text is not None and len(text) > MAX_TEXT:
        raise bad_request(f"q must have at most {MAX_TEXT} characters")
    return Filter(
        agent=wanted.get("agent") or None,
        status=_STATUSES[status],
        text=text,
        minutes=whole(request, "minutes", 1, MAX_MINUTES, None),
    )
