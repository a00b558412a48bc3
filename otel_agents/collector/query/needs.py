"""Finds what of the tables a query needs, to hand it on to a process that has no store."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from otel_agents.collector.query.check import TABLES
from otel_agents.collector.query.syntax import Node, walk
from otel_agents.collector.query.tame import is_tame

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALL_COLUMNS = frozenset({"STAR", "POSITIONAL_REFERENCE"})
_ALL_OF_TABLES = frozenset({"SHOW_REF", "PIVOT"})


def needed(statement: Node, columns: Mapping[str, list[str]]) -> dict[str, Node]:
    """Write, for each table that a query reads, a query of what it needs of it.

    Columns that are nowhere named are left out; rows too, where the table stands alone in one SELECT whose WHERE is of
    its columns and tame.

    Args:
        statement: the query's tree, checked.
        columns: of each table, in their order.
    """
    nodes = list(walk(statement))
    read = [node for node in nodes if node.get("type") == "BASE_TABLE" and node["table_name"].lower() in TABLES]
    named = _all_texts(statement)
    aliases = {(node.get("alias") or node.get("table_name", "")).lower() for node in nodes if _is_source(node)}
    everything = any(_needs_all(node, aliases) for node in nodes)
    found: dict[str, Node] = {}
    for table in {node["table_name"].lower(): node for node in read}.values():
        name = table["table_name"].lower()
        wanted = [column for column in columns[name] if everything or column.lower() in named] or columns[name][:1]
        alone = sum(node["table_name"].lower() == name for node in read) == 1
        where = _where(nodes, table) if alone else None
        found[name] = {"node": _select(table, wanted, where)}
    return found


def without_where(query: Node) -> Node:
    """Ask for all rows: the WHERE named something outside of the table."""
    return {"node": {key: value for key, value in query["node"].items() if key != "where_clause"}}


def _needs_all(node: Node, aliases: set[str]) -> bool:
    if node.get("class") in _ALL_COLUMNS or node.get("ref_type") == "NATURAL":
        return True
    if str(node.get("type")) in _ALL_OF_TABLES:  # of a sample's size it is no text
        return True
    names = node.get("column_names", ())
    return len(names) == 1 and names[0].lower() in aliases  # a row as one value


def _is_source(node: Node) -> bool:
    return node.get("type") in ("BASE_TABLE", "SUBQUERY", "TABLE_FUNCTION", "JOIN") and "class" not in node


def _all_texts(tree: object) -> set[str]:
    """Every text in a tree, in lower case: a column that is named stands among them, wherever it is named."""
    found: set[str] = set()
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, str):
            found.add(item.lower())
    return found


def _where(nodes: list[Node], table: Node) -> Node | None:
    """The WHERE of the SELECT that reads a table alone."""
    for node in nodes:
        if node.get("type") == "SELECT_NODE" and node.get("from_table") is table and "where_clause" in node:
            where: Node = node["where_clause"]
            plain = all("cte_map" not in inner and "subquery" not in inner for inner in walk(where))
            return copy.deepcopy(where) if plain and "column_name_alias" not in table and is_tame(where) else None
    return None


def _select(table: Node, columns: list[str], where: Node | None) -> Node:
    name = table["table_name"].lower()
    alias = table.get("alias") or table["table_name"]
    items = [{"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": [alias, column]} for column in columns]
    source = {"type": "BASE_TABLE", "table_name": name, "alias": alias, "qualified_name": {"path": [name]}}
    select: Node = {
        "type": "SELECT_NODE",
        "cte_map": {"map": []},
        "select_list": items,
        "from_table": source,
        "aggregate_handling": "STANDARD_HANDLING",
    }
    return select | ({"where_clause": where} if where else {})
