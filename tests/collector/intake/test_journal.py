from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agents.collector.handoff import SPANS, LogBatch, OpenBatch, PointBatch, Report, SpanBatch
from otel_agents.collector.intake.journal import Journal
from otel_agents.collector.receiver.decode_logs import decode_logs
from otel_agents.collector.receiver.decode_points import decode_points
from otel_agents.errors import CollectorError
from tests.collector import otlp
from tests.collector.intake.batches import batch, name

if TYPE_CHECKING:
    from pathlib import Path


def left(folder: Path, stored: int = 0) -> list[str]:
    return [name(entry.batch) for entry in Journal(folder, stored=stored).unstored()]


def test_what_was_appended_is_there_after_the_process_was_killed(tmp_path: Path):
    program = (
        "import os, sys, pathlib\n"
        "from otel_agents.collector.intake.journal import Journal\n"
        "from tests.collector.intake.batches import batch\n"
        "Journal(pathlib.Path(sys.argv[1]), stored=0).append([batch('a'), batch('b')])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert left(tmp_path) == ["a", "b"]


def test_batches_of_every_signal_come_back_as_they_were(tmp_path: Path):
    points = decode_points(otlp.metrics(otlp.gauge()).SerializeToString()).batch
    logs = decode_logs(otlp.logs(otlp.evaluation("bb" * 8, name="tone")).SerializeToString()).batch
    written = [batch("a"), points, logs]
    Journal(tmp_path, stored=0).append(written)
    read = [entry.batch for entry in Journal(tmp_path, stored=0).unstored()]
    assert [type(one) for one in read] == [SpanBatch, PointBatch, LogBatch]
    assert [one.rows for one in read] == [one.rows for one in written]


def test_a_report_comes_back_with_what_it_says(tmp_path: Path):
    said = Report("{}", 7, 1, frozenset({b"a" * 24, b"b" * 24}), frozenset({b"b" * 24}), leaving=True)
    written = OpenBatch(batch("a").rows, "acme", report=said)
    Journal(tmp_path, stored=0).append([written])
    (read,) = [entry.batch for entry in Journal(tmp_path, stored=0).unstored()]
    assert read == written


def test_what_is_stored_does_not_come_again(tmp_path: Path):
    entries = Journal(tmp_path, stored=0).append([batch("a"), batch("b"), batch("c")])
    assert left(tmp_path, stored=entries[1].number) == ["c"]


def test_numbers_rise_from_run_to_run(tmp_path: Path):
    runs = []
    for stored in (0, 1, 5):
        journal = Journal(tmp_path, stored=stored)
        runs.append(journal.append([batch("a")])[0].number)
        journal.release(runs[-1])
        journal.close()
    assert runs == [1, 2, 6]


@given(lost=st.integers(1, 400))
def test_a_record_that_was_never_finished_is_as_if_it_had_not_been_begun(tmp_path_factory, lost: int):
    folder = tmp_path_factory.mktemp("journal")
    Journal(folder, stored=0).append([batch("a"), batch("b")])
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:-lost])
    assert left(folder) == ["a"]


def test_a_damaged_file_is_read_around_the_damage_and_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    Journal(tmp_path, stored=0).append([batch("a"), batch("b"), batch("c")])
    (file,) = tmp_path.iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1  # in the second of three
    file.write_bytes(content)
    journal = Journal(tmp_path, stored=0)
    assert [name(entry.batch) for entry in journal.unstored()] == ["a", "c"]
    assert "cannot be read in full" in caplog.text
    journal.release(journal.last)
    assert [path.suffix for path in sorted(tmp_path.iterdir()) if path.stat().st_size] == [".damaged"]


@given(data=st.data())
def test_whatever_is_damaged_the_other_batches_are_read_as_they_were(tmp_path_factory, data: st.DataObject):
    folder = tmp_path_factory.mktemp("journal")
    Journal(folder, stored=0).append([batch(one) for one in "abcdef"])
    (file,) = folder.iterdir()
    content = bytearray(file.read_bytes())
    begins = [at for at in range(len(content)) if content.startswith(b"OTAJ", at)]
    start = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(1, 2000))
    for at in range(start, min(start + length, len(content))):
        content[at] ^= 0x55
    file.write_bytes(content)
    hurt = {
        i
        for i, (a, b) in enumerate(zip(begins, [*begins[1:], len(content)], strict=True))
        if a < start + length and start < b
    }
    assert left(folder) == [one for i, one in enumerate("abcdef") if i not in hurt]


def test_files_that_are_stored_go_while_the_journal_is_written(tmp_path: Path):
    journal = Journal(tmp_path, stored=0, segment_bytes=1)  # a file for each append
    numbers = [journal.append([batch(one)])[0].number for one in "abc"]
    assert len(list(tmp_path.iterdir())) == 3
    journal.release(numbers[1])
    assert len(list(tmp_path.iterdir())) == 1


def test_a_batch_of_an_earlier_version_lacks_columns(tmp_path: Path):
    whole = batch("a")
    earlier = SpanBatch(whole.rows.select([column for column in SPANS.names if column != "links"]))
    Journal(tmp_path, stored=0).append([earlier])
    (entry,) = Journal(tmp_path, stored=0).unstored()
    assert entry.batch.rows.schema == SPANS
    assert entry.batch.rows["links"].null_count == 1


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path):
    (tmp_path / "journal").write_text("a file")
    with pytest.raises(CollectorError, match="cannot write to the journal in "):
        Journal(tmp_path / "journal", stored=0)
