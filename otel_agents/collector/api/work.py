"""Runs questions to the store off the event loop, and reads what requests ask for."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from starlette.responses import Response

from otel_agents.collector.access.principal import CURRENT
from otel_agents.collector.api.errors import bad_request
from otel_agents.collector.store.fresh import one_question

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

MAX_BODY = 256 * 1024  # bytes; several times the longest query


class Workers:
    """A few threads for questions of one kind, so that slow ones of another kind do not hold them up.

    Args:
        threads: how many questions are answered at once; more wait.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._limiter: anyio.CapacityLimiter | None = None
        self._shares: dict[str, anyio.CapacityLimiter] = {}

    async def answer(self, question: Callable[..., Any], *args: Any, **kwargs: Any) -> Response:
        """Answer with the JSON of what a function returns, run and written in a thread."""
        self._limiter = self._limiter or anyio.CapacityLimiter(self._threads)  # belongs to the running event loop

        def write() -> bytes:
            with one_question():
                answer = question(*args, **kwargs)
            return json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()

        async with self._share():
            body = await anyio.to_thread.run_sync(write, abandon_on_cancel=True, limiter=self._limiter)
        return Response(body, media_type="application/json")

    def _share(self) -> AbstractAsyncContextManager[object]:
        """What a key may have of the threads: all but one, so that the questions of others are answered meanwhile."""
        key = CURRENT.get().id
        if key is None:
            return nullcontext()
        if key not in self._shares:
            self._shares[key] = anyio.CapacityLimiter(max(1, self._threads - 1))
        return self._shares[key]

    async def answer_while_wanted(self, request: Request, question: Callable[..., Any]) -> Response:
        """Do the same for a function that is given an event ``left``, set when the client goes away, to end early."""
        left = threading.Event()
        watcher = asyncio.create_task(_wait_until_left(request, left))
        try:
            return await self.answer(partial(question, left=left))
        finally:
            left.set()  # whatever ended the wait, the thread need not go on
            watcher.cancel()


async def _wait_until_left(request: Request, left: threading.Event) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    left.set()


async def read_json(request: Request) -> dict[str, Any]:
    """Read a request's body, a JSON object.

    Raises:
        QueryError: it is too long, or something else.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise bad_request(f"the body is longer than {MAX_BODY // 1024} KiB")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise bad_request("the body is not JSON") from None
    if not isinstance(value, dict):
        raise bad_request("the body must be a JSON object")
    return value


def whole(request: Request, name: str, low: int, high: int, default: int | None) -> int | None:
    """Read a whole number from the query string.

    Raises:
        QueryError: it is none, or out of bounds.
    """
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high):
        raise bad_request(f"{name} must be a whole number between {low} and {high}")
    return int(text)


def now() -> datetime:
    """The time as the store has it: UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)
