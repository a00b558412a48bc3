"""Describes a Python function to a model, from its signature and docstring."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable

    from openai.types.shared_params import FunctionDefinition

JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def function_schema(function: Callable[..., Any]) -> FunctionDefinition:
    """Give a function's name, description and parameters as OpenAI's APIs take them.

    Raises:
        TypeError: a parameter has a type other than str, int, float and bool.
    """
    types = get_type_hints(function)
    properties, required = {}, []
    for name, parameter in inspect.signature(function).parameters.items():
        if types.get(name) not in JSON_TYPES:
            raise TypeError(f"{function.__name__}: the type of {name} has no JSON schema here")
        properties[name] = {"type": JSON_TYPES[types[name]]}
        if parameter.default is parameter.empty:
            required.append(name)
    return {
        "name": function.__name__,
        "description": inspect.getdoc(function) or "",
        "parameters": {"type": "object", "properties": properties, "required": required, "additionalProperties": False},
    }
