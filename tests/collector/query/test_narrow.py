"""What a query looks through is narrowed, and its answer is that of the query as it was written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from otel_agents.collector.query.answer import STORED, fastest
from otel_agents.collector.query.check import check
from otel_agents.collector.query.narrow import narrowed
from otel_agents.collector.query.sql import run_user_sql
from otel_agents.collector.query.syntax import parse, unparse
from otel_agents.collector.store.duckdb import DuckDBStore
from tests.collector import otlp
from tests.collector.query.filled import NOW, agent, model, ns, write
from tests.collector.query.test_rewrite import plainly

IDS = [f"{number:032x}" for number in (10, 11, 12)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory):
    """Three traces, some minutes apart; the last goes on after the second has begun, in a commit of its own."""
    store = DuckDBStore(tmp_path_factory.mktemp("filled") / "spans.duckdb")
    for number, minute in enumerate((0, 10, 5)):
        at = ns(NOW - timedelta(minutes=minute))
        write(
            store,
            *(
                otlp.span(
                    {
                        "plan": plan,
                        "input.value": said,
                        "otel_agents.span.type": "model",
                        "gen_ai.usage.input_tokens": 7,
                    },
                    trace_id=IDS[number],
                    name=f"{number}.{second}",
                    start_time_unix_nano=at + second * 10**9,
                    end_time_unix_nano=at + second * 10**9 + 5,
                )
                for second, (plan, said) in enumerate((("free trial", "A zebra crossing"), ("team", "caf\u00e9 Zebra")))
            ),
        )
    write(store, otlp.span({}, trace_id=IDS[2], name="late", start_time_unix_nano=ns(NOW)))
    yield store
    store.close()


def narrow(store: DuckDBStore, sql: str) -> str | None:
    with store.read() as cursor:
        found = narrowed(cursor, parse(cursor, sql))
        return None if found is None else unparse(cursor, found)


def test_spans_of_a_trace_are_looked_for_between_its_first_and_its_last(filled: DuckDBStore):
    text = narrow(filled, f"SELECT name FROM spans s WHERE s.trace_id = '{IDS[2]}' AND status = 'unset'")
    assert text == (
        "SELECT \"name\" FROM spans AS s WHERE ((s.start_time >= CAST('2026-09-21 13:55:00' AS TIMESTAMP)) AND "
        "(s.start_time <= CAST('2026-09-21 14:00:00' AS TIMESTAMP)) AND "
        f"((s.trace_id = '{IDS[2]}') AND (status = 'unset')))"
    )


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT count(*) FROM spans WHERE trace_id <> '{IDS[0]}'",
        f"SELECT count(*) FROM spans WHERE trace_id = '{IDS[0]}' OR name = 'late'",
        f"SELECT count(*) FROM spans WHERE NOT trace_id = '{IDS[0]}'",
        f"SELECT count(*) FROM spans WHERE trace_id IN ('{IDS[0]}', name)",
        f"SELECT count(*) FROM spans WHERE trace_id = '{'f' * 32}'",  # there is no such trace
        f"SELECT count(*) FROM records WHERE trace_id = '{IDS[0]}'",  # its logs may be of another time
        f"SELECT count(*) FROM spans a JOIN traces USING (trace_id) WHERE a.trace_id = '{IDS[2]}'",
        f"SELECT count(*) FROM traces TABLESAMPLE reservoir(100%) WHERE trace_id = '{IDS[0]}'",
        f"WITH spans AS (SELECT '{IDS[0]}' AS trace_id) SELECT count(*) FROM spans WHERE trace_id = '{IDS[0]}'",
        "SELECT count(*) FROM spans WHERE name LIKE '%zebra%'",
        "SELECT count(*) FROM spans WHERE attributes->>'plan' <> 'team'",
        "SELECT count(*) FROM spans WHERE attributes->>'plan' LIKE '%a%'",
        "SELECT count(*) FROM spans WHERE attributes->>'plan' LIKE '%123%'",  # JSON writes a number in several ways
        "SELECT count(*) FROM spans WHERE attributes->>'plan' = 'team' OR attributes->>'plan' IS NULL",
    ],
)
def test_what_follows_from_nothing_is_not_added(filled: DuckDBStore, sql: str):
    with filled.read() as cursor:
        faster = fastest(cursor, parse(cursor, sql))
        text = "" if faster is None else unparse(cursor, faster)
    assert "start_time" not in text
    assert "CASE" not in text
    assert run_user_sql(filled, sql).rows == [list(row) for row in _plain(filled, sql)]


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT name FROM spans WHERE trace_id = '{IDS[2]}'",
        f"SELECT name FROM spans WHERE '{IDS[2]}' = spans.trace_id AND name > '2'",
        f"SELECT name FROM spans WHERE trace_id IN ('{IDS[2]}', '{IDS[0]}') AND start_time > TIMESTAMP '2026-01-01'",
        f"SELECT name FROM spans WHERE trace_id = '{IDS[2].upper()}'",
        f"SELECT * FROM traces WHERE trace_id = '{IDS[2]}'",
        f"SELECT t.* FROM traces AS t WHERE t.trace_id IN ('{IDS[1]}', '{IDS[2]}') AND spans > 2",
        f"SELECT trace_id, (SELECT max(s.name) FROM spans s WHERE s.trace_id = '{IDS[1]}') AS one FROM traces",
        "SELECT name FROM spans WHERE attributes->>'plan' = 'free trial'",
        "SELECT name FROM spans WHERE 'team' = attributes->>'plan'",
        "SELECT name FROM spans WHERE attributes->>'input.value' LIKE '%zebra%'",
        "SELECT name FROM spans WHERE attributes->>'input.value' LIKE '_ zebra%' AND attributes->>'plan' LIKE 'free %'",
        "SELECT name FROM spans WHERE attributes->>'input.value' ILIKE '%ZEBRA%' AND name LIKE '1%'",
        "SELECT name FROM spans WHERE contains(json_extract_string(attributes, 'input.value'), 'Zebra')",
        "SELECT span_name FROM records WHERE attributes->>'input.value' LIKE '%caf\u00e9 Zebra'",
        "SELECT attributes->>'plan' AS plan, count(*) FROM spans WHERE attributes->>'plan' ILIKE 'FREE%' GROUP BY plan",
    ],
)
def test_a_narrowed_query_answers_what_it_did(filled: DuckDBStore, sql: str):
    with filled.read() as cursor:
        faster = fastest(cursor, parse(cursor, sql))
        assert faster is not None
        text = unparse(cursor, faster)
        check(parse(cursor, text), text, STORED)
    assert "start_time >=" in text or "CASE" in text
    answer = run_user_sql(filled, sql)
    names, rows = plainly(filled, sql)
    assert (answer.columns, sorted(map(repr, answer.rows))) == (names, rows)
    assert bool(rows) == (IDS[2].upper() not in sql)  # ids are stored in lower case


def test_a_trace_of_which_a_tenant_sees_a_part_is_that_part(filled: DuckDBStore, tmp_path):
    store = DuckDBStore(tmp_path / "spans.duckdb")
    write(store, agent("Router", 1, 1, **{"tenant.id": "acme"}), model("Router", 1, 2, 1, (1, 1)))

    class Acme:
        """The store as the tenant's key sees it."""

        def read(self):
            return store.read("acme")

    trace = run_user_sql(store, "SELECT trace_id FROM traces").rows[0][0]
    sql = f"SELECT spans, model_calls FROM traces WHERE trace_id = '{trace}'"
    assert run_user_sql(store, sql).rows == [[2, 1]]
    assert run_user_sql(Acme(), sql).rows == [[1, 0]]
    store.close()


def _plain(store: DuckDBStore, sql: str) -> list[tuple[object, ...]]:
    with store.read() as cursor:
        return cursor.execute(sql).fetchall()
