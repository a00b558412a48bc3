"""Tells queries that may run in the collector's own process from those that get one of their own.

DuckDB keeps account of what sorts, joins and groups take, and writes to disk what is too much. It keeps none of what
one call of a function makes out of 2,048 values, and no interrupt reaches into such a call: a text that is doubled
thirty times, or a list of lists, takes all the memory of the machine within a second. So a query is tame when each of
its functions is known to give back little more than it was given, however often they are nested.
"""

from __future__ import annotations

import math
import re
from typing import Final

from otel_agents.collector.query import functions
from otel_agents.collector.query.functions import names
from otel_agents.collector.query.syntax import Node, own_nodes, walk

MAX_GROWTH: Final = 16  # how many times as long as what is stored a value may become
MAX_EXPRESSIONS: Final = 1_000
MAX_SOURCES: Final = 24  # tables, joins and queries in others
MAX_SETS: Final = 16  # of a GROUP BY with several
MAX_SERIES: Final = 100_000  # rows
_SERIES: Final = names("range generate_series")
_SHORT: Final = 1_000  # characters a constant may add to a value

# The output is as long as the inputs together.
_JOINED: Final = names("""
    || concat concat_ws list_concat list_cat array_concat array_cat list_append list_prepend array_append array_prepend
    array_push_back array_push_front list_value list_pack row struct_pack struct_insert struct_concat json_array
    json_object map map_concat
""")
# The output is so many times as long as the input.
_LONGER: Final = {
    **dict.fromkeys(names("hex to_hex base64 to_base64"), 2),
    **dict.fromkeys(names("json_quote to_json row_to_json array_to_json"), 6),  # of a control character, \u0001
    **dict.fromkeys(names("url_encode like_escape not_like_escape ilike_escape not_ilike_escape regexp_escape"), 3),
    "bin": 64,
}
_PADDED: Final = names("lpad rpad")
_FORMATTED: Final = names("format printf")
_REPLACED: Final = names("replace regexp_replace")
_EXTRACTED: Final = names("""
    -> ->> json_extract json_extract_string json_extract_path json_extract_path_text json_value json_exists json_keys
    json_type json_array_length
    json_get json_get_json json_get_str json_as_text json_get_int json_get_float json_get_bool
""")
_WIDE: Final = re.compile(r"\d{3,}|\*|\{[^}]*\{")  # a width over 99, or one that comes from an argument

_SOURCES: Final = names("BASE_TABLE TABLE_FUNCTION JOIN SET_OPERATION_NODE")

# Everything of these may be used; of the others, a query is not tame.
_TAME: Final = (
    functions.OPERATORS
    | functions.NUMBERS
    | functions.TIMES
    | functions.OTHER
    | functions.WINDOW
    | functions.OURS
    | _JOINED
    | frozenset(_LONGER)
    | _PADDED
    | _FORMATTED
    | _REPLACED
    | (
        functions.TEXT
        - names("""
            translate overlay bar split str_split string_split string_to_array str_split_regex string_split_regex
            regexp_extract_all regexp_split_to_array regexp_split_to_table from_hex unhex nfc_normalize
        """)
    )
    | names("""
        json json_extract json_extract_string json_extract_path json_extract_path_text json_value json_exists json_keys
        json_type json_valid json_array_length
        list_extract list_element array_extract list_slice array_slice list_contains list_has array_contains array_has
        list_has_any array_has_any list_has_all array_has_all list_position list_indexof array_position array_indexof
        list_sort array_sort list_reverse_sort array_reverse_sort list_reverse array_reverse list_distinct
        array_distinct list_unique array_unique list_count list_sum list_avg list_min list_max list_median list_first
        list_last list_any_value list_bool_and list_bool_or array_length unnest cardinality element_at map_keys
        map_values map_contains map_extract map_extract_value struct_extract struct_extract_at struct_keys
        struct_values
    """)
    | (functions.AGGREGATES - names("list array_agg string_agg group_concat listagg histogram histogram_exact"))
)
_TOP: Final = names("min max arg_min arg_max argmin argmax min_by max_by")  # with one argument more, a list of so many


def is_tame(statement: Node) -> bool:
    """Whether what a query takes, beside what DuckDB keeps account of, is bounded by its text.

    Args:
        statement: its tree, checked.
    """
    return _is_small(statement) and _grows_little(statement)


def _is_small(statement: Node) -> bool:
    """Whether planning it takes no time to speak of; no interrupt reaches the planner."""
    expressions = sources = 0
    for node in walk(statement):
        sources += node.get("class") == "SUBQUERY" or str(node.get("type")) in _SOURCES
        if node.get("materialized") == "CTE_MATERIALIZE_NEVER" or len(node.get("group_sets", ())) > MAX_SETS:
            return False  # planned once for each time it is named; a table in memory for each set
        if node.get("type") == "SELECT_NODE":
            expressions += _expressions(node)
        if expressions > MAX_EXPRESSIONS or sources > MAX_SOURCES:
            return False
    return True


def _expressions(select: Node) -> int:
    """How many expressions a SELECT has once names of its items are replaced by what they name, in one another too."""
    sizes: dict[str, int] = {}
    total = 0
    for part in _parts(select):
        size = 0
        for node in own_nodes(part):
            name = node.get("column_names", ("",))[-1].lower()
            size += sizes.get(name, 1) if "class" in node else 0
        total += size
        if part.get("alias"):
            sizes[part["alias"].lower()] = size
    return total


