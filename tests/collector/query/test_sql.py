"""A user's SQL: what is answered, how, and within which bounds."""

from __future__ import annotations

import json
import threading
from functools import partial

import pytest

from otel_agents.collector.query import sql as sql_module
from otel_agents.collector.store.duckdb import DuckDBStore
from otel_agents.errors import QueryError
from tests.collector.query.filled import agent, model, tool, write

run_user_sql = partial(sql_module.run_user_sql, timeout_s=60)  # a busy machine may need longer than users are given

# Of the design, as written there.
DESIGN_QUERY = """
SELECT attributes->>'agent' AS agent, COUNT(*) AS requests, AVG(duration_ms) AS avg_duration
FROM spans WHERE attributes->>'agent' IS NOT NULL GROUP BY agent
"""


def rows(store, sql: str) -> list[list]:
    return run_user_sql(store, sql).rows


def error(store, sql: str) -> tuple[str, str, str | None]:
    with pytest.raises(QueryError) as raised:
        run_user_sql(store, sql)
    return raised.value.kind, str(raised.value), raised.value.hint


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    store = DuckDBStore(tmp_path_factory.mktemp("filled") / "spans.duckdb")
    write(
        store,
        agent("Router", 1, 1, took=4),
        agent("Writer", 1, 2, 1, took=2),
        model("Writer", 1, 3, 2, (100, 20)),
        tool("Writer", 1, 4, 2, error="timed out"),
        agent("Router", 2, 5, took=2),
    )
    yield store
    store.close()


def test_a_sample_can_be_taken(filled):
    assert rows(filled, "SELECT count(name) FROM (SELECT * FROM spans USING SAMPLE 2)") == [[2]]
    assert len(rows(filled, "SELECT trace_id FROM spans USING SAMPLE 20")) == 5


def test_the_query_of_the_design(filled):
    result = run_user_sql(filled, DESIGN_QUERY)
    assert result.columns == ["agent", "requests", "avg_duration"]
    assert result.types == ["VARCHAR", "BIGINT", "DOUBLE"]
    assert sorted(result.rows) == [["Router", 2, 3000.0], ["Writer", 1, 2000.0]]
    assert not result.truncated
    assert result.elapsed_ms > 0


@pytest.mark.parametrize(
    ("sql", "expected"),
    {
        "WITH": ("WITH a AS (SELECT agent FROM spans WHERE type = 'agent') SELECT count(*) FROM a", [[3]]),
        "UNION": ("SELECT 1 AS x UNION ALL SELECT 2 ORDER BY x", [[1], [2]]),
        "FROM first": ("FROM spans SELECT count(*)", [[5]]),
        "traces": ("SELECT trace_id, spans, errors FROM traces ORDER BY 1 LIMIT 1", [[f"{1:032x}", 4, 1]]),
        "a subquery": (
            "SELECT name FROM spans WHERE trace_id IN (SELECT trace_id FROM traces WHERE errors > 0) AND type = 'tool'",
            [["execute_tool search"]],
        ),
        "a join": (
            (
                "SELECT p.agent FROM spans c JOIN spans p ON c.parent_span_id = p.span_id AND c.trace_id = p.trace_id"
                " WHERE c.type = 'model'"
            ),
            [["Writer"]],
        ),
        "a window": (
            "SELECT agent FROM spans WHERE type = 'agent' QUALIFY row_number() OVER (ORDER BY duration_ms DESC) = 1",
            [["Router"]],
        ),
        "quantiles": ("SELECT quantile_cont(duration_ms, 0.5) FROM spans WHERE type = 'agent'", [[2000.0]]),
        "keys": (
            "SELECT key FROM spans, json_each(attributes) WHERE spans.type = 'tool' ORDER BY key LIMIT 2",
            [["gen_ai.agent.name"], ["gen_ai.operation.name"]],
        ),
        "values": ("SELECT m.price FROM (VALUES ('gpt-4o', 2.5)) AS m(model, price) JOIN spans USING (model)", [[2.5]]),
        "recursion": (
            "WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 3) SELECT sum(x) FROM n",
            [[6]],
        ),
        "a series": ("SELECT count(*) FROM generate_series(1, 100)", [[100]]),
        "a WITH query named spans": (
            "WITH spans AS (FROM spans WHERE type = 'tool') SELECT count(*) FROM spans",
            [[1]],
        ),
        "DESCRIBE": ("SELECT column_type FROM (DESCRIBE spans) WHERE column_name = 'cost'", [["DOUBLE"]]),
        "SUMMARIZE": ("SELECT count FROM (SUMMARIZE spans) WHERE column_name = 'name'", [[5]]),
        "a semicolon and a comment": ("SELECT 1; -- done", [[1]]),
        "now": ("SELECT count(*) FROM spans WHERE start_time < now() + INTERVAL 100 YEAR", [[5]]),
    }.values(),
)
def test_what_can_be_asked(filled, sql, expected):
    assert rows(filled, sql) == expected


