"""Checks of options that several commands have."""

from __future__ import annotations

from argparse import ArgumentTypeError

MAX_HOURS = 8_760  # a year


def hours(text: str) -> int:
    """Read a number of hours."""
    return whole(text, MAX_HOURS)


def minutes(text: str) -> int:
    """Read a number of minutes."""
    return whole(text, MAX_HOURS * 60)


def whole(text: str, most: int) -> int:
    """Read a whole number from 1.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise ArgumentTypeError(f"expected a whole number from 1 to {most}, got {text!r}")
    return int(text)


def seconds(text: str) -> float:
    """Read an interval.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        given = float(text)
    except ValueError:
        given = 0.0
    if not 0.2 <= given <= 3600:
        raise ArgumentTypeError(f"expected seconds from 0.2 to 3600, got {text!r}")
    return given
