"""Decides whether a query may run: everything in its syntax tree has to be known and allowed.

What protects the collector, from the inside out: the instance has external access off and its configuration locked, the
transaction is read-only, and every node of the tree is on a list here. The lists matter most, since a statement inside
a WITH may write (``WITH x AS (INSERT …)``), a table's name may be a file's, and a function may read what is outside.
Comments, quoting and odd spelling do not matter: they are gone once the text is a tree, and the text that is run is
parsed by the same parser into the same tree.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from otel_agents.collector.query import functions
from otel_agents.collector.query.syntax import Node, place, too_deep
from otel_agents.errors import QueryError

TABLES = frozenset({"spans", "traces", "evaluations", "metrics", "logs", "records"})
_KNOWN = ", ".join(sorted(TABLES))

_EXPRESSIONS = functions.names(
    "BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION LAMBDA LAMBDA_REF OPERATOR"
    " POSITIONAL_REFERENCE STAR SUBQUERY TYPE WINDOW"
)
_NODES = functions.names(
    "SELECT_NODE SET_OPERATION_NODE RECURSIVE_CTE_NODE CTE_NODE"
    " BASE_TABLE TABLE_FUNCTION SUBQUERY JOIN EMPTY EXPRESSION_LIST PIVOT SHOW_REF"
    " ORDER_MODIFIER LIMIT_MODIFIER LIMIT_PERCENT_MODIFIER DISTINCT_MODIFIER"
    " ORDER_DEFAULT ASCENDING DESCENDING"
)
_SUMMARIES = frozenset({"DESCRIBE", "SUMMARY"})
_PLAIN_NAME = re.compile(r"\w+")

MAX_DEPTH = 400  # levels of the tree; an expression takes about three


def check(statement: Node, sql: str, tables: frozenset[str] = TABLES) -> None:
    """Refuse a statement that does anything but read the tables users may read.

    Args:
        statement: what ``syntax.parse`` gave.
        sql: the text it was parsed from, to say where.
        tables: what may be read.

    Raises:
        QueryError: ``forbidden``, or ``unknown_name`` for a table or a type there is none of.
    """
    _Check(sql).run(statement, tables)


class _Check:
    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._stack: list[tuple[Any, frozenset[str], int]] = []

    def run(self, statement: Node, tables: frozenset[str]) -> None:
        self._stack.append((statement["node"], tables, 0))
        while self._stack:
            item, tables, depth = self._stack.pop()
            if depth > MAX_DEPTH:
                raise too_deep()
            if isinstance(item, list):
                self._stack.extend((child, tables, depth + 1) for child in reversed(item))
            elif isinstance(item, dict):
                self._node(item, tables, depth)

    def _node(self, node: Node, tables: frozenset[str], depth: int) -> None:
        if "cte_map" in node:
            tables = self._common_tables(node, tables, depth)
        children = {key: value for key, value in node.items() if key != "cte_map"}
        if "class" in node:
            self._expression(node)
        elif isinstance(node.get("type"), str):
            self._part(node, tables)
            if node["type"] == "TABLE_FUNCTION":
                children["function"] = node["function"].get("arguments")
            if node["type"] == "RECURSIVE_CTE_NODE":
                own = tables | {node["cte_name"].lower()}
                self._stack.append((children.pop("right"), own, depth + 1))
        self._stack.extend((child, tables, depth + 1) for child in reversed(children.values()))

    def _common_tables(self, node: Node, tables: frozenset[str], depth: int) -> frozenset[str]:
        """Check the queries of a WITH, each seeing those before it, and return the tables the body sees."""
        for entry in node["cte_map"].get("map", ()):
            self._stack.append((entry["value"], tables, depth + 1))
            name = entry["key"]
            if not _PLAIN_NAME.fullmatch(name):
                raise self._refuse(node, f'"{name}" cannot name a WITH query: letters, digits and _ alone can')
            tables |= {name.lower()}
        return tables

    def _expression(self, node: Node) -> None:
        kind = node["class"]
        if kind == "PARAMETER":
            raise self._refuse(node, "parameters are not supported", hint="write the value itself")
        if kind not in _EXPRESSIONS:
            raise self._refuse(node, f"{kind.lower()} expressions are not supported")
        if kind in ("FUNCTION", "WINDOW"):
            self._called(node, functions.SCALARS)
        elif kind == "TYPE":
            self._type(node)

    def _part(self, node: Node, tables: frozenset[str]) -> None:
        kind = node["type"]
        if kind not in _NODES:
            what = kind.removesuffix("_QUERY_NODE").removesuffix("_NODE").replace("_", " ")
            raise self._refuse(node, f"{what} is not allowed", hint="a query here only reads")
        if kind == "BASE_TABLE":
            self._table(node, tables)
        elif kind == "TABLE_FUNCTION":
            self._called(node["function"], functions.TABLES, where=node)
        elif kind == "SHOW_REF" and ("query" not in node or node.get("show_type") not in _SUMMARIES):
            raise self._refuse(node, "SHOW is not allowed", hint=f"the tables are {_KNOWN}; DESCRIBE spans")

    def _table(self, node: Node, tables: frozenset[str]) -> None:
        path = node["qualified_name"]["path"]
        name = ".".join(path)
        if node.get("at_clause"):
            raise self._refuse(node, "AT is not supported")
        if len(path) == 1 and name.lower() in tables:
            return
        if len(path) > 1 or not _PLAIN_NAME.fullmatch(name):
            raise self._refuse(node, f'"{name}" cannot be read', hint=f"the tables are: {_KNOWN}")
        close = get_close_matches(name.lower(), tables, n=1)
        hint = f'did you mean "{close[0]}"?' if close else f"the tables are: {_KNOWN}"
        raise self._refuse(node, f'unknown table "{name}"', kind="unknown_name", hint=hint)

    def _called(self, node: Node, allowed: frozenset[str], where: Node | None = None) -> None:
        path = node["qualified_name"]["path"] if "qualified_name" in node else [node["function_name"]]
        name = node["function_name"].lower()
        if len(path) == 1 and name == path[0].lower() and name in allowed:
            return
        close = get_close_matches(name, [n for n in allowed if n[0].isalpha()], n=1, cutoff=0.75)
        hint = f"did you mean {close[0]}()?" if close else "a query can compute with what is in its tables, alone"
        raise self._refuse(where or node, f"the function {'.'.join(path)}() is not available", hint=hint)

    def _type(self, node: Node) -> None:
        path = node["qualified_name"]["path"] if "qualified_name" in node else [node["type_name"]]
        name = ".".join(path)
        if len(path) == 1 and name.lower() in functions.TYPES:
            return
        close = get_close_matches(name.lower(), functions.TYPES, n=1)
        hint = f"did you mean {close[0].upper()}?" if close else None
        raise self._refuse(node, f'unknown type "{name}"', kind="unknown_name", hint=hint)

    def _refuse(self, node: Node, message: str, *, kind: str = "forbidden", hint: str | None = None) -> QueryError:
        return QueryError(f"{message} {place(self._sql, node)}".rstrip(), kind=kind, hint=hint)
