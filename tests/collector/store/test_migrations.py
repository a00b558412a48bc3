"""A file that an earlier version wrote is opened, and what is in it is there.

``versions/N.duckdb.gz`` was written by the last version whose schema was N.
"""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import pytest

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


def test_there_is_a_file_of_every_earlier_version():
    assert sorted(VERSIONS) == sorted(opening.VERSIONS)[:-1]
