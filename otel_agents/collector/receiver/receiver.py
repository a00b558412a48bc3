"""The road every request takes, whichever transport brought it: decode, hand on, wait until stored."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from otel_agents.collector.handoff import OverloadedError, RefusedError
from otel_agents.collector.receiver.body import Body

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor, Future

    from google.protobuf.message import Message

    from otel_agents.collector.handoff import MemoryBudget, Sender, Sink
    from otel_agents.collector.meters import Meters
    from otel_agents.collector.receiver.decode import Decoded
    from otel_agents.collector.receiver.signals import Signal

# Why records were refused that could be decoded.
OVERLOAD: Final = "overload"
RATE: Final = "the key's limit"
SENDER_LEFT: Final = "the sender did not wait"
FAILED: Final = "the collector's own fault"


class Receiver:
    """Takes the bodies of requests.

    Args:
        sink: where what they hold goes.
        budget: what is read and decoded is claimed from it.
        workers: run the decoding, most of which does not hold the GIL.
        max_bytes: the largest body accepted, after decompression.
        meters: count what became of it.

    Attributes:
        meters: the same, for the transports.
    """

    def __init__(self, sink: Sink, budget: MemoryBudget, workers: Executor, max_bytes: int, meters: Meters) -> None:
        self.meters = meters
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

    async def store(self, signal: Signal, decoded: Decoded, sender: Sender) -> Message:
        """Hand the records on as those of who sent them, and wait until they are stored.

        Returns:
            The answer; it tells of records that were refused.

        Raises:
            OverloadedError: there is no room for them now.
            RefusedError: the sender sends too many.
        """
        records = decoded.batch.records
        if not records:
            self.meters.decided(signal.name, 0, decoded.refused)
            return signal.answer(decoded.refused.total(), decoded.message)
        try:
            sender.spend(records)
            kept = self._sink.submit(replace(decoded.batch, owner=sender.owner))
        except (OverloadedError, RefusedError) as error:
            why = OVERLOAD if isinstance(error, OverloadedError) else RATE
            self.meters.decided(signal.name, 0, decoded.refused + Counter({why: records}))
            raise

        # Counted when it is decided, and not here, where a sender that leaves ends the wait too early to know.
        def decided(kept: Future[None]) -> None:
            why = SENDER_LEFT if kept.cancelled() else _reason(kept.exception())
            refused = decoded.refused + Counter({why: records} if why else {})
            self.meters.decided(signal.name, 0 if why else records, refused)

        kept.add_done_callback(decided)
        await asyncio.wrap_future(kept)
        return signal.answer(decoded.refused.total(), decoded.message)


def _reason(error: BaseException | None) -> str:
    """Why it was not stored; "" when it was."""
    if error is None:
        return ""
    return OVERLOAD if isinstance(error, OverloadedError) else FAILED
