from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from otel_agents.collector.handoff import MemoryBudget, OverloadedError
from otel_agents.collector.receiver import body
from otel_agents.collector.receiver.status import TooSlowError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def test_a_sender_that_stops_in_the_middle_is_left_and_its_memory_given_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(body, "TIMEOUT_S", 0.01)
    budget = MemoryBudget(4)

    async def stops() -> AsyncIterator[bytes]:
        yield b"half"
        await asyncio.Event().wait()

    with pytest.raises(TooSlowError, match=r"did not arrive within 0.01 s"), body.Body(budget, 9) as begun:
        await begun.read(stops())
    budget.take(4)
    with pytest.raises(OverloadedError):
        budget.take(1)
