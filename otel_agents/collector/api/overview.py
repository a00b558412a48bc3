"""``GET /api/v1/overview``: what happened in the last minutes, in figures."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from otel_agents.collector.access.principal import CURRENT
from otel_agents.collector.api.work import Workers, now, whole
from otel_agents.collector.query.kept import Kept, Recent
from otel_agents.collector.query.overview import overview
from otel_agents.collector.query.rolled import fitting
from otel_agents.collector.query.window import window
from otel_agents.collector.store.fresh import one_question

if TYPE_CHECKING:
    from collections.abc import Hashable

    from starlette.requests import Request
    from starlette.responses import Response

    from otel_agents.collector.store.store import ChangingStore

MAX_MINUTES = 525_600  # a year
PATIENCE_S: Final = 3.0  # for many spans to be summed up
_LOOK_S: Final = 0.05


def overview_routes(store: ChangingStore, workers: Workers) -> list[Route]:
    """Make the routes."""
    kept, recent = Kept(), Recent()

    def exact(minutes: int, *, at_once: bool = False) -> dict[str, Any]:
        # A window begins and ends with a slice of time, so within one the same is asked.
        moment = now()
        question = (minutes, fitting(window(minutes, moment)), at_once)
        return kept.answer(store, question, lambda: overview(store, minutes, moment, at_once=at_once))

    def in_a_moment(minutes: int) -> dict[str, Any]:
        until = monotonic() + PATIENCE_S
        while store.are_many_coming() and monotonic() < until:
            sleep(_LOOK_S)
        with one_question():
            return exact(minutes)

    def summed_up(minutes: int) -> dict[str, Any]:
        at_once = store.are_many_coming()
        asked: Hashable = (CURRENT.get().tenant, minutes)
        if at_once or recent.is_coming(asked):
            last: dict[str, Any] | None = recent.answer(asked, lambda: in_a_moment(minutes))
            if last is not None:
                return last
        answer = exact(minutes, at_once=at_once)
        recent.note(asked, answer)
        return answer

    async def show(request: Request) -> Response:
        minutes = whole(request, "minutes", 1, MAX_MINUTES, 60)
        return await workers.answer(summed_up, minutes)

    return [Route("/api/v1/overview", show)]
