"""Turns DuckDB's values into what JSON can hold without losing anything."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

_AS_IT_IS = frozenset({type(None), str, bool})
_EXACT = 2**53  # beyond it a JSON number loses digits in a browser
_EXACT_DIGITS = 15  # as many a double always keeps


def to_json(value: Any) -> Any:
    """Return a value that ``json`` can write.

    Times become ISO 8601 in UTC with microseconds and ``Z``, blobs hexadecimal, whole numbers beyond 2^53 and decimals
    of more than 15 digits text, numbers that are none ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``. Lists, structs and
    maps keep their form; a JSON column is its text.
    """
    if type(value) in _AS_IT_IS:
        return value
    if isinstance(value, int):
        return value if -_EXACT <= value <= _EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else _NOT_FINITE.get(value, "NaN")
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value) if len(value.as_tuple().digits) <= _EXACT_DIGITS else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {key if type(key) is str else str(to_json(key)): to_json(item) for key, item in value.items()}
    return str(value)


def size(value: Any) -> int:
    """Estimate the bytes a value of ``to_json`` takes in memory and in an answer."""
    if isinstance(value, str):
        return len(value) + 16
    if isinstance(value, list):
        return 16 + sum(size(item) for item in value)
    if isinstance(value, dict):
        return 16 + sum(len(key) + 16 + size(item) for key, item in value.items())
    return 16


_NOT_FINITE = {math.inf: "Infinity", -math.inf: "-Infinity"}
