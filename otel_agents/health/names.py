"""A series for each name, and a bound on how many: beyond it, names share the series called "other"."""

from __future__ import annotations

from otel_agents.health.tally import OTHER
from otel_agents.health.windows import Series

NAMES_LIMIT = 500  # agents, and as many tools, models, and tenants
NAME_LENGTH = 200


class Names(dict[str, Series]):
    """Series by name: ``names[name]`` makes the series at first sight, or gives the shared one beyond the limit.

    Attributes:
        limit: how many names there may be.
        overflow: how many records went to "other" because the names were too many.
    """

    __slots__ = ("limit", "overflow")

    def __init__(self, limit: int = NAMES_LIMIT) -> None:
        super().__init__()
        self.limit = limit
        self.overflow = 0

    def __missing__(self, name: object) -> Series:
        key = str(name)[:NAME_LENGTH]
        series = self.get(key)
        if series is None and len(self) >= self.limit:
            self.overflow += 1
            key = OTHER
            series = self.get(key)
        if series is None:
            series = self[key] = Series()
        return series
