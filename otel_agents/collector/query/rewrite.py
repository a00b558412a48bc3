"""Rewrites a query's syntax tree so that it answers faster, or at all, and never differently.

The ``attributes`` of ``spans`` and ``records`` are put together from several stored columns: the long content, two
groups of all other keys, and one key that has a column of its own. Where a SELECT takes single keys out of
``attributes``, it is pointed at those columns instead. If there is any doubt whether the answer stays the same, it is
left as it was written.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from otel_agents import conventions
from otel_agents.collector.query.syntax import Node, own_nodes, walk
from otel_agents.collector.store.columns import GROUPS, is_content
from otel_agents.collector.store.columns import group as group_of

if TYPE_CHECKING:
    from collections.abc import Iterable

# The views, and those with the columns below beside theirs.
PARTS = {"spans": "spans_and_parts", "records": "records_and_parts"}
VIEWS = frozenset(PARTS.values())
_OWN_COLUMN = {conventions.AGENT: "agent_attribute"}
_CONTENT = "content"
_HIDDEN = (*_OWN_COLUMN.values(), *GROUPS, _CONTENT)
# As the function level_num has them.
LEVELS = {"trace": 1, "debug": 5, "info": 9, "notice": 10, "warn": 13, "warning": 13, "error": 17, "fatal": 21}
_TEXT_OF_KEY = frozenset({"->>", "json_extract_string"})
_VALUE_OF_KEY = frozenset({"->", "json_extract"})


def aliases_in_group_by(statement: Node) -> Node | None:
    """Let GROUP BY mean the SELECT list's name where a column has the same name; None if it nowhere does.

    DuckDB takes the column then, so ``SELECT attributes->>'agent' AS agent … GROUP BY agent`` is an error to it, as
    ``spans`` has a column ``agent``. To be tried after such an error alone: a query that runs keeps its meaning.
    """
    statement = copy.deepcopy(statement)
    changed = False
    for node in walk(statement):
        groups = node.get("group_expressions", [])
        named = {item["alias"].lower(): item for item in node.get("select_list", ()) if item.get("alias")}
        for index, group in enumerate(groups):
            names = group.get("column_names", ())
            meant = named.get(names[0].lower()) if len(names) == 1 else None
            if meant is not None and meant.get("column_names") != names:
                groups[index] = {key: value for key, value in copy.deepcopy(meant).items() if key != "alias"}
                changed = True
    return statement if changed else None


def use_stored_columns(statement: Node) -> Node | None:
    """Point the places that take single keys out of ``attributes`` at the columns those are stored in.

    Returns:
        The new statement, or None when nothing can be gained.
    """
    named = _lowered(entry["key"] for node in _queries(statement) for entry in node["cte_map"].get("map", ()))
    if not named.isdisjoint(PARTS):
        return None  # the name `spans` does not always mean the view
    statement = copy.deepcopy(statement)
    selects = [node for node in _queries(statement) if node["type"] == "SELECT_NODE"]
    changed = [_rewrite_select(node, top=node is statement["node"]) for node in selects]
    return statement if any(changed) else None


def numbers_of_levels(statement: Node) -> Node | None:
    """Let a query of ``records`` compare ``level``, a number, with a level's name; None if it nowhere does."""
    if not any(node.get("table_name", "").lower() == "records" for node in walk(statement)):
        return None
    statement = copy.deepcopy(statement)
    changed = False
    for node in walk(statement):
        operands = [node.get("left"), node.get("right"), node.get("input"), node.get("lower"), node.get("upper")]
        operands += node["children"] if node.get("type") in ("COMPARE_IN", "COMPARE_NOT_IN") else []
        compared = [operand for operand in operands if isinstance(operand, dict)]
        if any(operand.get("column_names", [""])[-1].lower() == "level" for operand in compared):
            for operand in compared:
                number = LEVELS.get(str(operand.get("literal", {}).get("text")).lower())
                if number is not None and operand["literal"].get("kind") == "STRING":
                    operand["literal"] = {"kind": "INTEGER", "text": str(number)}
                    changed = True
    return statement if changed else None


