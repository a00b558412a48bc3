"""The parts genai-prices' table is made of, read from its source text or taken from its objects.

The package takes 0.3 s and 30 MB to import, most of it for pydantic, so the table's file is read as data instead:
nothing of it is run. Both ways give the same parts.
"""

from __future__ import annotations

import ast
from datetime import UTC, date, time
from decimal import Decimal
from time import sleep
from typing import Any, NamedTuple

_TRIES = 50


class Part(NamedTuple):
    """One object of the table: the name of its class in ``genai_prices.types``, and its fields."""

    kind: str
    fields: dict[str, Any]

    def get(self, field: str) -> Any:
        """A field's value; None where it was left out."""
        return self.fields.get(field)


def read(source: bytes, *fields: str) -> Part:
    """Read some fields from the text of a constructor's call, such as ``ModelInfo(id='gpt-4o', …)``.

    Raises:
        ValueError: the fields are something else than calls, lists, dicts and constants.
        SyntaxError: the text is not Python.
    """
    match _parsed(source):
        case ast.Call(ast.Name(kind), [], keywords):
            return Part(kind, _fields([keyword for keyword in keywords if keyword.arg in fields]))
    raise ValueError("expected a constructor's call in the table")


def _parsed(source: bytes) -> ast.expr:
    for _ in range(_TRIES):
        try:
            return ast.parse(source, mode="eval").body
        except SystemError:  # Python 3.11 mixes up trees that several threads build at once (python/cpython#106905)
            sleep(0.001)
    raise ValueError("Python cannot read the table now")


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value):
            return value
        case ast.List(items):
            return [_value(item) for item in items]
        case ast.Dict(keys, values):
            return {_value(key): _value(value) for key, value in zip(keys, values, strict=True) if key is not None}
        case ast.Attribute(ast.Name("datetime"), "UTC"):
            return UTC
        case ast.Call(ast.Name("Decimal"), [ast.Constant(str(number))], []):
            return Decimal(number)
        case ast.Call(ast.Name(kind), [], keywords):
            return Part(kind, _fields(keywords))
        case ast.Call(ast.Attribute(ast.Name("datetime"), "date" | "time" as kind), arguments, keywords):
            return (date if kind == "date" else time)(*map(_value, arguments), **_fields(keywords))
    raise ValueError(f"unexpected {type(node).__name__} in the table")


def _fields(keywords: list[ast.keyword]) -> dict[str, Any]:
    return {str(keyword.arg): _value(keyword.value) for keyword in keywords}


def taken(value: Any) -> Any:
    """An object of genai-prices as parts."""
    if isinstance(value, list):
        return [taken(item) for item in value]
    if type(value).__module__.partition(".")[0] == "genai_prices":
        return Part(type(value).__name__, {name: taken(field) for name, field in vars(value).items()})
    return value
