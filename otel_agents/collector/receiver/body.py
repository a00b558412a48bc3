"""Reads a request's body: bounded while it comes in and while it is decompressed, whatever its headers claim."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, Final

from otel_agents.collector.receiver.status import TooLargeError, TooSlowError, UndecodableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from otel_agents.collector.handoff import MemoryBudget

TIMEOUT_S: Final = 30.0
_STEP: Final = 1024 * 1024  # how much is decompressed at once
_GZIP: Final = 32 + zlib.MAX_WBITS  # or zlib, which gRPC calls deflate


class Body:
    """A body that grows; its bytes are claimed from a budget until the ``with`` block ends.

    Args:
        budget: what to claim from.
        max_bytes: the largest body accepted.
    """

    def __init__(self, budget: MemoryBudget, max_bytes: int) -> None:
        self._budget = budget
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = 0

    def __enter__(self) -> Body:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._budget.give_back(self._size)
        self._parts, self._size = [], 0

    def __bytes__(self) -> bytes:
        return b"".join(self._parts)  # a single part as it is: no copy

    def add(self, part: bytes) -> None:
        """Append a part.

        Raises:
            TooLargeError: the body would be larger than the limit.
            OverloadedError: there is no memory for it now.
        """
        if self._size + len(part) > self._max_bytes:
            raise TooLargeError(f"the request is larger than {self._max_bytes} bytes")
        self._budget.take(len(part))
        self._parts.append(part)
        self._size += len(part)

    async def read(self, chunks: AsyncIterator[bytes]) -> None:
        """Append what a client sends.

        Raises:
            TooLargeError, OverloadedError: see ``add``.
            TooSlowError: it took longer than ``TIMEOUT_S``.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                async for chunk in chunks:
                    self.add(chunk)
        except TimeoutError:
            raise TooSlowError(f"the request did not arrive within {TIMEOUT_S:g} s") from None

    def add_gzip(self, compressed: bytes) -> None:
        """Decompress and append, a step at a time.

        Raises:
            TooLargeError, OverloadedError: see ``add``.
            UndecodableError: it is not gzip, or ends too early.
        """
        inflate = zlib.decompressobj(wbits=_GZIP)
        try:
            while True:
                part = inflate.decompress(compressed, _STEP)
                self.add(part)
                if inflate.eof and not inflate.unused_data:
                    return
                if inflate.eof:  # another member follows
                    compressed, inflate = inflate.unused_data, zlib.decompressobj(wbits=_GZIP)
                elif inflate.unconsumed_tail or len(part) == _STEP:
                    compressed = inflate.unconsumed_tail
                else:
                    raise UndecodableError("the body is not gzip: it ends too early")
        except zlib.error as error:
            raise UndecodableError(f"the body is not gzip: {error}") from None
