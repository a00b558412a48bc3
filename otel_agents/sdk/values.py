"""Attribute values from whatever a user hands over: nothing is refused, what has no type becomes its text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.util.types import AnyValue

PLAIN = frozenset({str, int, float, bool})  # attribute values of these very types are ones already
converted: Counter[str] = Counter()  # values that became their text, by class
_DEPTH = 8
_MOST_CLASSES = 100


def attribute_value(value: object, depth: int = _DEPTH) -> AnyValue:
    """Make an attribute value: scalars as they are, sequences and mappings by their parts, all else its text."""
    if value.__class__ in PLAIN or value is None or value.__class__ is bytes:
        return value  # type: ignore[return-value]
    if isinstance(value, Enum):
        return attribute_value(value.value, depth)
    if depth and isinstance(value, Mapping):
        return {str(key): attribute_value(item, depth - 1) for key, item in value.items()}
    if depth and isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes | bytearray):
        return [attribute_value(item, depth - 1) for item in value]
    for plain in (bool, int, float, str):
        if isinstance(value, plain):
            return plain(value)
    return text_of(value)


def text_of(value: object) -> str:
    """Make a text of a value that is no attribute's, and count it."""
    name = type(value).__name__
    converted[name if name in converted or len(converted) < _MOST_CLASSES else "other"] += 1
    try:
        return str(value)
    except Exception:
        return f"<{name}>"


def attribute_values(values: Mapping[str, Any]) -> dict[str, AnyValue]:
    """Make attributes; None means there is none."""
    return {key: attribute_value(value) for key, value in values.items() if value is not None}
