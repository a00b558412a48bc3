"""Figures as the commands write them: short, with their unit, and a dash for what is not known."""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = "–"
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def count(value: float | None) -> str:
    """Write a whole number."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def counted(number: int, one: str, more: str = "") -> str:
    """Write how many of something there are: 1 call, 2 calls."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def short(value: float | None) -> str:
    """Write a number in few characters: 950, 12.3k, 4.5M."""
    if value is None:
        return UNKNOWN
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= size:
            return f"{value / (1e3 if letter == 'k' else size):.1f}{letter}"
    return f"{value:,.0f}"


def percent(value: float | None) -> str:
    """Write a percentage; only what is exactly 100 says so."""
    if value is None:
        return UNKNOWN
    return f"{value:.0f}%" if value in (0, 100) else f"{min(value, 99.9):.1f}%"


def took(milliseconds: float | None) -> str:
    """Write a time."""
    if milliseconds is None:
        return UNKNOWN
    if milliseconds < 1000:
        return f"{milliseconds:.0f}ms" if milliseconds >= 10 else f"{milliseconds:.1f}ms"
    seconds = milliseconds / 1000
    return f"{seconds:.1f}s" if seconds < 2 * _MINUTE else lasted(seconds)


def lasted(seconds: float) -> str:
    """Write a long time in its two largest units, as 2h 15m."""
    whole = int(seconds)
    if whole >= _DAY:
        return f"{whole // _DAY}d {whole % _DAY // _HOUR}h"
    if whole >= _HOUR:
        return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE}m"
    return f"{whole // _MINUTE}m {whole % _MINUTE}s" if whole >= _MINUTE else f"{whole}s"


def dollars(amount: float | None) -> str:
    """Write US dollars, small amounts with the digits that matter."""
    if amount is None:
        return UNKNOWN
    return f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}"


def period(minutes: int) -> str:
    """Write how far back is looked."""
    if minutes % 60 or minutes == 60:
        return f"last {minutes} minutes" if minutes > 1 else "last minute"
    return f"last {minutes // 60} hours"


def at(iso: str) -> str:
    """Write a time of the API's (ISO 8601 in UTC), to the second."""
    return iso[:19].replace("T", " ")
