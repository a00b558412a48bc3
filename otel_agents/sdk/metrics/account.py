"""What became of metrics in this process: read by ``telemetry_health()``."""

from __future__ import annotations

from collections import Counter
from typing import Final

DELIVERED: Final = "delivered"  # requests the receiver took
UNDELIVERED: Final = "undelivered"  # requests that were given up
OVER_LABEL_LIMIT: Final = "over_label_limit"  # measurements counted as otel.metric.overflow
UNUSABLE: Final = "unusable"  # measurements that are no number, or negative where they may not be

counts: Counter[str] = Counter()


def after_fork_in_child() -> None:
    """Begin at nothing: the parent accounts for what it did."""
    counts.clear()
