"""A collector whose database is damaged: it says so, takes over what can be read, keeps the file, and works."""

from __future__ import annotations

import json
import resource
import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from otel_agents.collector.handoff import OverloadedError
from otel_agents.collector.receiver.decode_spans import decode_spans
from otel_agents.collector.store import damage
from otel_agents.collector.store.duckdb import DuckDBStore
from otel_agents.collector.store.recovery import Recovery
from tests.collector import otlp
from tests.collector.api.asking import ask
from tests.collector.damage import ways

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RunningCollector

    Start = Callable[..., RunningCollector]

ALL = {"spans": 6144, "metrics": 100, "logs": 100, "evaluations": 100}
COUNTS = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in ALL)


def recovered(collector: RunningCollector) -> dict[str, Any]:
    """What /readyz tells of the only damaged file, once all of it is read."""
    while True:
        answer = ask(collector.url, "GET", "/readyz")
        (found,) = answer.json.get("damaged") or [{"state": "none yet"}]
        if answer.status == 200 and found["state"] == "read":
            return found
        time.sleep(0.05)


def test_a_file_that_does_not_open(start_collector: Start, data: Path):
    ways.no_name(data / "spans.duckdb")
    before = (data / "spans.duckdb").read_bytes()
    collector = start_collector()
    otlp.post(f"{collector.url}/v1/traces", otlp.request(otlp.span(name="after")).SerializeToString())
    found = recovered(collector)
    assert (found["taken"], found["lost"], found["incomplete"], found["unreadable"]) == (ALL, {}, {}, [])
    (kept,) = data.glob("spans.damaged-*.duckdb")
    assert (found["file"], kept.read_bytes()) == (kept.name, before)
    collector.stop()
    assert collector.process.stderr is not None
    said = collector.process.stderr.read()
    assert f"{data}/spans.duckdb is damaged: {found['why']}; it is kept as {kept}\n" in said
    assert f"{kept} was damaged ({found['why']}); taken over: " in said
    again = start_collector()
    assert again.sql(COUNTS) == [ALL | {"spans": ALL["spans"] + 1}]
    assert recovered(again) == found  # still told of, and not read again


def test_damage_that_a_query_meets(start_collector: Start, data: Path):
    ways.flip(data / "spans.duckdb", ways.block_of(data / "spans.duckdb", "trace_id") + 777)
    collector = start_collector()
    otlp.post(f"{collector.url}/v1/traces", otlp.request(otlp.span(name="after")).SerializeToString())
    query = json.dumps({"sql": "SELECT count(DISTINCT trace_id) FROM spans"}).encode()
    answer = ask(collector.url, "POST", "/api/v1/sql", query, Content_Type="application/json")
    # Unless the sums for the overview, which read the spans too, have met it before.
    assert answer.status == 200 or answer.json["error"]["message"] == "the database is being opened anew"
    found = recovered(collector)
    assert found["taken"].get("spans", 0) <= 1  # what was sent after is elsewhere in the file, or in the new one
    assert found["taken"] | {"spans": 0} == ALL | {"spans": 0}
    assert found["lost"] == {"spans": ALL["spans"]}
    metrics = ask(collector.url, "GET", "/metrics").body.decode()
    assert f'otel_agents_collector_rows_lost_total{{table="spans"}} {ALL["spans"]}\n' in metrics
    assert 'otel_agents_collector_rows_recovered_total{table="logs"} 100\n' in metrics
    otlp.post(f"{collector.url}/v1/traces", otlp.request(otlp.span(name="later")).SerializeToString())
    assert collector.sql("SELECT name FROM spans ORDER BY name") == [{"name": "after"}, {"name": "later"}]


@pytest.fixture
def opened(data: Path) -> Path:
    """The file of a store that was killed: its last writes are in the log alone."""
    path = data / "killed" / "spans.duckdb"
    path.parent.mkdir()
    store = DuckDBStore(data / "spans.duckdb")
    for name in ("first", "second", "third"):
        store.write([decode_spans(otlp.request(otlp.span(name=name)).SerializeToString()).batch])
    for file in data.glob("spans.duckdb*"):
        shutil.copy(file, path.parent / file.name)
    store.close()
    return path


def names(store: DuckDBStore) -> list[str]:
    with store.read() as cursor:
        return [
            n for (n,) in cursor.execute("SELECT name FROM spans WHERE service_name = 'shop' ORDER BY 1").fetchall()
        ]


def test_a_log_is_read_up_to_the_damage_and_kept(opened: Path):
    log = opened.with_name("spans.duckdb.wal")
    before = bytearray(log.read_bytes())
    ways.flip(log, before.index(b"second"))
    damaged = log.read_bytes()
    store = DuckDBStore(opened)
    assert names(store) == ["first"]
    store.close()
    ((_, found),) = damage.known(opened).items()
    assert Path(found.file).read_bytes() == damaged
    assert "Corrupt WAL file" in found.why
    assert found.state == "read"


@pytest.mark.parametrize("begun", [damage.WAITING, damage.READING])
def test_what_was_not_read_to_its_end_is_read_again_and_nothing_is_there_twice(data: Path, begun: str):
    path = data / "spans.duckdb"
    report = damage.set_aside(path, "it was tried")
    found = damage.known(path)[report]
    found.state = begun
    found.save(report)
    store = DuckDBStore(path)
    for _ in range(2):
        found.save(report)
        recovery = Recovery(store, path, threading.Event(), lambda *_: None)
        while damage.known(path)[report].state != damage.DONE:
            time.sleep(0.01)
        recovery.close()
    with store.read() as cursor:
        assert cursor.execute(COUNTS).fetchall() == [tuple(ALL.values())]
        assert cursor.execute("SELECT count(*) FROM traces").fetchall() == [(ALL["spans"] // 8,)]
    store.close()


def test_a_checkpoint_that_fails_does_not_end_the_work(store: DuckDBStore):
    store.write(
        [decode_spans(otlp.request(otlp.span({"long": "x" * 100_000}, name="before")).SerializeToString()).batch]
    )
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        with pytest.raises(duckdb.FatalException):
            store.checkpoint()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    while True:
        try:
            store.write([decode_spans(otlp.request(otlp.span(name="after")).SerializeToString()).batch])
            break
        except OverloadedError:
            time.sleep(0.05)
    assert names(store) == ["after", "before"]
    store.roll_up()  # else a step of it may stand in the way
    store.checkpoint()
    assert damage.known(store._path) == {}


def test_words_of_a_query_are_no_damage(store: DuckDBStore):
    with pytest.raises(Exception, match="Corrupt database file"), store.read() as cursor:
        cursor.execute("SELECT error('IO Error: Corrupt database file: computed checksum 1')")
    with store.read() as cursor:
        assert cursor.execute("SELECT count(*) FROM spans").fetchall() == [(0,)]
    assert damage.known(store._path) == {}
