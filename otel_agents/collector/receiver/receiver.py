"""The road every request takes, whichever transport brought it: decode, hand on, wait until stored."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from otel_agents.collector.handoff import OverloadedError, RefusedError
from otel_agents.collector.receiver.body import Body
from otel_agents.collector.receiver.reports import read_report, told_whole
from otel_agents.collector.receiver.signals import OPEN_SPANS

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor, Future

    from google.protobuf.message import Message

    from otel_agents.collector.handoff import Batch, MemoryBudget, Reports, Sender, Sink
    from otel_agents.collector.meters import Meters
    from otel_agents.collector.receiver.decode import Decoded
    from otel_agents.collector.receiver.redact import BatchRedactor
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
        redactor: takes secrets out of what is decoded.
        reports: what programs say of the spans that are open in them.

    Attributes:
        meters: the same, for the transports.
    """

    def __init__(
        self,
        sink: Sink,
        budget: MemoryBudget,
        workers: Executor,
        max_bytes: int,
        meters: Meters,
        redactor: BatchRedactor,
        reports: Reports,
    ) -> None:
        self._redactor = redactor
        self.meters = meters
        self._reports = reports
        self._sink = sink
        self._budget = budget
        self._workers = workers
        self._max_bytes = max_bytes

    def new_body(self) -> Body:
        """Begin a body within the limits."""
        return Body(self._budget, self._max_bytes)

    async def decode(
        self, body: Body, decode: Callable[[bytes], Decoded], *, agent: str = "", gzip: bool = False
    ) -> Decoded:
        """Decode a body, and take out of it what is secret.

        Args:
            body: what was sent.
            decode: decodes it.
            agent: the sender's ``user-agent``.
            gzip: whether it is compressed.

        Raises:
            UndecodableError: it is no such request.
            TooLargeError, OverloadedError: see ``Body.add``, of what comes out of the decompression.
        """

        def work() -> Decoded:
            if not gzip:
                return redacted(decode(bytes(body)))
            with self.new_body() as plain:
                plain.add_gzip(bytes(body))
                return redacted(decode(bytes(plain)))

        def redacted(decoded: Decoded) -> Decoded:
            if not self._redactor.wants(agent):
                return decoded
            return replace(decoded, batch=self._redactor.redact(decoded.batch))

        return await asyncio.get_running_loop().run_in_executor(self._workers, work)

    async def store(self, signal: Signal, decoded: Decoded, sender: Sender, header: str | None = None) -> Message:
        """Hand the records on as those of who sent them, and wait until they are stored.

        Args:
            signal: what they are.
            decoded: the records.
            sender: who sent them.
            header: what a report of open spans says of itself.

        Returns:
            The answer; it tells of records that were refused.

        Raises:
            OverloadedError: there is no room for them now.
            RefusedError: the sender sends too many.
            UndecodableError: a report does not say whose it is.
        """
        if signal is OPEN_SPANS:
            return await self._store_report(decoded, sender, header)
        if not decoded.batch.records:
            self.meters.decided(signal.name, 0, decoded.refused)
        else:
            await self._keep(decoded.batch, decoded.refused, sender)
        return signal.answer(decoded.refused.total(), decoded.message)

    async def _store_report(self, decoded: Decoded, sender: Sender, header: str | None) -> Message:
        """Hand a report on where it says something new; the answer tells how many spans must be told as a whole."""
        batch = read_report(header, replace(decoded.batch, owner=sender.owner))
        unknown = self._reports.unknown(batch.report, told_whole(batch))
        if batch.records or self._reports.is_news(batch.report):
            await self._keep(batch, decoded.refused, sender)
        else:
            self.meters.decided(batch.signal, 0, decoded.refused)
        self._reports.note(batch.report)
        messages = [decoded.message, f"{unknown} not known here" if unknown else ""]
        return OPEN_SPANS.answer(decoded.refused.total() + unknown, "; ".join(filter(None, messages)))

    async def _keep(self, batch: Batch, refused: Counter[str], sender: Sender) -> None:
        """Wait until a batch is stored, and count what became of it and of what was refused before."""
        records = batch.records
        try:
            sender.spend(records)
            kept = self._sink.submit(replace(batch, owner=sender.owner))
        except (OverloadedError, RefusedError) as error:
            why = OVERLOAD if isinstance(error, OverloadedError) else RATE
            self.meters.decided(batch.signal, 0, refused + Counter({why: records}))
            raise

        # Counted when it is decided, and not here, where a sender that leaves ends the wait too early to know.
        def decided(kept: Future[None]) -> None:
            why = SENDER_LEFT if kept.cancelled() else _reason(kept.exception())
            also = Counter({why: records} if why else {})
            self.meters.decided(batch.signal, 0 if why else records, refused + also)

        kept.add_done_callback(decided)
        await asyncio.wrap_future(kept)


def _reason(error: BaseException | None) -> str:
    """Why it was not stored; "" when it was."""
    if error is None:
        return ""
    return OVERLOAD if isinstance(error, OverloadedError) else FAILED
