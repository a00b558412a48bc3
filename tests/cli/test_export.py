"""``otel-agents export``, ``import`` and ``backup``, as processes that ask a running collector."""

from __future__ import annotations

import csv
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from tests.collector import otlp
from tests.conftest import running_collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import RunningCollector

    Start = Callable[..., RunningCollector]

OTHER = "0f" * 16
MINUTE_NS = 60_000_000_000
ALL = "SELECT * FROM spans ORDER BY span_id"


def command(*arguments: str, folder: Path | None = None, **environment: str) -> tuple[int, bytes, str]:
    """Exit code, output and errors of a command."""
    ran = subprocess.run(
        [sys.executable, "-m", "otel_agents.cli.main", *arguments],
        capture_output=True,
        cwd=folder,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout, ran.stderr.decode()


def as_otlp(collector: RunningCollector) -> object:
    """What it exports as OTLP, to the last nanosecond."""
    code, printed, _ = command("export", "--url", collector.url, "--format", "otlp-json", "--output", "-")
    assert code == 0
    return json.loads(printed)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCollector]:
    """A collector with all a span can have, which tests leave as it is."""
    with running_collector(tmp_path_factory.mktemp("filled")) as collector:
        fill(collector)
        yield collector


def fill(collector: RunningCollector) -> None:
    """Send all a span can have."""
    everything = {
        "text": "=1+1, 'quoted'\n\"ü\"",
        "number": 1.0,
        "small": 1e-9,
        "integer": -(2**62),
        "flag": True,
        "nothing": None,
        "list": ["a", 1, 2.5, {"in": [False]}],
        "map": {"é": {"deep": []}},
        "agent": "-1+1",
        "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": "x" * 5000}]}]),
    }
    rich = otlp.span(everything, name="=HYPERLINK(1)", kind=3, end_time_unix_nano=otlp.START_NS + 1_234_567_211)
    rich.trace_state, rich.flags, rich.dropped_events_count = "a=1", 257, 3
    rich.status.code, rich.status.message = 2, "'twas\nwrong"
    rich.events.add(name="exception", time_unix_nano=otlp.START_NS + 5000, attributes=otlp.pairs(everything))
    rich.links.add(trace_id=bytes.fromhex(OTHER), span_id=b"12345678", attributes=otlp.pairs({"why": 1}))
    short = otlp.span(parent_span_id=rich.span_id, end_time_unix_nano=otlp.START_NS + 211)
    later = otlp.span(
        trace_id=OTHER, name="later", start_time_unix_nano=otlp.START_NS + MINUTE_NS, end_time_unix_nano=0
    )
    for request in (
        otlp.request(rich, short, resource={"service.name": "shop", "list": [1, "two"]}),
        otlp.request(later, scope=""),
    ):
        otlp.post(f"{collector.url}/v1/traces", request.SerializeToString())


@pytest.mark.parametrize("name", ["spans.parquet", "spans.csv", "spans.jsonl"])
def test_what_is_exported_and_imported_elsewhere_is_the_same(
    filled: RunningCollector, start_collector: Start, tmp_path: Path, name: str
):
    file = tmp_path / name
    exported = command("export", "--url", filled.url, "--output", str(file))
    assert exported == (0, b"", f"3 spans in {file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    other = start_collector(data=tmp_path / "other")
    assert command("import", str(file), "--url", other.url) == (0, b"", f"1 request sent to {other.url}\n")
    assert other.sql(ALL) == filled.sql(ALL)
    assert as_otlp(other) == as_otlp(filled)
    command("import", str(file), "--url", other.url)
    assert other.sql("SELECT count(*) AS spans FROM spans") == [{"spans": 3}]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--trace", OTHER], ["later"]),
        (["--since", "2026-09-21T14:14"], ["later"]),
        (["--until", "2026-09-21T14:14:00Z"], ["=HYPERLINK(1)", "work"]),
        (["--since", "2026-09-20", "--until", "2026-09-21"], []),
        (["--hours", "876000"], ["=HYPERLINK(1)", "work", "later"]),
        (["--since", "1s"], []),
    ],
)
def test_a_range_or_a_trace_is_exported(filled: RunningCollector, options: list[str], expected: list[str], tmp_path):
    code, _, _ = command("export", "--url", filled.url, *options, folder=tmp_path)
    assert (code, pq.read_table(tmp_path / "spans.parquet")["name"].to_pylist()) == (0, expected)


