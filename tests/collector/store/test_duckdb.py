from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from otel_agents.collector.handoff import OverloadedError
from otel_agents.collector.receiver.decode_spans import decode_spans
from otel_agents.collector.store import opening, room
from otel_agents.collector.store.duckdb import DuckDBStore
from otel_agents.collector.store.store import Commit
from otel_agents.errors import CollectorError
from tests.collector import otlp

if TYPE_CHECKING:
    from otel_agents.collector.handoff import SpanBatch


def batch(*spans: Any) -> SpanBatch:
    return decode_spans(otlp.request(*spans).SerializeToString()).batch


def names(store: DuckDBStore) -> list[str]:
    with store.read() as cursor:
        return [name for (name,) in cursor.execute("SELECT name FROM spans").fetchall()]


def test_spans_are_stored_in_the_order_they_arrive(store: DuckDBStore):
    store.write([batch(otlp.span(name="b"), otlp.span(name="a")), batch(otlp.span(name="c"))])
    store.write([batch(otlp.span(name="0"))])
    assert names(store) == ["b", "a", "c", "0"]


def test_a_write_tells_what_it_added(store: DuckDBStore):
    other = "0f" * 16
    assert store.write([batch(otlp.span(), otlp.span())]) == Commit(2, (otlp.TRACE_ID,))
    commit = store.write([batch(otlp.span()), batch(otlp.span(trace_id=other))])
    assert (commit.spans, sorted(commit.traces)) == (2, [otlp.TRACE_ID, other])


def test_a_span_sent_again_is_stored_once(store: DuckDBStore):
    again = otlp.span(name="again")
    store.write([batch(otlp.span(name="first"), again)])
    assert store.write([batch(again)]) == Commit(0, ())
    assert store.write([batch(again, otlp.span(name="new"))]).spans == 1
    assert names(store) == ["first", "again", "new"]


def test_a_span_twice_in_one_group_is_stored_once(store: DuckDBStore):
    again = otlp.span(name="again")
    assert store.write([batch(again, again), batch(otlp.span(name="new"), again)]).spans == 2
    assert names(store) == ["again", "new"]


def test_the_same_span_id_in_another_trace_is_another_span(store: DuckDBStore):
    store.write([batch(otlp.span(span_id="aa" * 8), otlp.span(span_id="aa" * 8, trace_id="bb" * 16))])
    assert store.write([batch(otlp.span(span_id="aa" * 8, trace_id="cc" * 16))]).spans == 1


def test_a_span_sent_again_is_found_among_spans_of_many_times(store: DuckDBStore):
    spans = [otlp.span(start_time_unix_nano=otlp.START_NS + hour * 3_600_000_000_000) for hour in range(40)]
    store.write([batch(*spans)])
    assert store.write([batch(*spans, otlp.span(name="new"))]).spans == 1


def test_a_group_that_fails_leaves_nothing_behind(store: DuckDBStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("otel_agents.collector.store.incoming._RANGES", "INSERT INTO no_such_table VALUES (1)")
    with pytest.raises(duckdb.CatalogException):
        store.write([batch(otlp.span())])
    monkeypatch.undo()
    assert names(store) == []
    store.write([batch(otlp.span(name="next"))])
    assert names(store) == ["next"]


def test_a_full_disk_refuses_before_it_is_full_and_goes_on_when_there_is_room(
    store: DuckDBStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=room.RESERVE_BYTES - 1))
    with pytest.raises(OverloadedError, match="disk is full"):
        store.write([batch(otlp.span())])
    monkeypatch.undo()
    store.write([batch(otlp.span(name="next"))])
    assert names(store) == ["next"]


