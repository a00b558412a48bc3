"""The spool: what one program could not deliver, the next one does."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sdk.receiving import Receiver, receiving

PREAMBLE = "import os, sys, time, otel_agents\nfrom otel_agents import configure, monitor_operation\n"
TOLD = """
otel_agents.shutdown()
told = otel_agents.telemetry_health()
assert told.emitted == told.delivered + told.spooled + told.waiting + sum(told.dropped.values())
print(told.emitted, told.delivered, told.spooled, dict(told.dropped), dict(told.destinations[0].earlier))
"""


def start(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(program: str) -> tuple[str, str]:
    """Run a program to its end; give what it printed and what it complained of."""
    with start(program) as process:
        printed, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return printed, said


def work(url: str, *names: str, **settings: object) -> str:
    """A program that makes spans of these names and says what became of them."""
    return (
        f"configure(endpoint={url!r}, **{settings!r})\nfor name in {names!r}:\n  with monitor_operation(name): pass"
        + TOLD
    )


@pytest.fixture
def port():
    """A port that nobody listens on."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        return reserved.getsockname()[1]


@pytest.fixture
def url(port) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def black_hole(monkeypatch):
    """The address of somebody who accepts and never answers; an exit waits two seconds for it, as it is by default."""
    monkeypatch.delenv("OTEL_AGENTS_SHUTDOWN_TIMEOUT")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        yield f"http://127.0.0.1:{silent.getsockname()[1]}"


def files(spool: Path) -> list[Path]:
    return sorted(spool.iterdir()) if spool.exists() else []


def test_the_next_run_delivers_what_the_last_one_could_not(port, url, spool, start_collector) -> None:
    assert run(work(url, "first", "second"))[0] == "2 0 2 {} {}\n"
    collector = start_collector("--port", str(port))
    assert run(work(url, "third"))[0] == "1 1 0 {} {'delivered': 2}\n"
    assert collector.sql("SELECT name FROM spans ORDER BY start_time") == [
        {"name": "first"},
        {"name": "second"},
        {"name": "third"},
    ]
    assert files(spool) == []


def test_over_grpc_too(port, url, spool, start_collector) -> None:
    assert run(work(url, "first", protocol="grpc"))[0] == "1 0 1 {} {}\n"
    collector = start_collector("--grpc-port", str(port))
    assert run(work(url, "second", protocol="grpc"))[0] == "1 1 0 {} {'delivered': 1}\n"
    assert collector.sql("SELECT name FROM spans ORDER BY start_time") == [{"name": "first"}, {"name": "second"}]
    assert files(spool) == []


def test_what_is_delivered_twice_is_stored_once(port, url, spool, start_collector) -> None:
    run(work(url, "work"))
    (file,) = files(spool)
    content = file.read_bytes()
    collector = start_collector("--port", str(port))
    run(work(url))  # makes no span, sends nothing
    run(work(url, "another"))
    file.write_bytes(content)
    run(work(url, "third"))
    assert collector.sql("SELECT name FROM spans ORDER BY start_time") == [
        {"name": "work"},
        {"name": "another"},
        {"name": "third"},
    ]


def test_a_receiver_that_never_answers_costs_neither_spans_nor_time(black_hole, spool) -> None:
    program = work(black_hole, *["work"] * 100) + "print(time.time())"
    printed = run(f"configure(endpoint={black_hole!r})\nwith monitor_operation('before'): pass\n" + program)[0]
    assert printed.splitlines()[0] == "101 0 101 {} {}"
    assert sum(int(file.stem.rpartition("-")[2]) for file in files(spool)) == 101


def test_the_exit_takes_no_longer_than_two_seconds_when_nobody_answers(black_hole) -> None:
    program = (
        f"configure(endpoint={black_hole!r}, timeout=60)\nwith monitor_operation('work'): pass\nprint(time.time())"
    )
    printed, _ = run(program)
    assert time.time() - float(printed) < 30  # half of what an answer is waited for while it runs


