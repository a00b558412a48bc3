"""Tells whoever listens what was just stored."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

    def publish(self, commit: Commit) -> None:
        """Tell every listener; called from the writer's thread, never blocks."""
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener.add(commit)

    async def subscribe(self) -> AsyncIterator[Commits]:
        """Yield what was stored, as soon as there is any, until the caller stops iterating."""
        listener = _Listener(asyncio.get_running_loop())
        with self._lock:
            self._listeners.add(listener)
        try:
            while True:
                yield await listener.take()
        finally:
            with self._lock:
                self._listeners.discard(listener)


class _Listener:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._news = asyncio.Event()
        self._pending = Commits()

    def add(self, commit: Commit) -> None:
        with self._lock:
            was_empty = self._pending.spans == 0
            self._pending.spans += commit.spans
            self._pending.traces |= frozenset(commit.traces)
        if was_empty:
            self._loop.call_soon_threadsafe(self._news.set)

    async def take(self) -> Commits:
        await self._news.wait()
        self._news.clear()
        with self._lock:
            pending, self._pending = self._pending, Commits()
        return pending
