"""A file that an earlier version wrote is opened, and what is in it is there.

``versions/N.duckdb.gz`` was written by the last version whose schema was N.
"""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from otel_agents.collector.query.sql import run_user_sql
from otel_agents.collector.store import opening
from otel_agents.collector.store.duckdb import DuckDBStore
from tests.collector import otlp
from tests.collector.store.test_records import write

FILES = Path(__file__).parent / "versions"
VERSIONS = [int(path.name.partition(".")[0]) for path in FILES.iterdir()]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_of_an_earlier_version(tmp_path: Path, version: int):
    path = tmp_path / "spans.duckdb"
    path.write_bytes(gzip.decompress((FILES / f"{version}.duckdb.gz").read_bytes()))
    store = DuckDBStore(path)
    write(store, logs=[otlp.logs(otlp.evaluation("bb" * 8, name="tone"))], metrics=[otlp.metrics(otlp.gauge())])
    with store.read() as cursor:
        spans = "SELECT span_id, name, agent, input_tokens, attributes->>'gen_ai.input.messages' FROM spans ORDER BY 1"
        assert cursor.execute(spans).fetchall() == [
            ("aa" * 8, "chat gpt-4o", "Router", 7, '[{"role":"user","parts":[]}]'),
            ("bb" * 8, "invoke_agent Router", "Router", None, None),
        ]
        evaluations = "SELECT time, span_id, name, score FROM evaluations ORDER BY span_id"
        at = datetime.fromisoformat("2026-09-21T14:13:20.123456")  # as the store has it
        assert cursor.execute(evaluations).fetchall() == [
            (at, "aa" * 8, "relevance", 0.5),
            (at, "bb" * 8, "tone", None),
        ]
        assert cursor.execute("SELECT name FROM metrics").fetchall() == [("depth",)]
        assert cursor.execute("SELECT max(version) FROM schema_version").fetchall() == [(max(opening.VERSIONS),)]
    store.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_keys_of_its_spans_are_found_and_changed_beside_new_ones(tmp_path: Path, version: int):
    path = tmp_path / "spans.duckdb"
    path.write_bytes(gzip.decompress((FILES / f"{version}.duckdb.gz").read_bytes()))
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE span_data SET end_time = NULL, duration_ms = NULL WHERE span_id = repeat('bb', 8)")
        if version >= 5:
            connection.execute(
                """INSERT INTO open_data BY NAME
                SELECT trace_id, span_id, start_time, '{}' AS program, 1 AS report, 'open' AS state,
                    start_time AS seen, owner, tenant
                FROM span_data WHERE end_time IS NULL"""
            )
    store = DuckDBStore(path)
    write(store, spans=[otlp.request(otlp.span({"gen_ai.request.model": "new", "gen_ai.agent.name": "Writer"}))])
    with store.read() as cursor:
        models = run_user_sql(
            store, "SELECT attributes->>'gen_ai.request.model' AS model FROM spans ORDER BY model"
        ).rows
        assert models == [["gpt-4o"], ["new"], [None]]
        keys = "SELECT list_sort(json_keys(attributes)) FROM spans WHERE model = 'gpt-4o'"
        assert {"gen_ai.input.messages", "gen_ai.request.model"} < set(cursor.execute(keys).fetchall()[0][0])
    if version >= 5:
        store.abandon("{}", datetime(2026, 9, 22))  # noqa: DTZ001 - as the store has times
        state = "SELECT attributes->>'otel_agents.span.state', attributes->>'gen_ai.agent.name' FROM spans"
        assert run_user_sql(store, state + " WHERE end_time IS NULL").rows == [["abandoned", "Router"]]
    store.close()


def test_there_is_a_file_of_every_earlier_version():
    assert sorted(VERSIONS) == sorted(opening.VERSIONS)[:-1]
