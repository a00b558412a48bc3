"""Batches of one span, told apart by its name, and a store that remembers them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from otel_agents.collector.receiver.decode_spans import decode_spans
from tests.collector import otlp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agents.collector.handoff import Batch, SpanBatch


def batch(name: str) -> SpanBatch:
    return decode_spans(otlp.request(otlp.span(name=name)).SerializeToString()).batch


def name(stored: Batch) -> str:
    (only,) = names(stored)
    return only


def names(stored: Batch) -> list[str]:
    return stored.rows["name"].to_pylist()


class Disk:
    """Stores names of spans, one group at a time; writes wait until the gate is open."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.number = 0
        self.gate = threading.Event()
        self.writing = threading.Event()
        self.set_aside: list[tuple[str, int]] = []  # signals, and how many records
        self.refuse: dict[str, list[Exception]] = {}  # what storing a name raises, one after the other

    @property
    def names(self) -> list[str]:
        return [name for group in self.groups for name in group]

    def spare(self, signal: str, records: int) -> None:
        self.set_aside.append((signal, records))

    def write(self, batches: Iterable[Batch], number: int) -> int:
        self.writing.set()
        assert self.gate.wait(60)
        group = [name for batch in batches for name in names(batch)]
        for errors in (self.refuse[n] for n in group if self.refuse.get(n)):
            raise errors.pop(0)
        self.groups.append(group)
        self.number = number
        return len(group)
