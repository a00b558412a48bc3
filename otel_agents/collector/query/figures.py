"""Adds up what the roll-ups tell of a window, by whatever is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agents.collector.query.rolled import quantile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agents.collector.query.statements import Row

TOKENS: Final = ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")
_COUNTS: Final = ("number", "failed", "failed_recently", "timed", "ttft_timed", "priced", "unpriced")
_SUMMED: Final = (*_COUNTS, "us", "ttft_us", *TOKENS, "picodollars")


class Figures:
    """What happened in a window.

    Args:
        sums: what ``Rolled.sums`` has of it, in detail.
        times: what ``Rolled.times`` has of it.
    """

    def __init__(self, sums: Iterable[Row], times: Iterable[Row]) -> None:
        self._sums = list(sums)
        self._buckets: dict[tuple[Any, ...], dict[int, int]] = {}
        for row in times:
            self._buckets.setdefault(_named(row), {})[row["bucket"]] = row["number"]

    def of(self, *kinds: str) -> Row:
        """All of some kinds; of no kind, all spans."""
        return added(row for row in self._sums if (row["kind"] in kinds if kinds else row["kind"] != "trace"))

    def roots(self) -> Row:
        """All spans with nothing around them."""
        return added(row for row in self._sums if row["root"] and row["kind"] != "trace")

    def by(self, kind: str, *columns: str) -> list[Row]:
        """What there is of a kind, added up by some columns."""
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in self._sums:
            if row["kind"] == kind:
                groups.setdefault(tuple(row[column] for column in columns), []).append(row)
        return [{**dict(zip(columns, key, strict=True)), **added(rows)} for key, rows in groups.items()]

    def quantiles(self, kind: str, row: Row, *, period: int | None = None) -> Row:
        """The times of a kind, by a row's name and provider, or of traces at a time; that of a lone one is exact."""
        if row["timed"] == 1:
            return {"p50_ms": row["avg_ms"], "p95_ms": row["avg_ms"]}
        buckets = self._buckets.get((kind, row.get("name"), row.get("provider"), period))
        if not buckets or not row["timed"]:
            return {"p50_ms": None, "p95_ms": None}
        return {"p50_ms": quantile(buckets, 0.5), "p95_ms": quantile(buckets, 0.95)}


def added(rows: Iterable[Row]) -> Row:
    """Add rows up: counts, tokens, ``cost``, ``avg_ms`` and ``ttft_ms``, these None where nothing has one."""
    sums = dict.fromkeys(_SUMMED, 0)
    for row in rows:
        for name in _SUMMED:
            sums[name] += row[name] or 0
    return {
        **{name: int(sums[name]) for name in (*_COUNTS, *TOKENS)},
        "cost": sums["picodollars"] / 1e12 if sums["priced"] else None,
        "avg_ms": sums["us"] / sums["timed"] / 1000 if sums["timed"] else None,
        "ttft_ms": sums["ttft_us"] / sums["ttft_timed"] / 1000 if sums["ttft_timed"] else None,
    }


def _named(row: Row) -> tuple[Any, ...]:
    return row["kind"], row["name"], row["provider"], row["period"]