def test_the_same_process_delivers_what_it_has_spooled(port, url, spool) -> None:
    program = f"""
configure(endpoint={url!r}, retry_for=0)
with monitor_operation("before"): pass
while not otel_agents.telemetry_health().spooled: time.sleep(0.01)
print("spooled", flush=True)
sys.stdin.readline()
with monitor_operation("after"): pass
{TOLD}"""
    process = subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "spooled\n"
        with receiving(port) as receiver:
            printed, _ = process.communicate("go\n", timeout=60)
            assert (printed, sorted(receiver.names())) == ("2 2 0 {} {}\n", ["after", "before"])
    assert files(spool) == []


def test_a_program_that_is_killed_loses_no_span_that_was_spooled(port, url, spool) -> None:
    program = f"""
configure(endpoint={url!r}, retry_for=0, interval=0.01)
for n in range(3):
    with monitor_operation(f"work {{n}}"): pass
    while otel_agents.telemetry_health().spooled <= n: time.sleep(0.01)
print("spooled", flush=True)
time.sleep(60)
"""
    with start(program) as process:
        assert process.stdout.readline() == "spooled\n"
        process.kill()
    with receiving(port) as receiver:
        run(work(url, "next"))
        assert sorted(receiver.names()) == ["next", "work 0", "work 1", "work 2"]


def test_a_file_whose_sender_was_killed_is_sent_by_the_next(black_hole, port, url, spool) -> None:
    run(work(url, "work"))
    (file,) = files(spool)
    sender = f"""
from pathlib import Path
from otel_agents.sdk.exporters.spool import Spool
from otel_agents.sdk.exporters.ledger import ledger
held = Spool(Path({str(spool)!r}), most_bytes=1, destination="", ledger=ledger("")).hold(Path({str(file)!r}))
print(held.spans, flush=True)
time.sleep(60)
"""
    with start(sender) as process, receiving(port) as receiver:
        assert process.stdout.readline() == "1\n"
        run(work(url, "beside"))
        assert receiver.names() == ["beside"]
        process.kill()
        process.wait()
        run(work(url, "next"))
        assert receiver.names() == ["beside", "next", "work"]


def test_two_programs_at_once_send_each_file_once(port, url, spool) -> None:
    for n in range(8):
        run(work(url, f"work {n}"))
    assert len(files(spool)) == 8
    with receiving(port) as receiver:
        both = [start(work(url, name)) for name in ("one", "other")]
        for process in both:
            process.communicate(timeout=60)
        assert sorted(receiver.names()) == sorted(["one", "other", *(f"work {n}" for n in range(8))])


def test_spans_for_one_address_or_identity_never_go_to_another(port, url, spool) -> None:
    run(work(url, "anonymous"))
    run(work(url, "theirs", headers={"authorization": "Bearer s3cret"}))
    with receiving() as other:
        run(work(other.url, "elsewhere"))
        assert other.names() == ["elsewhere"]
    with receiving(port) as receiver:
        run(work(url, "ours", headers={"authorization": "Bearer other"}))
        assert receiver.names() == ["ours"]
        run(work(url, "again", headers={"authorization": "Bearer s3cret"}))
        assert receiver.names() == ["ours", "again", "theirs"]