def _parts(select: Node) -> list[Node]:
    """The items of a SELECT, in their order, and all else that belongs to it as one more."""
    rest = {key: value for key, value in select.items() if key not in ("cte_map", "select_list")}
    return [*select["select_list"], rest]


def _grows_little(statement: Node) -> bool:
    growth, recursive, grows = 1, False, False
    tables: set[int] = set()  # functions in FROM, whose rows come one after the other
    for node in walk(statement):
        kind = node.get("type")
        if kind == "TABLE_FUNCTION" and _is_short(node["function"]):
            tables.add(id(node["function"]))
        if kind == "PIVOT" or (node.get("class") == "LAMBDA" and not _is_arrow(node)):
            return False
        if node.get("class") == "TYPE" and _is_fixed_array(node):
            return False
        if node.get("class") in ("FUNCTION", "WINDOW") and id(node) not in tables:
            factor = _factor(node)
            if factor is None:
                return False
            # A chain a || b || c is nested calls of two, and so counted once for each: a tree of them adds up.
            growth *= factor if node["function_name"].lower() not in _JOINED else 1
            grows = grows or factor > 1 or node["function_name"].lower() in _JOINED
        if kind == "RECURSIVE_CTE_NODE":
            recursive = True
        if kind == "SELECT_NODE":
            growth *= _joined(node)
        if growth > MAX_GROWTH:
            return False
    return not (recursive and grows)  # each round may go on from the one before


def _is_short(function: Node) -> bool:
    """Whether a function in FROM gives no more rows than its input has, or few."""
    if function["function_name"].lower() not in _SERIES:
        return True
    given = [argument.get("expression", {"class": ""}) for argument in function.get("arguments", ())]
    numbers = [constant(given, index) for index in range(len(given))]
    return all(number is not None and number.isdigit() and int(number) <= MAX_SERIES for number in numbers)


def _is_fixed_array(node: Node) -> bool:
    """Whether it is a type such as INTEGER[100000]: every value of it takes the whole length, NULL too."""
    return str(node.get("type_name")).lower() == "array" and len(node.get("children", ())) > 1


def _is_arrow(node: Node) -> bool:
    """Whether it is ``attributes -> 'key'``, which is parsed as a lambda is."""
    path = constant([node.get("lhs", {}), node.get("expr", {"class": ""})], 1)
    return node.get("syntax_type") != "LAMBDA_KEYWORD" and path is not None and "*" not in path


def _factor(node: Node) -> int | None:
    """How many times as long as its input the output of a call is at most; None when it is not known."""
    name = node["function_name"].lower()
    given = [argument["expression"] for argument in node.get("arguments", ()) if "expression" in argument]
    if name not in _TAME or (name in _TOP and len(given) > 1 + name.startswith("arg") + name.endswith("_by")):
        return None
    if name in _LONGER:
        return _LONGER[name]
    if name in _PADDED:
        length = constant(given, 1)
        return 1 if length is not None and length.isdigit() and int(length) <= _SHORT and _plain(given, 2) else None
    if name in _FORMATTED:
        form = constant(given, 0)
        if form is None or len(form) > _SHORT or _WIDE.search(form):
            return None
        return max(1, form.count("{") + form.count("%"))
    if name in _REPLACED:
        old, new = constant(given, 1), constant(given, 2)
        if old is None or new is None or "\\" in new:
            return None
        return 1 if name == "replace" and len(new) <= len(old) else len(new) + 1
    if name in _EXTRACTED:  # a list of paths, or one with *, gives many values out of one
        path = constant(given, 1)
        return 1 if len(given) < 2 or (path is not None and "*" not in path) else None
    if name == "strftime":
        return 1 if _plain(given, 0) or _plain(given, 1) else None
    if name == "concat_ws" and not _plain(given, 0):
        return None
    return 1


def _joined(select: Node) -> int:
    """How many values that are no constants one SELECT joins into one, at most."""
    aliases = {item["alias"].lower() for item in select["select_list"] if item.get("alias")}
    parts = _parts(select)
    numbers = [1 + sum(_joins(node) for node in own_nodes(part)) for part in parts]
    # An item may go on from another one's name: x || x AS y, y || y AS z.
    again = any(_names(part, aliases) for part in parts)
    return math.prod(numbers) if again else max(numbers)


def _names(tree: Node, aliases: set[str]) -> bool:
    return any(name.lower() in aliases for node in own_nodes(tree) for name in node.get("column_names", ())[-1:])


def _joins(node: Node) -> int:
    if node.get("class") != "FUNCTION" or node["function_name"].lower() not in _JOINED:
        return 0
    given: list[Node] = [argument.get("expression", {}) for argument in node.get("arguments", ())]
    return max(0, len([part for part in given if part.get("class") != "CONSTANT"]) - 1)


def constant(arguments: list[Node], index: int) -> str | None:
    """The text of an argument that is a constant; None where it is none."""
    if index >= len(arguments) or arguments[index]["class"] != "CONSTANT":
        return None
    literal = arguments[index].get("literal", {})
    text = literal.get("text", "" if literal.get("kind") == "STRING" else None)
    return text if isinstance(text, str) else None


def _plain(arguments: list[Node], index: int) -> bool:
    text = constant(arguments, index)
    return index >= len(arguments) or (text is not None and len(text) <= _SHORT)