@dataclass(frozen=True, slots=True)
class _Taken:
    """A place that takes one key out of ``attributes``."""

    expression: Node
    column: Node  # the reference to `attributes` in it
    key: str
    as_text: bool


def _rewrite_select(node: Node, *, top: bool) -> bool:
    table = node["from_table"]
    view = PARTS.get(table["table_name"].lower()) if table["type"] == "BASE_TABLE" else None
    if view is None or "column_name_alias" in table:
        return False
    items = node["select_list"]
    if "attributes" in _lowered(item.get("alias", "") for item in items):
        return False
    body = {key: value for key, value in node.items() if key != "cte_map"}
    alias = table.get("alias") or table["table_name"]
    found = [_taken_key(expression, alias.lower()) for expression in own_nodes(body)]
    taken = [place for place in found if place is not None]
    if not taken or _needs_the_view(body, alias.lower()):
        return False
    # Without a name, an item is named after its text, which an outer query may refer to; the answer's own column names
    # were read before.
    if not top and any(not item.get("alias") and _holds(item, taken) for item in items):
        return False
    for star in own_nodes(body):
        if star.get("class") == "STAR":
            star["exclude_list"] = [*star.get("exclude_list", ()), *_HIDDEN]
    table.update(alias=alias, table_name=view, qualified_name={"path": [view]})
    for place in taken:
        own = _OWN_COLUMN.get(place.key) if place.as_text else None
        if own is None:
            place.column["column_names"] = [alias, _CONTENT if is_content(place.key) else group_of(place.key)]
        else:
            name = place.expression.get("alias", "")
            place.expression.clear()
            place.expression.update({"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": [alias, own]})
            place.expression["alias"] = name
    return True


def _needs_the_view(body: Node, alias: str) -> bool:
    """Whether a SELECT refers to columns by a pattern, to all as one value, or by a name that would be new."""
    for node in walk(body):
        if node.get("class") == "STAR" and node.get("columns"):
            return True
        if node.get("syntax_type") == "LAMBDA_KEYWORD" and _named(node["lhs"], "attributes"):
            return True  # a parameter of that name
        names = _lowered(node.get("column_names", ()))
        if names == {alias} or not names.isdisjoint(_HIDDEN):
            return True
    return False


def _taken_key(node: Node, alias: str) -> _Taken | None:
    name = node.get("function_name")
    if node.get("class") == "FUNCTION" and name in _TEXT_OF_KEY | _VALUE_OF_KEY:
        operands = [argument.get("expression") for argument in node.get("arguments", ())]
    elif node.get("class") == "LAMBDA":  # how `->` is parsed, outside of lambdas too
        operands = [node.get("lhs"), node.get("expr")]
    elif node.get("type") == "ARRAY_EXTRACT":
        operands = node["children"]
    else:
        return None
    if len(operands) != 2:
        return None
    column, constant = operands
    literal = constant.get("literal", {}) if constant else {}
    key = literal.get("text", "")
    # A key that starts so is a path, and one with a quote is read in a way of its own.
    is_key = literal.get("kind") == "STRING" and key and key[0] not in "$/" and '"' not in key
    names = [name.lower() for name in column.get("column_names", ())] if column else []
    if not is_key or names not in (["attributes"], [alias, "attributes"]):
        return None
    return _Taken(node, column, key, name in _TEXT_OF_KEY)


def _queries(statement: Node) -> list[Node]:
    return [node for node in walk(statement) if "cte_map" in node]


def _holds(item: Node, taken: list[_Taken]) -> bool:
    places = {id(place.expression) for place in taken}
    return any(id(node) in places for node in walk(item))


def _named(tree: Node, name: str) -> bool:
    return any(name in _lowered(node.get("column_names", ())) for node in walk(tree))


def _lowered(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}