def test_metrics_and_logs_are_exported_and_imported(
    collector: RunningCollector, start_collector: Start, tmp_path: Path
):
    otlp.post(f"{collector.url}/v1/metrics", otlp.metrics(otlp.gauge("=depth"), otlp.gauge()).SerializeToString())
    otlp.post(f"{collector.url}/v1/logs", otlp.logs(otlp.evaluation("bb" * 8, name="@tone")).SerializeToString())
    other = start_collector(data=tmp_path / "other")
    for signal, said in (("metrics", "2 data points"), ("logs", "1 log record")):
        file = tmp_path / f"{signal}.csv"
        options = ["--url", collector.url, "--signal", signal, "--since", "2026-09-20", "--output", str(file)]
        assert command("export", *options) == (0, b"", f"{said} in {file}\n")
        assert command("import", str(file), "--url", other.url) == (0, b"", f"1 request sent to {other.url}\n")
    for table in ("metrics", "logs", "evaluations"):
        rows = f"SELECT * FROM {table} ORDER BY name" if table != "logs" else "SELECT * FROM logs"
        assert other.sql(rows) == collector.sql(rows) != []


def test_cells_that_a_spreadsheet_would_run_get_an_apostrophe(filled: RunningCollector):
    code, printed, errors = command("export", "--url", filled.url, "--format", "csv", "--output", "-")
    rows = list(csv.DictReader(printed.decode().splitlines(keepends=True)))
    assert (code, errors) == (0, "3 spans\n")
    assert [row["name"] for row in rows] == ["'=HYPERLINK(1)", "work", "later"]
    assert (rows[0]["agent"], rows[0]["status_message"]) == ("'-1+1", "''twas\nwrong")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["export", "--trace", "00"], "a trace's id is 32 hexadecimal digits"),
        (["export", "--trace", "ab" * 16], f"there is no trace {'ab' * 16}"),
        (["export", "--signal", "metrics", "--trace", "ab" * 16], "metrics belong to no trace"),
        (["export", "--output", "spans.txt"], "what to write into spans.txt? Say --format parquet, otlp-json, csv"),
        (["export", "--output", "none/spans.csv"], "cannot write none/spans.csv: No such file or directory"),
        (["import", "none.csv"], "cannot read none.csv: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_said(filled: RunningCollector, tmp_path: Path, arguments: list[str], expected: str):
    ran = command(*arguments, "--url", filled.url, folder=tmp_path)
    assert ran == (1, b"", f"otel-agents: {expected}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "text"), [("a.csv", "a,b\n1,2\n"), ("a.json", "[1]"), ("a.parquet", "PAR1"), ("a.json", "{")]
)
def test_a_file_that_is_no_export_is_refused(filled: RunningCollector, tmp_path: Path, name: str, text: str):
    (tmp_path / name).write_text(text)
    code, printed, errors = command("import", name, "--url", filled.url, folder=tmp_path)
    assert (code, printed, errors.count("\n")) == (1, b"", 1)
    assert errors.startswith(f"otel-agents: {name} holds nothing exported as ")


def test_a_backup_is_of_one_moment_and_can_be_used(collector: RunningCollector, start_collector: Start, tmp_path: Path):
    fill(collector)
    otlp.post(f"{collector.url}/v1/metrics", otlp.metrics(otlp.gauge()).SerializeToString())
    otlp.post(f"{collector.url}/v1/logs", otlp.logs(otlp.evaluation(name="good")).SerializeToString())
    stop, sent = threading.Event(), []

    def send() -> None:
        while not stop.is_set():
            trace_id = f"{len(sent) + 1:032x}"
            spans = [otlp.span(trace_id=trace_id, name="pair") for _ in range(2)]
            otlp.post(f"{collector.url}/v1/traces", otlp.request(*spans).SerializeToString())
            sent.append(trace_id)

    sender = threading.Thread(target=send)
    sender.start()
    while len(sent) < 5:
        assert sender.is_alive()
    before = len(sent)
    copy = tmp_path / "restored" / "spans.duckdb"
    code, _, errors = command("backup", str(copy), "--url", collector.url)
    stop.set()
    sender.join()
    assert (code, stat.S_IMODE(copy.stat().st_mode)) == (0, 0o600), errors
    restored = start_collector(data=copy.parent)
    (pairs,) = restored.sql(
        "SELECT count(*) AS spans, count(DISTINCT trace_id) AS traces FROM spans WHERE name = 'pair'"
    )
    assert pairs["spans"] == 2 * pairs["traces"] >= 2 * before
    for what in ("metrics", "logs", "evaluations", "spans WHERE name <> 'pair' ORDER BY span_id"):
        assert restored.sql(f"SELECT * FROM {what}") == collector.sql(f"SELECT * FROM {what}")
    otlp.post(f"{restored.url}/v1/traces", otlp.request(otlp.span(name="after")).SerializeToString())
    assert restored.sql("SELECT count(*) AS spans FROM spans WHERE name = 'after'") == [{"spans": 1}]
