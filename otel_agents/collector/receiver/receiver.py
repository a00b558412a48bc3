"""The road every request takes, whichever transport brought it: decode, hand on, wait until stored."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from otel_agents.collector.receiver.body import Body

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from google.protobuf.message import Message

    from otel_agents.collector.handoff import MemoryBudget, Sink
    from otel_agents.collector.receiver.decode import Decoded
    from otel_agents.collector.receiver.signals import Signal


class Receiver:
    """Takes the bodies of requests.

    Args:
        sink: where what they hold goes.
        budget: what is read and decoded is claimed from it.
        workers: run the decoding, most of which does not hold the GIL.
        max_bytes: the largest body accepted, after decompression.
    """

    def __init__(self, sink: Sink, budget: MemoryBudget, workers: Executor, max_bytes: int) -> None:
        self._sink = sink
        self._budget = budget
        self._workers = workers
        self._max_bytes = max_bytes

    def new_body(self) -> Body:
        """Begin a body within the limits."""
        return Body(self._budget, self._max_bytes)

    async def decode(self, body: Body, decode: Callable[[bytes], Decoded], *, gzip: bool = False) -> Decoded:
        """Decode a body.

        Raises:
            UndecodableError: it is no such request.
            TooLargeError, OverloadedError: see ``Body.add``, of what comes out of the decompression.
        """

        def work() -> Decoded:
            if not gzip:
                return decode(bytes(body))
            with self.new_body() as plain:
                plain.add_gzip(bytes(body))
                return decode(bytes(plain))

        return await asyncio.get_running_loop().run_in_executor(self._workers, work)

    async def store(self, signal: Signal, decoded: Decoded) -> Message:
        """Hand the records on, and wait until they are stored.

        Returns:
            The answer; it tells of records that were refused.

        Raises:
            OverloadedError: there is no room for them now.
        """
        if decoded.batch.records:
            await asyncio.wrap_future(self._sink.submit(decoded.batch))
        return signal.answer(decoded.refused.total(), decoded.message)
