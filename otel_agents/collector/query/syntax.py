"""A query's syntax tree, made and written back by the parser that will run it.

The tree is the one DuckDB's own ``json_serialize_sql`` gives. A second parser would read some text differently from the
first, and in that gap a query can be smuggled past the check: there is no gap between a parser and itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb

from otel_agents.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

Node = dict[str, Any]

MAX_CHARACTERS = 65_536
MAX_NESTING = 100  # brackets; the parser's time and memory grow with the square of those left open
_ONE_SELECT = "write one SELECT, or WITH … SELECT, over spans, traces or the other tables; nothing else is run here"
# What is written so elsewhere, and how it is written here.
_MEANT = {
    'near "?"': "whether there is a key: json_exists(attributes, 'key')",
    "Unknown ordered aggregate": "write quantile_cont(x, 0.95) or approx_quantile(x, 0.95)",
}


def parse(cursor: DuckDBPyConnection, sql: str) -> Node:
    """Parse a query into its one statement.

    Raises:
        QueryError: it is not SQL (``syntax``), or not exactly one SELECT (``forbidden``).
    """
    if len(sql) > MAX_CHARACTERS:
        raise QueryError(f"the query is longer than {MAX_CHARACTERS:,} characters", kind="forbidden")
    if "\x00" in sql or not _is_unicode(sql):
        raise QueryError("the query holds a character that is none", kind="syntax")
    if _nesting(sql) > MAX_NESTING:
        raise too_deep()
    ((text,),) = cursor.execute(
        "SELECT json_serialize_sql(?::VARCHAR, skip_null := true, skip_default := true)", [sql]
    ).fetchall()
    try:
        answer: Node = json.loads(text)
    except RecursionError:
        raise too_deep() from None
    except ValueError:  # a literal of DuckDB's that is not Unicode, such as x'é'
        raise QueryError("the query holds a text that cannot be read", kind="syntax") from None
    if answer["error"]:
        raise _refusal(sql, answer)
    statements: list[Node] = answer["statements"]
    if not statements:
        raise QueryError("the query is empty", kind="syntax", hint=_ONE_SELECT)
    if len(statements) > 1:
        raise QueryError("only one statement can be run at a time", kind="forbidden", hint=_ONE_SELECT)
    return statements[0]


def unparse(cursor: DuckDBPyConnection, statement: Node) -> str:
    """Write a statement as SQL again."""
    tree = json.dumps({"error": False, "statements": [statement]})
    ((text,),) = cursor.execute("SELECT json_deserialize_sql(?::JSON)", [tree]).fetchall()
    return str(text)


def place(sql: str, node: Node) -> str:
    """Say where in the text a node stands: ``at line 2, column 5``, or "" for one the parser made up."""
    offset = node.get("query_location")
    return "" if offset is None else _line_and_column(sql, int(offset))


def walk(tree: object) -> Iterator[Node]:
    """Yield every object of a tree, parents before their children, in the order of the text where it matters."""
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(reversed(item.values()))
        elif isinstance(item, list):
            stack.extend(reversed(item))


def own_nodes(tree: object) -> Iterator[Node]:
    """Yield every object of a part of a SELECT, but nothing of queries inside it."""
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if "cte_map" in item:
                continue
            yield item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def too_deep() -> QueryError:
    """What to raise for a query nested beyond reason."""
    return QueryError("the query is nested too deeply", kind="forbidden", hint="split it with WITH")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can hold
        return False
    return True


def _nesting(sql: str) -> int:
    """How many brackets are open at once, at most; those in texts, names and comments are none."""
    text = sql.encode()
    depth = deepest = 0
    for offset, kind in duckdb.tokenize(sql):
        if kind == duckdb.token_type.operator:
            depth += (text[offset] in b"([{") - (text[offset] in b")]}")
            deepest = max(deepest, depth)
    return deepest


def _line_and_column(sql: str, offset: int) -> str:
    before = sql.encode()[:offset].decode(errors="ignore")  # DuckDB counts bytes
    return f"at line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


def _refusal(sql: str, answer: Node) -> QueryError:
    message = str(answer["error_message"])
    if answer.get("error_type") == "not implemented":
        return QueryError("only SELECT can be run here", kind="forbidden", hint=_ONE_SELECT)
    if "expression depth" in message:
        return too_deep()
    where = _line_and_column(sql, int(answer["position"])) if answer.get("position") else ""
    hint = next((hint for part, hint in _MEANT.items() if part in message), None)
    return QueryError(f"{message} {where}".rstrip(), kind="syntax", hint=hint)
