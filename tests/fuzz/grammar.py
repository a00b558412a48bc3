"""Makes up SQL: queries that run, queries nobody would write, attacks, and all of them with letters changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agents.collector.api.schema import DOCS
from otel_agents.collector.query import functions
from tests.collector.query import attacks
from tests.collector.query.queries import Queries

if TYPE_CHECKING:
    from random import Random

HOSTILE = [*attacks.FORBIDDEN.values(), *attacks.UNKNOWN.values(), *attacks.NOT_SQL.values(), *attacks.ENDLESS.values()]
HUNGRY = [*attacks.HUNGRY.values()]
KEYS = ["agent", "k", "gen_ai.input.messages", "a.b", "", "$", "$.*", "/a", "é"]
TYPES = ["INT", "VARCHAR", "DOUBLE", "JSON", "TIMESTAMP", "BLOB", "INT[]", "INT[3]", "STRUCT(a INT)", "DECIMAL(38,9)"]
LITERALS = [
    *("NULL", "1", "-1", "0", "1e308", "9223372036854775807", "'x'", "''", "'é'", "true", "[1, 2]", "{'a': 1}", "[]"),
    *(
        "INTERVAL 1 DAY",
        "TIMESTAMP '2026-01-01'",
        "DATE '0001-01-01'",
        "'\\x00'::BLOB",
        "MAP {'a': 1}",
        "'{\"a\": 1}'::JSON",
    ),
    *("'NaN'::DOUBLE", "repeat('x', 100000)", "now()", "$$x$$", "x'41'", "1_000", "0x10", "'a' 'b'"),
]
OPERATORS = [
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "||",
    "=",
    "<>",
    "<",
    ">=",
    "AND",
    "OR",
    "LIKE",
    "ILIKE",
    "->",
    "->>",
    "^",
    "&",
]
WORDS = [
    *(
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP BY ALL",
        "ORDER BY 1",
        "LIMIT 3",
        "WITH",
        "AS",
        "(",
        ")",
        ",",
        ";",
        "--",
        "/*",
        "*/",
    ),
    *(
        "INSERT INTO",
        "COPY",
        "ATTACH",
        "SET",
        "'",
        '"',
        "$1",
        "?",
        ":=",
        "=>",
        "UNION ALL",
        "RECURSIVE",
        "PIVOT",
        "LATERAL",
    ),
    *("COLUMNS(*)", "EXCLUDE", "REPLACE", "AT", "TABLESAMPLE", "QUALIFY", "WINDOW", "OVER ()", "\x00", "\u202e", "😀"),
]
_CALLED = sorted(name for name in functions.SCALARS if name[0].isalpha())
_TABLES = [*DOCS, "spans", "spans", "range(5)", "generate_series(1, 4)", "(VALUES (1), (2)) AS v(a)"]
_COLUMNS = sorted({column for table in DOCS.values() for column in table})


def query(random: Random) -> str:
    """Make up one text."""
    kind = random.random()
    if kind < 0.3:
        return Queries(random).query()
    if kind < 0.4:
        return _mutated(random, Queries(random).query())
    if kind < 0.55:
        return _select(random, 0)
    if kind < 0.65:
        return " ".join(random.choice(WORDS + _COLUMNS + LITERALS) for _ in range(random.randint(1, 30)))
    if kind < 0.8:
        return _mutated(random, random.choice(HOSTILE))
    if kind < 0.82:
        return random.choice(HUNGRY)
    if kind < 0.97:
        return _mutated(random, _select(random, 0))
    return _deep(random)


def _select(random: Random, depth: int) -> str:
    items = ", ".join(
        _expression(random, depth) + random.choice(["", "", f" AS {random.choice('xyz')}"])
        for _ in range(random.randint(1, 4))
    )
    text = f"SELECT {random.choice(['', '', 'DISTINCT '])}{random.choice(['*', items, items, items])}"
    if random.random() < 0.9:
        text += f" FROM {_source(random, depth)}"
    if random.random() < 0.5:
        text += f" WHERE {_expression(random, depth)}"
    if random.random() < 0.3:
        text += random.choice(
            [" GROUP BY ALL", " GROUP BY 1", f" GROUP BY {_expression(random, depth)}", " GROUP BY CUBE (1, 2)"]
        )
    if random.random() < 0.1:
        text += f" HAVING {_expression(random, depth)}"
    if random.random() < 0.1:
        text += f" QUALIFY row_number() OVER (ORDER BY {_expression(random, depth)}) < 3"
    if random.random() < 0.3:
        text += f" ORDER BY {_expression(random, depth)}"
    if random.random() < 0.3:
        text += f" LIMIT {random.choice(['3', '0', '10%', '(SELECT 2)', _expression(random, depth)])}"
    if depth < 2 and random.random() < 0.15:
        how = random.choice(["UNION", "UNION ALL", "EXCEPT", "INTERSECT", "UNION ALL BY NAME"])
        text += f" {how} {_select(random, depth + 1)}"
    if depth < 2 and random.random() < 0.15:
        name = random.choice(["q", "spans", "x", "RECURSIVE q", "q(a)"])
        text = f"WITH {name} AS ({_select(random, depth + 1)}) {text}"
    return text


def _source(random: Random, depth: int) -> str:
    kind = random.random()
    table = random.choice(_TABLES)
    if kind < 0.6 or depth > 2:
        return table + random.choice(["", "", " s"] if " AS " not in table else [""])
    if kind < 0.7:
        return f"({_select(random, depth + 1)}) AS {random.choice(['s', 't', 'spans'])}"
    if kind < 0.9:
        how = random.choice(
            ["JOIN", "LEFT JOIN", "CROSS JOIN", "ASOF JOIN", "SEMI JOIN", "NATURAL JOIN", ",", ", LATERAL"]
        )
        on = random.choice(["", " USING (trace_id)", " USING (span_id)", f" ON {_expression(random, depth)}"])
        return f"{_source(random, depth + 1)} {how} {_source(random, depth + 1)}{on}"
    return random.choice(
        [
            "json_each(attributes)",
            "unnest([1, 2]) AS u(a)",
            "(DESCRIBE spans)",
            "(SUMMARIZE spans)",
            "spans, json_tree(attributes)",
        ]
    )


def _expression(random: Random, depth: int, level: int = 0) -> str:
    kind = random.random()
    deeper = (random, depth, level + 1)
    if kind < 0.3 or level > 3:
        return random.choice(_COLUMNS)
    if kind < 0.42:
        return random.choice(LITERALS)
    if kind < 0.52:
        return f"attributes{random.choice(['->', '->>', '->>'])}'{random.choice(KEYS)}'"
    if kind < 0.66:
        return f"({_expression(*deeper)} {random.choice(OPERATORS)} {_expression(*deeper)})"
    if kind < 0.86:
        given = ", ".join(_expression(*deeper) for _ in range(random.choice([0, 1, 1, 1, 2, 2, 3])))
        over = random.choice(
            [
                "",
                "",
                "",
                "",
                " OVER ()",
                " OVER (PARTITION BY agent ORDER BY start_time)",
                " FILTER (WHERE agent IS NULL)",
            ]
        )
        return f"{random.choice(_CALLED)}({given}){over}"
    if kind < 0.9:
        return f"{random.choice(['CAST', 'TRY_CAST'])}({_expression(*deeper)} AS {random.choice(TYPES)})"
    if kind < 0.93:
        return f"CASE WHEN {_expression(*deeper)} THEN {_expression(*deeper)} ELSE {_expression(*deeper)} END"
    if kind < 0.95:
        body = random.choice(["x", "x || x", "[x, x]", _expression(*deeper)])
        return f"list_transform({_expression(*deeper)}, lambda x: {body})"
    if kind < 0.97 and depth < 2:
        return f"({_select(random, depth + 1)})"
    after = random.choice(["IS NULL", "IN (1, 2)", "BETWEEN 1 AND 2", "::VARCHAR", "[1]", "[1:2]", ".a"])
    return f"{_expression(*deeper)} {after}"


def _mutated(random: Random, text: str) -> str:
    for _ in range(random.randint(1, 4)):
        at, to = sorted((random.randint(0, len(text)), random.randint(0, len(text))))
        text = random.choice(
            [
                lambda at=at, to=to, text=text: text[:at] + text[to:],
                lambda at=at, text=text: text[:at] + random.choice(WORDS) + text[at:],
                lambda at=at, text=text: (
                    text[:at] + chr(random.choice([0, 9, 39, 34, 0x7F, 0xA0, 0xD800, 0x1F600])) + text[at:]
                ),
                lambda at=at, to=to, text=text: text[:to] + text[at:to] + text[to:],
                lambda at=at, text=text: text[:at] + random.choice(LITERALS) + text[at:],
                lambda text=text: f"{text} {random.choice(HOSTILE)}",
            ]
        )()
    return text


def _deep(random: Random) -> str:
    number = random.randint(1, 3000)
    left, right = random.choice(
        [("(", ")"), ("[", "]"), ("(SELECT ", ")"), ("-", ""), ("NOT ", ""), ("CASE WHEN 1 THEN ", " END")]
    )
    return "SELECT " + left * number + "1" + right * random.choice([number, number, number - 1])
