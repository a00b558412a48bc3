"""Rewritten queries answer what plain ones answer."""

from __future__ import annotations

from random import Random

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agents.collector.query.rewrite import aliases_in_group_by, use_stored_columns
from otel_agents.collector.query.sql import run_user_sql
from otel_agents.collector.query.syntax import parse, unparse
from otel_agents.collector.query.values import to_json
from otel_agents.collector.store.duckdb import DuckDBStore
from tests.collector import otlp
from tests.collector.query.filled import write
from tests.collector.query.queries import KEYS, Queries

PARTS = '* EXCLUDE (agent_attribute, attributes_0, attributes_1, "content")'


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT attributes->>'agent' FROM spans", "SELECT spans.agent_attribute FROM spans_and_parts AS spans"),
        (
            "SELECT json_extract_string(s.attributes, 'agent') FROM spans AS s",
            "SELECT s.agent_attribute FROM spans_and_parts AS s",
        ),
        ("SELECT attributes->>'k' FROM spans", "SELECT (spans.attributes_1 ->> 'k') FROM spans_and_parts AS spans"),
        ("SELECT attributes->'k' FROM spans", "SELECT (spans.attributes_1 -> 'k') FROM spans_and_parts AS spans"),
        ("SELECT attributes['k'] FROM spans", "SELECT spans.attributes_1['k'] FROM spans_and_parts AS spans"),
        (
            "SELECT attributes->>'gen_ai.input.messages' FROM spans",
            "SELECT (spans.\"content\" ->> 'gen_ai.input.messages') FROM spans_and_parts AS spans",
        ),
        (
            "SELECT * FROM spans WHERE attributes->>'agent' = 'x' ORDER BY attributes",
            f"SELECT {PARTS} FROM spans_and_parts AS spans WHERE (spans.agent_attribute = 'x') ORDER BY attributes",
        ),
        (
            "WITH a AS (SELECT attributes->>'agent' AS x FROM spans) FROM a",
            "WITH a AS (SELECT spans.agent_attribute AS x FROM spans_and_parts AS spans) SELECT * FROM a",
        ),
    ],
)
def test_keys_are_read_from_the_columns_they_are_stored_in(store, sql, expected):
    with store.read() as cursor:
        rewritten = use_stored_columns(parse(cursor, sql))
        assert rewritten is not None
        assert unparse(cursor, rewritten) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM spans",
        "SELECT attributes FROM spans",
        "SELECT attributes->>'$.agent' FROM spans",
        "SELECT attributes->>'/agent' FROM spans",
        "SELECT attributes->>name FROM spans",
        "SELECT attributes->>'agent' FROM (SELECT '{}'::JSON AS attributes)",
        "SELECT attributes->>'agent' FROM spans JOIN traces USING (trace_id)",
        "WITH spans AS (FROM spans) SELECT attributes->>'agent' FROM spans",
        "SELECT resource AS attributes, attributes->>'agent' FROM spans",
        "SELECT attributes->>'agent', spans FROM spans",
        "SELECT attributes->>'agent', content FROM spans",
        "SELECT attributes->>'agent' FROM spans AS s(attributes)",
        "SELECT COLUMNS('a.*'), attributes->>'agent' FROM spans",
        "SELECT list_transform([resource], lambda attributes: attributes->>'agent') FROM spans",
        # The inner column is named after its text, and the outer query refers to it so.
        "SELECT \"(attributes ->> 'agent')\" FROM (SELECT attributes->>'agent' FROM spans)",
        "SELECT (SELECT o.attributes->>'agent') FROM spans AS o",
    ],
)
def test_where_the_answer_could_differ_it_is_left_alone(store, sql):
    with store.read() as cursor:
        assert use_stored_columns(parse(cursor, sql)) is None


def test_names_in_group_by(store):
    with store.read() as cursor:
        changed = aliases_in_group_by(parse(cursor, "SELECT upper(name) AS name FROM spans GROUP BY name"))
        assert changed is not None
        assert unparse(cursor, changed) == 'SELECT upper("name") AS "name" FROM spans GROUP BY upper("name")'
        assert aliases_in_group_by(parse(cursor, "SELECT name AS n, agent FROM spans GROUP BY agent")) is None


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "x", "Router", "null", "1", "a'b", 'a"b', "é\n", "{}", "\u212aing \u0130n the kitchen"]),
    st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 3), max_size=2),
)
SPANS = st.lists(st.dictionaries(st.sampled_from(KEYS[:-1]), VALUES, max_size=5), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("stores")


@settings(max_examples=40, deadline=None)
@given(spans=SPANS, random=st.randoms(use_true_random=False))
def test_rewritten_and_plain_queries_agree(folder, spans, random):
    path = folder / f"{len(list(folder.iterdir()))}.duckdb"
    store = DuckDBStore(path)
    queries = Queries(random)
    try:
        write(
            store,
            *(otlp.span(attributes, parent_span_id=bytes([number] * 8)) for number, attributes in enumerate(spans)),
        )
        for query in (queries.query() for _ in range(8)):
            plain = plainly(store, query)
            if plain is None:
                continue  # DuckDB refuses it: a name that is both a column and an item, in GROUP BY
            answer = run_user_sql(store, query)
            assert answer.columns == plain[0]
            assert sorted(map(repr, answer.rows)) == plain[1]
    finally:
        store.close()


def plainly(store, query: str) -> tuple[list[str], list[str]] | None:
    """Columns and rows as DuckDB answers the text itself."""
    with store.read() as cursor:
        try:
            cursor.execute(query)
        except duckdb.BinderException:
            return None
        names = [column[0] for column in cursor.description]
        return names, sorted(repr([to_json(value) for value in row]) for row in cursor.fetchall())


def test_most_queries_that_are_made_up_are_rewritten(store):
    queries = Queries(Random(1))
    with store.read() as cursor:
        rewritten = [use_stored_columns(parse(cursor, queries.query())) is not None for _ in range(200)]
    assert sum(rewritten) > 100
