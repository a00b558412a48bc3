"""Which queries run in the collector's own process."""

from __future__ import annotations

import pytest

from otel_agents.collector.query.syntax import parse
from otel_agents.collector.query.tame import is_tame
from tests.collector.query import attacks
from tests.collector.query.test_readme import QUERIES


@pytest.mark.parametrize("sql", QUERIES.values(), ids=QUERIES.keys())
def test_the_questions_of_the_readme_are_tame(empty, sql):
    assert tame(empty, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT agent || '/' || model || ' (' || provider || ')' AS label, sum(cost) FROM spans GROUP BY ALL",
        "SELECT attributes->>'a'->>'b', attributes->'c', json_extract(attributes, '$.d.e') FROM spans",
        "SELECT replace(name, 'chat ', ''), regexp_replace(model, '-\\d+$', ''), lpad(span_id, 20, ' ') FROM spans",
        "SELECT printf('%.2f', cost), format('{} of {}', errors, spans) FROM traces, spans",
        "SELECT row_number() OVER (PARTITION BY agent ORDER BY start_time) AS n, lag(cost) OVER () FROM spans",
        (
            "WITH RECURSIVE r AS (SELECT span_id FROM spans UNION SELECT s.span_id FROM spans s JOIN r"
            " ON s.parent_span_id = r.span_id) SELECT count(*) FROM r"
        ),
        "SELECT key, count(*) FROM spans, json_each(attributes) AS a JOIN range(9) AS r(n) ON true GROUP BY key",
        "SELECT level_name(level), json_get_int(attributes, 'k') FROM records WHERE message ILIKE '%x%'",
    ],
)
def test_what_people_write_is_tame(empty, sql):
    assert tame(empty, sql)


@pytest.mark.parametrize(
    "sql",
    [
        *attacks.HUNGRY.values(),
        *attacks.ENDLESS.values(),
        "SELECT list(name) OVER (ORDER BY start_time) FROM spans",
        "SELECT median(i) FROM range(200000000) AS t(i)",
        "SELECT json_extract(attributes, '$..*') FROM spans",
        "SELECT json_extract(attributes, ['$', '$']) FROM spans",
        "SELECT hex(hex(hex(hex(hex(name))))) FROM spans",
        "SELECT regexp_replace(name, 'x*', 'yyyyyyyyyyyyyyyyyyyyyyyy', 'g') FROM spans",
        "SELECT max(name, 1000000) FROM spans",
        "SELECT name || name AS a, a || a AS b, b || b AS c, c || c AS d, d || d AS e FROM spans",
        (
            "WITH a AS (SELECT name || name AS x FROM spans), b AS (SELECT x || x AS x FROM a),"
            " c AS (SELECT x || x AS x FROM b), d AS (SELECT x || x AS x FROM c) SELECT x || x FROM d"
        ),
        "WITH RECURSIVE r AS (SELECT name FROM spans UNION ALL SELECT name || 'x' FROM r) SELECT * FROM r",
        "SELECT count(*) FROM spans GROUP BY CUBE (agent, model, tool, type, kind)",
        "SELECT * FROM spans WHERE " + " OR ".join(f"agent = '{n}'" for n in range(500)),
        "SELECT count(*) FROM " + ", ".join(f"spans s{n}" for n in range(30)),
    ],
)
def test_what_grows_is_not(empty, sql):
    assert not tame(empty, sql)


def tame(store, sql: str) -> bool:
    with store.read() as cursor:
        return is_tame(parse(cursor, sql))
