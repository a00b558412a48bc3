"""Tells whoever listens what was just stored."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from otel_agents.collector.store.store import Commit


@dataclass(slots=True)
class Commits:
    """What was stored since the listener last looked: spans, and the ids of the traces they belong to."""

    spans: int = 0
    traces: frozenset[str] = frozenset()


class LiveFeed:
    """Passes each commit on to every listener; what a slow one misses is added up, so nobody waits for it."""

    def __init__(self) -> None:
        self._listeners: set[_Listener] = set()
        self._lock = threading.Lock()
        self._closed = False

    def publish(self, commit: Commit) -> None:
        """Tell every listener; called from the writer's thread, never blocks."""
        if not commit.traces:
            return
        with self._lock:
            for listener in self._listeners:
                seen = commit if listener.tenant is None else commit.tenants.get(listener.tenant)
                if seen is not None:
                    listener.add(seen)

    async def subscribe(self, tenant: str | None = None) -> AsyncIterator[Commits]:
        """Yield what was stored, as soon as there is any, until the caller stops iterating or the collector stops.

        Args:
            tenant: whose alone; None for all.
        """
        listener = _Listener(asyncio.get_running_loop(), tenant)
        with self._lock:
            self._listeners.add(listener)
        try:
            while not self._closed:
                yield await listener.take()
        except _ClosedError:
            return
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def close(self) -> None:
        """End every subscription."""
        with self._lock:
            self._closed = True
            for listener in self._listeners:
                listener.close()


class _ClosedError(Exception):
    pass


class _Listener:
    def __init__(self, loop: asyncio.AbstractEventLoop, tenant: str | None) -> None:
        self.tenant = tenant
        self._loop = loop
        self._lock = threading.Lock()
        self._news = asyncio.Event()
        self._pending = Commits()
        self._closed = False

    def add(self, commit: Commit) -> None:
        with self._lock:
            was_empty = not self._pending.traces
            self._pending.spans += commit.spans
            self._pending.traces |= frozenset(commit.traces)
        if was_empty:
            self._wake()

    def close(self) -> None:
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._loop.call_soon_threadsafe(self._news.set)

    async def take(self) -> Commits:
        await self._news.wait()
        self._news.clear()
        with self._lock:
            pending, self._pending = self._pending, Commits()
        if self._closed and not pending.traces:
            raise _ClosedError
        return pending
