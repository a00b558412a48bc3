"""Makes pieces of a query's syntax tree (``syntax.py``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agents.collector.query.syntax import Node


def column(*names: str) -> Node:
    """Name a column, or the table and the column."""
    return {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": list(names)}


def text(value: str) -> Node:
    """Write a text."""
    return {"class": "CONSTANT", "type": "VALUE_CONSTANT", "literal": {"kind": "STRING", "text": value}}


def cast(child: Node, kind: str) -> Node:
    """Make another type of a value."""
    target = {"class": "TYPE", "type": "TYPE", "type_name": kind, "qualified_name": {"path": [kind]}}
    return {"class": "CAST", "type": "OPERATOR_CAST", "child": child, "type_expr": target}


def call(name: str, *arguments: Node) -> Node:
    """Call a function."""
    given = [{"expression": argument} for argument in arguments]
    return {
        "class": "FUNCTION",
        "type": "FUNCTION",
        "function_name": name,
        "arguments": given,
        "order_bys": {"type": "ORDER_MODIFIER"},
        "qualified_name": {"path": [name]},
    }


def compare(kind: str, left: Node, right: Node) -> Node:
    """Compare two values; the kind is the parser's name, as ``COMPARE_EQUAL``."""
    return {"class": "COMPARISON", "type": kind, "left": left, "right": right}


def when(condition: Node, then: Node) -> Node:
    """Give a value only where a condition holds, which is looked at first; NULL elsewhere."""
    nothing = {"class": "CONSTANT", "type": "VALUE_CONSTANT", "literal": {"kind": "NULL_LITERAL"}}
    return {
        "class": "CASE",
        "type": "CASE_EXPR",
        "case_checks": [{"when_expr": condition, "then_expr": then}],
        "else_expr": nothing,
    }


def all_of(conditions: Sequence[Node]) -> Node:
    """Join conditions by AND."""
    return _joined("CONJUNCTION_AND", conditions)


def any_of(conditions: Sequence[Node]) -> Node:
    """Join conditions by OR."""
    return _joined("CONJUNCTION_OR", conditions)


def _joined(kind: str, conditions: Sequence[Node]) -> Node:
    return {"class": "CONJUNCTION", "type": kind, "children": list(conditions)}