def test_group_by_means_the_column_where_duckdb_takes_it(filled):
    # Both are the same text to a reader; the first runs as it is and so keeps DuckDB's meaning.
    assert len(rows(filled, "SELECT upper(agent) AS agent FROM spans GROUP BY agent")) == 2
    assert sorted(rows(filled, "SELECT type || '!' AS type, count(*) FROM spans GROUP BY type")) == [
        ["agent!", 3],
        ["model!", 1],
        ["tool!", 1],
    ]


@pytest.mark.parametrize(
    ("expression", "kind", "expected"),
    [
        ("TIMESTAMP '2026-01-02 03:04:05.6'", "TIMESTAMP", "2026-01-02T03:04:05.600000Z"),
        ("TIMESTAMPTZ '2026-01-02 03:04:05+01'", "TIMESTAMP WITH TIME ZONE", "2026-01-02T02:04:05.000000Z"),
        ("DATE '2026-01-02'", "DATE", "2026-01-02"),
        ("TIME '03:04:05'", "TIME", "03:04:05"),
        ("INTERVAL 90 MINUTE", "INTERVAL", "01:30:00"),
        ("INTERVAL 1 MONTH", "INTERVAL", "1 month"),
        ("[TIMESTAMPTZ '2026-01-02 03:04:05+00']", "TIMESTAMP WITH TIME ZONE[]", "['2026-01-02 03:04:05+00']"),
        ("'NaN'::DOUBLE", "DOUBLE", "NaN"),
        ("1 / 0", "DOUBLE", "Infinity"),
        ("-1 / 0", "DOUBLE", "-Infinity"),
        ("1.50::DECIMAL(9, 2)", "DECIMAL(9,2)", 1.5),
        ("12345678901234567890.5::DECIMAL(30, 1)", "DECIMAL(30,1)", "12345678901234567890.5"),
        ("9007199254740992", "BIGINT", 9007199254740992),
        ("9007199254740993", "BIGINT", "9007199254740993"),
        ("(-170141183460469231731687303715884105727)::HUGEINT", "HUGEINT", "-170141183460469231731687303715884105727"),
        ("'\\xAB\\x01'::BLOB", "BLOB", "ab01"),
        ("'{\"a\": 1}'::JSON", "JSON", '{"a": 1}'),
        ("{'a': 1, 'b': [1.5, NULL]}", "STRUCT(a INTEGER, b DECIMAL(2,1)[])", {"a": 1, "b": [1.5, None]}),
        ("MAP {1: 'x'}", "MAP(INTEGER, VARCHAR)", {"1": "x"}),
        ("'00000000-0000-0000-0000-000000000001'::UUID", "UUID", "00000000-0000-0000-0000-000000000001"),
        ("true", "BOOLEAN", True),
        ("chr(0) || 'é'", "VARCHAR", "\x00é"),
    ],
)
def test_values_are_what_json_can_hold(empty, expression, kind, expected):
    result = run_user_sql(empty, f"SELECT {expression} AS x")
    assert (result.types, result.rows) == ([kind], [[expected]])
    assert json.loads(json.dumps(result.rows, allow_nan=False)) == result.rows


def test_columns_keep_their_names_when_two_are_the_same(store):
    assert run_user_sql(store, "SELECT 1 AS a, now() IS NULL AS a, INTERVAL 1 DAY AS a").columns == ["a", "a", "a"]


