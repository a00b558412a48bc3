"""Numbers that come from a program or a span, made safe to add up: never NaN, negative or not a number."""

from __future__ import annotations

from math import isfinite

_MOST_TOKENS = 10**12  # of one call; sums of what is larger would not fit 64 bits


def count(value: object) -> int:
    """Return a number of tokens; 0 for what cannot be one."""
    if type(value) is int and 0 <= value <= _MOST_TOKENS:  # nearly always, and cheap
        return value
    return min(int(amount(value)), _MOST_TOKENS)


def amount(value: object) -> float:
    """Return seconds or dollars; 0.0 for what cannot be any."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return 0.0
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return 0.0
    return number if isfinite(number) and number > 0 else 0.0
