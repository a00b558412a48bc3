"""A query in a process of its own answers what it would in the collector, from no more than it needs."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from random import Random

import duckdb
import pytest

from otel_agents.collector.query import apart
from otel_agents.collector.query.answer import answer
from otel_agents.collector.query.needs import needed
from otel_agents.collector.query.sql import run_user_sql
from otel_agents.collector.query.syntax import parse, unparse
from otel_agents.collector.query.tame import is_tame
from otel_agents.collector.query.watch import Limits, Watch
from otel_agents.collector.receiver.decode_spans import decode_spans
from otel_agents.collector.store.duckdb import DuckDBStore
from tests.collector import otlp
from tests.collector.query.filled import agent, model, tool, write
from tests.collector.query.queries import Queries

COLUMNS = {"spans": ["trace_id", "span_id", "name", "start_time", "attributes"], "traces": ["trace_id", "spans"]}
MORE = [
    "SELECT * FROM spans NATURAL JOIN traces",
    "SELECT tool, errors FROM spans JOIN traces USING (trace_id, start_time)",
    "SELECT s FROM spans s",
    "SELECT COLUMNS('.*_id') FROM spans",
    "SELECT column_name FROM (SUMMARIZE spans)",
    "FROM (DESCRIBE traces)",
    "SELECT name AS x FROM spans WHERE x LIKE 'chat%'",
    "SELECT name FROM spans s WHERE EXISTS (SELECT 1 FROM traces t WHERE t.trace_id = s.trace_id AND t.spans > 1)",
    "SELECT span_id FROM spans WHERE span_id IN (SELECT max(span_id) FROM spans WHERE type = 'tool')",
    "SELECT name, list(span_id ORDER BY span_id) FROM spans WHERE type <> 'tool' GROUP BY name",
    "SELECT string_agg(name, ',' ORDER BY span_id) AS names FROM spans WHERE start_time < now() GROUP BY trace_id",
    "SELECT list_transform(json_keys(attributes), lambda key: key || '!') FROM spans",
    "SELECT agent, repeat('█', count(*)::INT) AS bar FROM spans GROUP BY agent",
    "SELECT now() IS NULL AS x, INTERVAL 1 DAY AS y, otel_resource_attributes->'service.name' AS z FROM records",
    "SELECT level_name(level), count(*) FROM records WHERE level >= 'info' GROUP BY 1",
    "SELECT attributes->>'agent' AS agent, count(*), list(name ORDER BY name) FROM spans GROUP BY agent",
    "WITH spans AS (SELECT * FROM spans WHERE type = 'tool') SELECT list(name) FROM spans",
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = DuckDBStore(tmp_path_factory.mktemp("apart") / "spans.duckdb")
    write(
        opened,
        agent("Router", 1, 1, took=4, k="x"),
        agent("Writer", 1, 2, 1, took=2, **{"a.b": 1}),
        model("Writer", 1, 3, 2, (100, 20), **{"gen_ai.input.messages": "[1]"}),
        tool("Writer", 1, 4, 2, error="timed out"),
        agent("Router", 2, 5, took=2),
    )
    yield opened
    opened.close()


def both_ways(store, sql: str) -> tuple[list, list] | None:
    with store.read() as cursor:
        statement = parse(cursor, sql)
        try:
            here = answer(cursor, sql, statement, 1000, stored=True)
        except duckdb.BinderException:
            return None
    with store.read() as cursor, Watch(cursor, Limits(time=30, memory=1 << 30)) as watch:
        there = apart.answer(cursor, sql, statement, 1000, watch)
    return shown(here), shown(there)


def shown(got) -> list:
    return [got.columns, got.types, *sorted(map(repr, got.rows))]


@pytest.mark.parametrize("sql", MORE)
def test_a_query_answers_the_same(store, sql):
    here, there = both_ways(store, sql)
    assert there == here


def test_queries_that_are_made_up_answer_the_same(store):
    queries = Queries(Random(3))
    compared = [both_ways(store, queries.query()) for _ in range(40)]
    assert [there for here, there in filter(None, compared)] == [here for here, there in filter(None, compared)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT list(name) FROM spans", 'SELECT spans."name" FROM spans AS spans'),
        (
            "SELECT list(s.name) FROM spans s WHERE s.start_time > now()",
            'SELECT s."name", s.start_time FROM spans AS s WHERE (s.start_time > now())',
        ),
        ("SELECT repeat('x', count(*)::INT) FROM spans", "SELECT spans.trace_id FROM spans AS spans"),
        (
            # What is not tame is not asked in the collector.
            "SELECT list(name) FROM spans WHERE length(repeat(name, 9)) > 3",
            'SELECT spans."name" FROM spans AS spans',
        ),
    ],
)
def test_it_is_given_what_it_needs(store, sql, expected):
    with store.read() as cursor:
        statement = parse(cursor, sql)
        assert not is_tame(statement)
        assert {name: unparse(cursor, query) for name, query in needed(statement, COLUMNS).items()} == {
            "spans": expected
        }


def test_it_sees_what_who_asks_may_see(store, tmp_path):
    opened = DuckDBStore(tmp_path / "spans.duckdb")
    for tenant in ("acme", "globex"):
        batch = decode_spans(otlp.request(otlp.span({}, name=tenant)).SerializeToString()).batch
        opened.write([replace(batch, owner=tenant)])

    class OfAcme:
        @contextmanager
        def read(self):
            with opened.read("acme") as cursor:
                yield cursor

    rows = run_user_sql(OfAcme(), "SELECT list(name) FROM spans").rows
    opened.close()
    assert rows == [[["acme"]]]