def test_what_was_written_is_there_after_the_process_was_killed(tmp_path: Path):
    program = (
        "import os, sys, pathlib\n"
        "from otel_agents.collector.store.duckdb import DuckDBStore\n"
        "from otel_agents.collector.receiver.decode_spans import decode_spans\n"
        "store = DuckDBStore(pathlib.Path(sys.argv[1]))\n"
        "store.write([decode_spans(sys.stdin.buffer.read()).batch])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    body = otlp.request(otlp.span(name="kept")).SerializeToString()
    path = tmp_path / "spans.duckdb"
    subprocess.run([sys.executable, "-c", program, str(path)], input=body, check=False)
    store = DuckDBStore(path)
    assert names(store) == ["kept"]
    store.close()


def test_a_reader_cannot_write(store: DuckDBStore):
    store.write([batch(otlp.span(name="kept"))])
    for sql in ("DELETE FROM span_data", "DROP VIEW spans", "DELETE FROM trace_ranges"):
        with store.read() as cursor, pytest.raises(duckdb.Error, match="read-only"):
            cursor.execute(sql)
    assert names(store) == ["kept"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO '/tmp/otel-agents-escaped.csv'",
        "ATTACH '/tmp/otel-agents-escaped.duckdb' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET memory_limit = '100GB'",
        "SELECT * FROM local_variable",
    ],
)
def test_a_reader_reaches_nothing_outside(store: DuckDBStore, sql: str):
    local_variable = duckdb.sql("SELECT 1").to_arrow_table()
    with store.read() as cursor, pytest.raises(duckdb.Error):
        cursor.execute(sql)
    assert local_variable.num_rows == 1


def test_a_reader_sees_one_state(store: DuckDBStore):
    with store.read() as cursor:
        before = cursor.execute("SELECT count(*) FROM spans").fetchone()
        store.write([batch(otlp.span())])
        assert cursor.execute("SELECT count(*) FROM spans").fetchone() == before == (0,)
    assert len(names(store)) == 1


def test_a_checkpoint_waits_for_no_reader(store: DuckDBStore):
    store.write([batch(otlp.span(name="before"))])
    with store.read() as reader:
        reader.execute("SELECT name FROM spans")
        store.write([batch(otlp.span(name="after"))], number=1)
        store.roll_up()
        store.checkpoint()
        assert reader.execute("SELECT name FROM spans").fetchall() == [("before",)]
    assert store.stored() == 1


def test_times_are_utc_whatever_the_machine_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", "America/New_York")
    store = DuckDBStore(tmp_path / "spans.duckdb")
    store.write([batch(otlp.span())])
    with store.read() as cursor:
        got = cursor.execute(
            "SELECT start_time::TIMESTAMPTZ::VARCHAR, current_setting('TimeZone') FROM spans"
        ).fetchone()
    store.close()
    assert got == ("2026-09-21 14:13:20.123456+00", "UTC")


def test_only_the_owner_can_read_the_file(tmp_path: Path):
    path = tmp_path / "new" / "folder" / "spans.duckdb"
    DuckDBStore(path).close()
    assert [stat.S_IMODE(p.stat().st_mode) for p in (path.parent, path)] == [0o700, 0o600]


def test_a_trace_is_found_by_the_range_of_its_spans(store: DuckDBStore):
    later = otlp.START_NS + 2_000_000
    store.write([batch(otlp.span(), otlp.span(start_time_unix_nano=later))])
    with store.read() as cursor:
        rows = cursor.execute("SELECT trace_id, first::VARCHAR, last::VARCHAR FROM trace_ranges").fetchall()
    assert rows == [(otlp.TRACE_ID, "2026-09-21 14:13:20.123456", "2026-09-21 14:13:20.125456")]


def test_the_traces_view(store: DuckDBStore):
    def model(**attributes: Any) -> dict[str, Any]:
        return {"otel_agents.span.type": "model", "gen_ai.usage.input_tokens": 10, **attributes}

    second = 1_000_000_000
    store.write(
        [
            batch(
                otlp.span({"agent": "Router", "gen_ai.usage.input_tokens": 20}, name="ask", span_id="01" * 8),
                otlp.span(
                    model(**{"operation.cost": 0.5, "gen_ai.usage.output_tokens": 2}),
                    parent_span_id="01" * 8,
                    start_time_unix_nano=otlp.START_NS + second,
                    end_time_unix_nano=otlp.START_NS + 3 * second,
                ),
                otlp.span(model(**{"gen_ai.agent.name": "Analyst"}), parent_span_id="01" * 8),
                otlp.span({"gen_ai.tool.name": "grep"}, parent_span_id="01" * 8, status={"code": 2}),
            ),
        ]
    )
    with store.read() as cursor:
        result = cursor.execute(
            "SELECT * REPLACE (start_time::VARCHAR AS start_time, end_time::VARCHAR AS end_time) FROM traces"
        )
        row = dict(zip((column[0] for column in result.description), result.fetchone(), strict=True))
    assert row == {
        "trace_id": otlp.TRACE_ID,
        "start_time": "2026-09-21 14:13:20.123456",
        "end_time": "2026-09-21 14:13:23.123456",
        "duration_ms": 3000.0,
        "root_name": "ask",
        "service_name": "shop",
        "agent": "Router",
        "agents": ["Analyst", "Router"],
        "spans": 4,
        "errors": 1,
        "status": "ok",
        "model_calls": 2,
        "tool_calls": 1,
        "input_tokens": 20,
        "output_tokens": 2,
        "cost": 0.5,
    }


