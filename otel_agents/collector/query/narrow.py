"""Adds to a query what follows from its own conditions, so that less is looked through, and the answer stays the same.

Who asks for spans of a trace by its id asks for spans that start between the first and the last of that trace, and
those stand together. Who looks for a text in an attribute finds it only where the stored object has it, too: looking
for it there costs less than taking the object apart.
"""

from __future__ import annotations

import copy
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from otel_agents.collector.query import nodes
from otel_agents.collector.query.ranges import ranges_of
from otel_agents.collector.query.rewrite import PARTS
from otel_agents.collector.query.syntax import Node, parse, walk
from otel_agents.collector.store.columns import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

SPAN_DATA: Final = "span_data"  # what is read in the place of the view of traces
_SPANS: Final = frozenset({"spans", "spans_and_parts"})
_OF_TRACES: Final = _SPANS | {"traces"}
_PARTS: Final = frozenset({*GROUPS, "content"})
_MOST_IDS: Final = 1000
# In a stored object these stand as they are, or as \u and four digits: between them is nothing of JSON's own, and a
# number, which JSON may write in several ways, is not made of them alone.
_PLAIN: Final = re.compile(r"[A-Za-z0-9 ]{3,}")
_NO_NUMBER: Final = re.compile(r"[A-DF-Za-df-z]")
_TEXT_OF_KEY: Final = frozenset({"->>", "json_extract_string"})


def narrowed(cursor: DuckDBPyConnection, statement: Node) -> Node | None:
    """Narrow every SELECT that can be.

    Args:
        cursor: what the query will run on, in the same transaction.
        statement: the query's tree, after ``rewrite.use_stored_columns``.

    Returns:
        The new statement, or None when nothing can be gained.
    """
    if any(entry["key"].lower() in _OF_TRACES for node in walk(statement) for entry in _ctes(node)):
        return None  # the name does not always mean the view
    statement = copy.deepcopy(statement)
    selects = [node for node in walk(statement) if node.get("type") == "SELECT_NODE" and "where_clause" in node]
    changed = [_narrow(cursor, node) for node in selects]
    return statement if any(changed) else None


def _ctes(node: Node) -> list[Node]:
    found: list[Node] = node["cte_map"].get("map", []) if "cte_map" in node else []
    return found


def _narrow(cursor: DuckDBPyConnection, select: Node) -> bool:
    table, where = select["from_table"], select["where_clause"]
    if table["type"] != "BASE_TABLE" or "column_name_alias" in table or "sample" in table:
        return False
    name, alias = table["table_name"].lower(), table.get("alias") or table["table_name"]
    own = list(_conditions(where))
    changed = False
    if name in PARTS.values():
        for condition in own:
            if (first := _stands_in(condition)) is not None:
                # Of conditions joined by AND, DuckDB looks first at any; and where this is NULL, no row is wanted.
                whole = {**condition}
                condition.clear()
                condition.update(nodes.when(first, whole))
                changed = True
    if name in _OF_TRACES and (between := _between(cursor, own, alias.lower())) is not None:
        if name == "traces":
            select["from_table"] = _traces(cursor, alias, *between)
            return True
        _limit(select, alias, *between)
        changed = True
    return changed


def _conditions(where: Node) -> Iterator[Node]:
    """Yield the conditions that all have to hold."""
    if where.get("type") == "CONJUNCTION_AND":
        for child in where["children"]:
            yield from _conditions(child)
    else:
        yield where


# --- One trace ------------------------------------------------------------------------------------------------------


def _between(cursor: DuckDBPyConnection, conditions: list[Node], alias: str) -> tuple[str, str] | None:
    """When the first and the last span of the traces start whose ids are asked for."""
    for condition in conditions:
        if (ids := _ids(condition, alias)) and len(ids) <= _MOST_IDS:
            found = ranges_of(cursor, ids)
            if found:
                return str(min(row["began"] for row in found)), str(max(row["last"] for row in found))
    return None


def _ids(condition: Node, alias: str) -> list[str]:
    if condition.get("type") == "COMPARE_EQUAL":
        operands = [condition["left"], condition["right"]]
        operands.sort(key=lambda operand: operand.get("class") != "COLUMN_REF")
    elif condition.get("type") == "COMPARE_IN":
        operands = condition["children"]
    else:
        return []
    column, *values = operands
    texts = [_text(value) for value in values]
    if [name.lower() for name in column.get("column_names", ())] not in (["trace_id"], [alias, "trace_id"]):
        return []
    return [text for text in texts if text is not None] if None not in texts else []


def _text(node: Node) -> str | None:
    literal = node.get("literal", {})
    return literal.get("text", "") if literal.get("kind") == "STRING" else None


def _limit(select: Node, alias: str, began: str, last: str) -> None:
    """Have a SELECT look at what starts between two times alone."""
    start = nodes.column(alias, "start_time")
    conditions = [
        nodes.compare("COMPARE_GREATERTHANOREQUALTO", start, nodes.cast(nodes.text(began), "TIMESTAMP")),
        nodes.compare("COMPARE_LESSTHANOREQUALTO", start, nodes.cast(nodes.text(last), "TIMESTAMP")),
    ]
    if "where_clause" in select:
        conditions.append(select["where_clause"])
    select["where_clause"] = nodes.all_of(conditions)


def _traces(cursor: DuckDBPyConnection, alias: str, began: str, last: str) -> Node:
    """The view of traces, made of what started between two times."""
    view = parse(cursor, _view())
    for node in walk(view):
        if node.get("from_table", {}).get("table_name") == SPAN_DATA:
            _limit(node, SPAN_DATA, began, last)
    return {"type": "SUBQUERY", "alias": alias, "subquery": view}


@cache
def _view() -> str:
    views = (files("otel_agents.collector.store") / "schema" / "views.sql").read_text("utf-8")
    return views.partition("CREATE OR REPLACE VIEW traces AS\n")[2].partition(";\n")[0]


# --- A text in an attribute -----------------------------------------------------------------------------------------


def _stands_in(condition: Node) -> Node | None:
    """What holds for the stored object wherever a condition on one of its values does; None where nothing is known."""
    name = condition.get("function_name")
    if condition.get("type") == "COMPARE_EQUAL":
        operands = [condition["left"], condition["right"]]
        operands.sort(key=lambda operand: "literal" in operand)
    elif name in ("~~", "~~*", "contains"):
        operands = [argument["expression"] for argument in condition["arguments"]]
    else:
        return None
    if len(operands) != 2 or (wanted := _text(operands[1])) is None:
        return None
    part = _part(operands[0])
    pieces = [piece for piece in _PLAIN.findall(wanted) if _NO_NUMBER.search(piece)]
    if part is None or not pieces:
        return None
    piece = max(pieces, key=len)
    if name == "~~*":
        has_it = nodes.call("regexp_matches", part, nodes.text(_in_any_case(piece)), nodes.text("i"))
    else:
        has_it = nodes.call("contains", part, nodes.text(piece))
    return nodes.any_of([has_it, nodes.call("contains", part, nodes.text("\\u"))])


def _in_any_case(piece: str) -> str:
    # The lower case of this letter is an i to ILIKE; to regular expressions it is not.
    return re.sub("[iI]", "[i\u0130]", piece)


def _part(node: Node) -> Node | None:
    """The stored column that a key's text is taken out of."""
    if node.get("function_name") not in _TEXT_OF_KEY:
        return None
    column, key = (argument["expression"] for argument in node["arguments"])
    names = column.get("column_names", ())
    return nodes.column(*names) if len(names) == 2 and names[1] in _PARTS and _text(key) is not None else None
