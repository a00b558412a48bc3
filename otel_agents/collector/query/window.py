"""The stretch of time a page looks at, and the buckets its charts are drawn in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# Seconds; what people read as one step on a time axis.
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 604800)
_MAX_BUCKETS = 60
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the store's times are UTC and have no zone


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start`` up to ``end``, both UTC without a zone, as the store has them."""

    start: datetime
    end: datetime
    bucket_s: int

    @property
    def before(self) -> Window:
        """The window of the same length that ends where this one starts."""
        return Window(self.start - (self.end - self.start), self.start, self.bucket_s)

    @property
    def buckets(self) -> range:
        """The number of every bucket: its start in seconds since the epoch, divided by ``bucket_s``."""
        last = (self.end - EPOCH - timedelta(microseconds=1)) // timedelta(seconds=self.bucket_s)
        return range((self.start - EPOCH) // timedelta(seconds=self.bucket_s), last + 1)


def window(minutes: int, now: datetime) -> Window:
    """Return the last ``minutes`` before ``now``, in at most about 60 buckets of a round length."""
    wanted = minutes * 60 / _MAX_BUCKETS
    step = next((step for step in _STEPS if step >= wanted), _STEPS[-1])
    return Window(now - timedelta(minutes=minutes), now, step)