def test_files_are_the_users_own_and_hold_no_secrets(url, spool) -> None:
    run(work(url, "work", headers={"authorization": "Bearer s3cret"}))
    (file,) = files(spool)
    assert (spool.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert b"s3cret" not in file.read_bytes()
    assert b"work" in file.read_bytes()


def test_beyond_the_bound_the_oldest_go(url, spool) -> None:
    program = f"""
configure(endpoint={url!r}, retry_for=0, interval=0.01, spool_bytes=5000)
for n in range(8):
    with monitor_operation(f"work {{n}}", text="x" * 1000): pass
    while otel_agents.telemetry_health().waiting: time.sleep(0.01)
{TOLD}"""
    printed, said = run(program)
    kept = len(files(spool))
    assert printed == f"8 0 {kept} {{'spool_full': {8 - kept}}} {{}}\n"
    assert 0 < sum(file.stat().st_size for file in files(spool)) <= 5000
    assert b"work 7" in b"".join(file.read_bytes() for file in files(spool))
    assert said.count("is full: the oldest spans in it go") == 1


def test_more_than_may_wait_in_memory_goes_to_the_spool(black_hole, spool) -> None:
    program = f"""
configure(endpoint={black_hole!r}, queue_bytes=100_000, batch_size=10)
for _ in range(1000):
    with monitor_operation("work", text="x" * 1000): pass
{TOLD}"""
    assert run(program)[0] == "1000 0 1000 {} {}\n"


def test_a_folder_that_cannot_be_written_costs_one_line(url, tmp_path) -> None:
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "spool")
    program = f"""
configure(endpoint={url!r}, retry_for=0, spool={folder!r})
for _ in range(3):
    with monitor_operation("work"): pass
    otel_agents.flush()
{TOLD}"""
    printed, said = run(program)
    assert printed == "3 0 0 {'undelivered': 3} {}\n"
    assert said.count("cannot be kept in") == 1
    assert f"Spans cannot be kept in {folder}: Not a directory\n" in said


def test_a_full_disk_costs_one_line(url, spool) -> None:
    program = f"""
import resource
configure(endpoint={url!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
with monitor_operation("work", text="x" * 10_000): pass
{TOLD}"""
    printed, said = run(program)
    assert printed == "1 0 0 {'shutdown': 1} {}\n"
    assert said.count("Spans cannot be kept in") == 1
    assert files(spool) == []


def test_a_folder_that_others_may_write_is_not_used(url, tmp_path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    printed, said = run(work(url, "work", spool=str(folder)))
    assert (printed, files(folder)) == ("1 0 0 {'shutdown': 1} {}\n", [])
    assert "others may write there" in said


def test_switched_off_nothing_is_written(url, spool) -> None:
    assert run(work(url, "work", spool=False))[0] == "1 0 0 {'shutdown': 1} {}\n"
    assert files(spool) == []


@pytest.fixture
def receiver(port):
    with receiving(port) as server:
        yield server


@pytest.fixture
def spooled(url, spool) -> Path:
    """A file with two spans, for the receiver that is there when the test begins."""
    run(work(url, "one", "two"))
    (file,) = files(spool)
    return file


def test_a_file_the_receiver_finds_wrong_is_dropped_and_counted(spooled, receiver: Receiver, url) -> None:
    receiver.answers.put((200, {}))
    receiver.answers.put((400, {}))
    assert run(work(url, "work"))[0] == "1 1 0 {} {'refused': 2}\n"
    assert not spooled.exists()


@pytest.mark.parametrize("status", [401, 404, 503])
def test_a_file_that_is_not_taken_now_stays(spooled, receiver: Receiver, url, status) -> None:
    receiver.answers.put((200, {}))
    receiver.answers.put((status, {}))
    assert run(work(url, "work"))[0] == "1 1 0 {} {}\n"
    assert spooled.exists()


def test_a_file_that_is_too_large_goes_in_halves(url, port, spool) -> None:
    program = f"""
configure(endpoint={url!r})
for n in range(4):
    with monitor_operation(f"work {{n}}", text="x" * 4000): pass
{TOLD}"""
    run(program)
    with receiving(port) as receiver:
        receiver.largest = 6000
        assert run(work(url, "next"))[0] == "1 1 0 {} {'delivered': 4}\n"
        assert sorted(receiver.names()) == ["next", *(f"work {n}" for n in range(4))]
    assert files(spool) == []


@pytest.mark.parametrize("damage", [lambda content: content[:-5], lambda content: b"\xff" * 100, lambda content: b""])
def test_a_damaged_file_is_removed_and_counted(spooled, receiver: Receiver, url, damage) -> None:
    spooled.write_bytes(damage(spooled.read_bytes()))
    printed, said = run(work(url, "work"))
    assert printed == "1 1 0 {} {'corrupt': 2}\n"
    assert f"{spooled} is damaged and has been removed" in said
    assert receiver.names() == ["work"]
    assert not spooled.exists()
