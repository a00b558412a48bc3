"""A hostile query is refused, says why, and changes nothing."""

from __future__ import annotations

import resource

import pytest

from otel_agents.collector.query import functions
from otel_agents.collector.query.check import check
from otel_agents.collector.query.sql import run_user_sql
from otel_agents.collector.query.syntax import parse
from otel_agents.errors import QueryError
from tests.collector.query import attacks
from tests.collector.query.filled import agent, write


def kind_of(store, sql: str) -> str:
    with pytest.raises(QueryError) as refused:
        run_user_sql(store, sql)
    assert str(refused.value)
    return refused.value.kind


@pytest.mark.parametrize("sql", attacks.FORBIDDEN.values(), ids=attacks.FORBIDDEN.keys())
def test_it_is_forbidden(empty, sql):
    assert kind_of(empty, sql) in ("forbidden", "syntax")


@pytest.mark.parametrize("sql", attacks.UNKNOWN.values(), ids=attacks.UNKNOWN.keys())
def test_what_is_not_for_users_is_not_known(empty, sql):
    assert kind_of(empty, sql) == "unknown_name"


@pytest.mark.parametrize("sql", attacks.NOT_SQL.values(), ids=attacks.NOT_SQL.keys())
def test_what_is_not_sql_is_said_to_be_none(empty, sql):
    assert kind_of(empty, sql) == "syntax"


@pytest.mark.parametrize("sql", attacks.HUNGRY.values(), ids=attacks.HUNGRY.keys())
def test_a_hungry_query_ends_alone(store, sql):
    write(store, agent("Router", 1, 1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(QueryError, match="needs too much memory"):
        run_user_sql(store, sql, timeout_s=60, memory=64 << 20)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 32 << 10  # KiB
    assert run_user_sql(store, "SELECT agent FROM spans").rows == [["Router"]]


@pytest.mark.parametrize("sql", attacks.ENDLESS.values(), ids=attacks.ENDLESS.keys())
def test_a_plan_without_end_ends_alone(store, sql):
    with pytest.raises(QueryError, match=r"took longer than 0\.5 s|too much memory"):
        run_user_sql(store, sql, timeout_s=0.5)
    assert run_user_sql(store, "SELECT 1").rows == [[1]]


def test_nothing_was_changed_by_any_of_them(store):
    write(store, agent("Router", 1, 1))
    for sql in (*attacks.FORBIDDEN.values(), *attacks.UNKNOWN.values(), *attacks.NOT_SQL.values()):
        kind_of(store, sql)
    assert run_user_sql(store, "SELECT trace_id, agent FROM spans").rows == [[f"{1:032x}", "Router"]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 30_000 + "1",
        "SELECT " + "1+" * 400 + "1",
        "SELECT " + "[" * 300 + "]" * 300,
        "SELECT 1" * 9000,
    ],
    ids=["parentheses", "a long sum", "nested lists", "a long text"],
)
def test_a_query_beyond_reason_is_refused(empty, sql):
    assert kind_of(empty, sql) == "forbidden"


def test_every_function_of_duckdb_is_allowed_by_name_or_refused(store):
    """Whatever a later DuckDB brings is refused until somebody has looked at it."""
    with store.read() as cursor:
        scalars, tables = (
            {name for (name,) in cursor.execute(_FUNCTIONS, [kinds]).fetchall()}
            for kinds in (["scalar", "aggregate", "macro", "window"], ["table", "table_macro", "pragma"])
        )
        assert len(scalars) > 700 and len(tables) > 100
        for name in sorted(scalars - functions.SCALARS):
            with pytest.raises(QueryError, match="is not available"):
                check(parse(cursor, f'SELECT "{name}"()'), "")
        for name in sorted(tables - functions.TABLES):
            with pytest.raises(QueryError, match="is not available"):
                check(parse(cursor, f'SELECT * FROM "{name}"()'), "")


_FUNCTIONS = "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE list_contains(?, function_type)"


def test_a_store_that_is_not_locked_is_not_asked(tmp_path):
    from contextlib import contextmanager

    import duckdb

    class Unlocked:
        @contextmanager
        def read(self):
            with duckdb.connect() as connection:
                yield connection

    with pytest.raises(QueryError, match="not locked"):
        run_user_sql(Unlocked(), "SELECT 1")
