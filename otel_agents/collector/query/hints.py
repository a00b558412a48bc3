"""Says what is wrong with a query in words that help: where it is, and what was probably meant."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from otel_agents.collector.query.syntax import Node, place, walk
from otel_agents.errors import QueryError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_COLUMN = re.compile(
    r'Referenced column "(?P<name>.+?)" (?:was )?not found|does not have a column named "(?P<other>.+?)"'
)
_TABLE = re.compile(r'Referenced table "(?P<name>.+?)" not found')
_CANDIDATES = re.compile(r"Candidate (?:bindings|tables):[ :]*(?P<names>.+)")
_QUOTED = re.compile(r'"([^"]+)"')
# A line of the query again, or the middle of a long one, and carets below the place.
_ECHO = re.compile(
    r"\n\s*(?P<head>LINE (?P<line>\d+): (?:\.\.\.)?)(?P<text>.*?)(?:\.\.\.)?\n(?P<space> *)\^+", re.DOTALL
)
_OVERLOADS = re.compile(r"\s*Candidate functions:.*", re.DOTALL)
_SETTING = re.compile(
    r"\s*(?:Possible solutions:|Use \"SET ).*", re.DOTALL
)  # advice about settings nobody here can set


def explain(error: Exception, sql: str, statement: Node, columns: set[str]) -> QueryError:
    """Turn DuckDB's error about a query into ours.

    Args:
        error: what DuckDB raised.
        sql: the query as the user wrote it.
        statement: its syntax tree.
        columns: those of the tables it reads (``columns_of``).
    """
    message = str(error)
    if unknown := _COLUMN.search(message):
        return _unknown("column", unknown["name"] or unknown["other"], message, sql, statement, columns)
    if unknown := _TABLE.search(message):
        return _unknown("table", unknown["name"], message, sql, statement, columns)
    text = _SETTING.sub("", _OVERLOADS.sub("", _ECHO.sub("", message))).strip()
    kind, _, rest = text.partition(": ")
    if kind.endswith("Error"):
        text = rest
    text, _, hint = text.partition("\n")
    text, hint = text.rstrip(" ."), " ".join(hint.split())
    if "argument types" in text:
        text, _, hint = text.partition(". ")
        hint = "a cast makes one type of another: (attributes->>'key')::DOUBLE"
    return QueryError(f"{text} {_echoed(message, sql)}".rstrip(), kind="failed", hint=hint or None)


def _echoed(message: str, sql: str) -> str:
    """Where the place is that DuckDB shows; "" when it shows none, or one of a text that is not the user's."""
    shown = _ECHO.search(message)
    lines = sql.split("\n")
    if shown is None or int(shown["line"]) > len(lines):
        return ""
    before = lines[int(shown["line"]) - 1].find(shown["text"])
    if before < 0:
        return ""
    return f"at line {shown['line']}, column {before + len(shown['space']) - len(shown['head']) + 1}"


def _unknown(what: str, name: str, message: str, sql: str, statement: Node, columns: set[str]) -> QueryError:
    known = set(_QUOTED.findall(candidates["names"])) if (candidates := _CANDIDATES.search(message)) else set()
    if what == "column":
        known |= columns
    by_lowered = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), by_lowered, n=1)
    if close and f'"{name}"' not in sql:
        hint: str | None = f'did you mean "{by_lowered[close[0]]}"?'
    elif what == "column" and f'"{name}"' in sql:
        hint = f"a text stands in single quotes: '{name}'"
    elif what == "table" and known:
        hint = f"the tables here are: {', '.join(sorted(known))}"
    elif what == "column" and "attributes" in known:
        hint = f"an attribute is read as attributes->>'{name}'; DESCRIBE spans lists the columns"
    else:
        hint = None
    return QueryError(
        f'unknown {what} "{name}" {_where(name, sql, statement)}'.rstrip(), kind="unknown_name", hint=hint
    )


def columns_of(statement: Node, cursor: DuckDBPyConnection) -> set[str]:
    """Find all columns of the tables a query reads."""
    tables = {node["table_name"].lower() for node in walk(statement) if node.get("type") == "BASE_TABLE"}
    marks = ", ".join("?" for _ in tables) or "''"
    rows = cursor.execute(
        f"SELECT column_name FROM duckdb_columns() WHERE schema_name = 'main' AND table_name IN ({marks})",  # noqa: S608
        sorted(tables),
    ).fetchall()
    return {row[0] for row in rows}


def _where(name: str, sql: str, statement: Node) -> str:
    for node in walk(statement):
        if name.lower() in (part.lower() for part in node.get("column_names", ())):
            return place(sql, node)
    return ""