def test_more_rows_than_the_limit_are_cut_and_said_to_be(store):
    cut = run_user_sql(store, "SELECT * FROM range(20)", limit=10)
    whole = run_user_sql(store, "SELECT * FROM range(10)", limit=10)
    assert (len(cut.rows), cut.truncated) == (10, True)
    assert (len(whole.rows), whole.truncated) == (10, False)


def test_rows_that_take_much_room_are_cut(store):
    cut = run_user_sql(store, "SELECT repeat('x', 1000000) FROM range(100)")
    assert (len(cut.rows), cut.truncated) == (33, True)
    assert error(store, "SELECT repeat('x', 40000000)") == ("failed", "one row takes more than 32 MiB", None)


def test_a_query_that_takes_long_is_ended(store):
    slow = "SELECT count(*) FROM range(100000) a(i), range(10000) b(j) WHERE (i * j) % 7 = 3"
    with pytest.raises(QueryError) as ended:
        run_user_sql(store, slow, timeout_s=0.2)
    assert (ended.value.kind, str(ended.value)) == ("timeout", "the query took longer than 0.2 s")
    assert rows(store, "SELECT 1") == [[1]]


def test_a_query_whose_asker_left_is_ended(store):
    left = threading.Event()
    left.set()
    slow = "SELECT count(*) FROM range(100000) a(i), range(10000) b(j) WHERE (i * j) % 7 = 3"
    with pytest.raises(QueryError, match="nobody waited"):
        run_user_sql(store, slow, left=left)


@pytest.mark.parametrize(
    ("sql", "kind", "message", "hint"),
    [
        (
            "SELECT agnet FROM spans",
            "unknown_name",
            'unknown column "agnet" at line 1, column 8',
            'did you mean "agent"?',
        ),
        (
            "SELECT name,\n  'é', durationms\nFROM spans",
            "unknown_name",
            'unknown column "durationms" at line 2, column 8',
            'did you mean "duration_ms"?',
        ),
        (
            "SELECT priority FROM spans",
            "unknown_name",
            'unknown column "priority" at line 1, column 8',
            "an attribute is read as attributes->>'priority'; DESCRIBE spans lists the columns",
        ),
        ("SELECT * FROM span", "unknown_name", 'unknown table "span" at line 1, column 15', 'did you mean "spans"?'),
        (
            "SELECT s.name FROM spans t",
            "unknown_name",
            'unknown table "s" at line 1, column 8',
            "the tables here are: t",
        ),
        (
            'SELECT name FROM spans WHERE agent = "Router"',
            "unknown_name",
            'unknown column "Router" at line 1, column 38',
            "a text stands in single quotes: 'Router'",
        ),
        (
            "SELECT 1 FROM spans WHERE attributes ? 'k'",
            "syntax",
            'syntax error at or near "?" at line 1, column 38',
            "whether there is a key: json_exists(attributes, 'key')",
        ),
        (
            "SELECT agent,\n  sum(name) FROM spans GROUP BY agent",
            "failed",
            "No function matches the given name and argument types 'sum(VARCHAR)' at line 2, column 3",
            "a cast makes one type of another: (attributes->>'key')::DOUBLE",
        ),
        (
            "SELECT name, count(*) FROM spans",
            "failed",
            (
                'column "name" must appear in the GROUP BY clause or must be part of an aggregate function'
                " at line 1, column 8"
            ),
            (
                'Either add it to the GROUP BY list, or use ANY_VALUE("name") if the exact value of "name" is not'
                " important."
            ),
        ),
        ("SELECT * FORM spans", "syntax", 'syntax error at or near "spans" at line 1, column 15', None),
        (
            "SELECT medain(cost) FROM spans",
            "forbidden",
            "the function medain() is not available at line 1, column 8",
            "did you mean median()?",
        ),
        (
            "SELECT name::txt FROM spans",
            "unknown_name",
            'unknown type "txt" at line 1, column 14',
            "did you mean TEXT?",
        ),
        ("SELECT 'a'::INT", "failed", "Could not convert string 'a' to INT32 at line 1, column 11", None),
    ],
)
def test_errors_say_where_and_what_was_meant(empty, sql, kind, message, hint):
    assert error(empty, sql) == (kind, message, hint)
