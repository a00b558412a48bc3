"""Runs requests through the team: a few at once, each with its own bill."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from openai import AsyncOpenAI, DefaultAsyncHttpxClient

import otel_agents
from otel_agents.demo import data
from otel_agents.demo.ledger import CURRENT, Bill, count_call, read_usage
from otel_agents.demo.model_server import API_KEY
from otel_agents.demo.team import Team
from otel_agents.demo.tools import CodeTools, SalesTools

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from otel_agents.demo.model_server import ModelServer
    from otel_agents.demo.questions import Request


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request went; ``error`` is None when it was answered."""

    request: Request
    bill: Bill
    ended: float  # seconds since the epoch
    seconds: float
    error: str | None


@asynccontextmanager
async def team(model: str | None, scripted: ModelServer | None) -> AsyncIterator[Team]:
    """Set up the team over this package's own source and a new database.

    Args:
        model: the model of every agent; None leaves each its own.
        scripted: who answers; None is OpenAI, as the OPENAI_* variables say.
    """
    with tempfile.TemporaryDirectory(prefix="otel-agents-demo-") as folder:
        sales = SalesTools(data.create(Path(folder) / "shop.sqlite"))
        code = CodeTools(Path(otel_agents.__file__).parent)
        http = DefaultAsyncHttpxClient(
            event_hooks={"request": [count_call], "response": [read_usage]},
            trust_env=scripted is None,  # no proxy to a server of our own
        )
        base_url, api_key = (scripted.base_url, API_KEY) if scripted else (None, None)
        # Refused calls are repeated by the team itself, so that each attempt is seen.
        async with AsyncOpenAI(base_url=base_url, api_key=api_key, http_client=http, max_retries=0) as client:
            if model:
                yield Team(client, code, sales, router_model=model, analyst_model=model)
            else:
                yield Team(client, code, sales)


async def ask(team: Team, request: Request) -> Outcome:
    """Put one request to the team. What goes wrong is part of the outcome."""
    bill, start, error = Bill(), time.perf_counter(), None
    CURRENT.set(bill)
    try:
        await team.answer(request.text, user=request.user, session=request.session, tenant=request.tenant)
    except Exception as problem:  # noqa: BLE001 - the demo goes on, as a server would
        bill.failed = True
        error = f"{type(problem).__name__}: {problem}"
    return Outcome(request, bill, time.time(), time.perf_counter() - start, error)


async def ask_all(
    team: Team,
    requests: Iterable[Request],
    done: Callable[[Outcome], None],
    *,
    pace: float,
    at_once: int,
    stop: asyncio.Event,
) -> None:
    """Put requests to the team until there is none left or ``stop`` is set, and wait for those that run.

    Args:
        team: who answers.
        requests: the requests, in order.
        done: is called with each outcome.
        pace: seconds from one start to the next, at least.
        at_once: how many run at once, at most.
        stop: ends it when set.
    """
    running: set[asyncio.Task[None]] = set()

    async def one(request: Request) -> None:
        done(await ask(team, request))

    for request in requests:
        while len(running) >= at_once:
            _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            break
        running.add(asyncio.create_task(one(request)))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pace)
    await asyncio.gather(*running)
