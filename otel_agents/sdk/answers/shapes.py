"""Careful ways to look into objects of unknown shape: pydantic objects, plain dicts, anything a user may hand over."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

# A count above this is no count of tokens; it would also not fit the 64 bits of an attribute.
_MOST_TOKENS = 2**53
# What a value given to us may grow to: enough for every real tool call, and an end for a value that contains itself.
_MOST_NODES = 20_000
_MOST_DEPTH = 32
_MOST_REPR = 1_000
_CUT = "…"
_NOTHING: dict[str, Any] = {}


def fields(obj: Any) -> Mapping[str, Any]:
    """The fields of a dict, a pydantic object (those its package does not know yet, too) or any other object.

    A pydantic object is not asked for an attribute: a missing one costs it microseconds. Whoever needs several fields
    of an object takes this once and reads on in the plain dict.
    """
    if type(obj) is dict:
        return obj
    if obj is None:
        return _NOTHING
    extra = getattr(obj, "__pydantic_extra__", _NOTHING)
    if extra is _NOTHING:
        return obj if isinstance(obj, Mapping) else _Attributes(obj)
    known: dict[str, Any] = obj.__dict__
    return {**known, **extra} if extra else known


class _Attributes(Mapping[str, Any]):
    """The attributes of an object that is neither a mapping nor pydantic's; which there are is not told."""

    def __init__(self, obj: object) -> None:
        self._obj = obj

    def get(self, name: str, default: Any = None) -> Any:
        return getattr(self._obj, name, default)

    def __getitem__(self, name: str) -> Any:
        return getattr(self._obj, name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def get(obj: Any, name: str) -> Any:
    """One field of an object of any kind, or None."""
    return (obj if type(obj) is dict else fields(obj)).get(name)


def first(obj: Any, *names: str) -> Any:
    """The first of several fields that holds something, or None."""
    known = fields(obj)
    for name in names:
        if (found := known.get(name)) is not None:
            return found
    return None


def text(value: object) -> str | None:
    """The value if it is a text with something in it (an enum of texts gives its value), else None."""
    if not isinstance(value, str) or not value:
        return None
    return value if type(value) is str else str.__str__(value)


def items(value: object) -> list[Any] | tuple[Any, ...]:
    """The value if it is a list or tuple, else nothing."""
    return value if isinstance(value, (list, tuple)) else ()


def is_number(value: object) -> bool:
    """Whether the value is a number; a bool is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def tokens(value: object) -> int:
    """The value as a count of tokens; 0 for whatever is not one."""
    if value.__class__ is int:
        return value if 0 < value <= _MOST_TOKENS else 0
    if value is None or isinstance(value, bool):
        return 0
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and 0 < value <= _MOST_TOKENS else 0


def dollars(value: object) -> float | None:
    """The value as an amount of US dollars, or None."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf:
        return float(value)
    return None


def jsonable(value: object) -> Any:
    """The value as something ``json.dumps`` writes: containers, pydantic objects and dataclasses by their fields.

    Bytes become a note of their size, numbers that JSON lacks their names, unknown objects their text. What is too deep
    or too large is cut, and a value that contains itself ends.
    """
    return _plain(value, _MOST_DEPTH, [_MOST_NODES])


def _plain(value: Any, depth: int, left: list[int]) -> Any:
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    left[0] -= 1
    if depth == 0 or left[0] < 0:
        return _CUT
    if kind is float:
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Enum):
        return _plain(value.value, depth - 1, left)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value)} bytes>"
    if isinstance(value, Mapping):
        return _object(value, depth, left)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _array(value, depth, left)
    if getattr(value, "__pydantic_fields_set__", None) is not None:
        fields = {**vars(value), **(value.__pydantic_extra__ or {})}
        return _object({name: field for name, field in fields.items() if field is not None}, depth, left)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _object({each.name: getattr(value, each.name) for each in dataclasses.fields(value)}, depth, left)
    return str(value)[:_MOST_REPR]


def _object(value: Mapping[Any, Any], depth: int, left: list[int]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, field in value.items():
        left[0] -= 1
        if left[0] < 0:
            plain[_CUT] = f"{len(value) - len(plain)} more"
            break
        plain[str(name)] = _plain(field, depth - 1, left)
    return plain


def _array(value: Any, depth: int, left: list[int]) -> list[Any]:
    plain: list[Any] = []
    for element in value:
        left[0] -= 1
        if left[0] < 0:
            plain.append(f"{_CUT} {len(value) - len(plain)} more")
            break
        plain.append(_plain(element, depth - 1, left))
    return plain
