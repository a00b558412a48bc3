"""Which calls are retries: made again, below the same span, right after one of the same that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otel_agents.records import SpanRecord

_REMEMBERED = 1000


class Retries:
    """Remembers what failed last below each open span.

    Attributes:
        failed: what may be tried again; empty in a program that goes well.
    """

    def __init__(self) -> None:
        self.failed: dict[tuple[int, str, str | None], None] = {}

    def is_one(self, record: SpanRecord) -> bool:
        """Say whether a finished call is a retry; relies on spans arriving as they end."""
        if record.parent_id is None:
            return False
        name = record.tool if record.type == "tool" else record.model if record.type == "model" else record.agent
        key = (record.parent_id, record.type, name)
        again = key in self.failed
        if again:
            del self.failed[key]
        if record.failed:
            self.failed[key] = None
            if len(self.failed) > _REMEMBERED:  # those that were never tried again
                del self.failed[next(iter(self.failed))]
        return again