def test_of_model_spans_around_one_another_the_inner_one_counts_in_a_trace(store: DuckDBStore):
    call = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 10, "operation.cost": 0.5}
    wrapped = [otlp.span(call, span_id="aa" * 8), otlp.span(call, span_id="bb" * 8, parent_span_id="aa" * 8)]
    silent = otlp.span({"gen_ai.operation.name": "chat"}, span_id="dd" * 8, parent_span_id="cc" * 8)
    store.write([batch(*wrapped, otlp.span(call, span_id="cc" * 8), silent)])
    with store.read() as cursor:
        found = cursor.execute("SELECT model_calls, input_tokens, cost FROM traces").fetchall()
    assert found == [(3, 20, 1.0)]  # where the inner one tells no tokens, the outer one's count


@pytest.mark.parametrize(
    ("root", "child", "expected"),
    [(2, 0, "error"), (0, 2, "ok"), (1, 0, "ok"), (None, 2, "error"), (None, 0, "ok")],
)
def test_a_trace_failed_when_its_root_did(store: DuckDBStore, root: int | None, child: int, expected: str):
    spans = [otlp.span(parent_span_id="01" * 8, status={"code": child})]
    if root is not None:
        spans.append(otlp.span(span_id="01" * 8, status={"code": root}))
    store.write([batch(*spans)])
    with store.read() as cursor:
        assert cursor.execute("SELECT status FROM traces").fetchall() == [(expected,)]


def test_a_file_opens_again_with_what_it_held(tmp_path: Path):
    path = tmp_path / "spans.duckdb"
    for name in ("first", "second"):
        store = DuckDBStore(path)
        store.write([batch(otlp.span(name=name))])
        store.close()
    store = DuckDBStore(path)
    assert names(store) == ["first", "second"]
    store.close()


def failure(path: Path) -> str:
    with pytest.raises(CollectorError) as caught:
        DuckDBStore(path)
    return str(caught.value)


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path):
    path = tmp_path / "spans.duckdb"
    DuckDBStore(path).close()
    newer = duckdb.connect(str(path))
    newer.execute("INSERT INTO schema_version VALUES (99, now())")
    newer.close()
    assert failure(path) == (
        f"{path} was written by a newer otel-agents (schema 99, this one knows {max(opening.VERSIONS)});"
        " upgrade otel-agents or choose another folder with --data"
    )


def test_a_file_in_use_names_the_process(tmp_path: Path):
    path = tmp_path / "spans.duckdb"
    program = (
        "import sys, pathlib\n"
        "from otel_agents.collector.store.duckdb import DuckDBStore\n"
        "store = DuckDBStore(pathlib.Path(sys.argv[1]))\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
        "store.close()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert failure(path) == (
            f"{path} is in use by process {other.pid}, another collector most likely;"
            " stop it or choose another folder with --data"
        )


def test_a_database_of_another_program_is_refused(tmp_path: Path):
    path = tmp_path / "spans.duckdb"
    with duckdb.connect(str(path)) as other:
        other.execute("CREATE TABLE theirs (a INTEGER)")
    assert failure(path) == f"{path} is a database of another program; choose another folder with --data"
    assert "\n" not in failure(path)


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="needs a folder not even root can write to")
def test_a_folder_that_cannot_be_written_is_refused():
    assert failure(Path("/sys/kernel/spans.duckdb")) == (
        "cannot write to the data folder /sys/kernel: Permission denied; choose another with --data"
    )


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "data"
    assert failure(folder / "spans.duckdb") == f"cannot make the data folder {folder}: Not a directory"
