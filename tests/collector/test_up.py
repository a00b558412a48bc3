"""``otel-agents up``, as a process on real sockets."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from itertools import chain
from typing import TYPE_CHECKING

import duckdb
import pytest

from otel_agents.collector.store.duckdb import DuckDBStore
from tests.collector import otlp
from tests.conftest import up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import RunningCollector

    Start = Callable[..., RunningCollector]


HALF_A_REQUEST = (
    b"POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
)


def post(collector: RunningCollector, *names: str) -> None:
    """Send spans and wait for the acknowledgement."""
    body = otlp.request(*(otlp.span(name=name) for name in names)).SerializeToString()
    headers = {"Content-Type": "application/x-protobuf"}
    with urllib.request.urlopen(urllib.request.Request(f"{collector.url}/v1/traces", body, headers)) as answer:
        assert answer.status == 200


def stored(data: Path) -> list[str]:
    """The names of the spans in a data folder no collector uses."""
    store = DuckDBStore(data / "spans.duckdb")
    with store.read() as cursor:
        names = [name for (name,) in cursor.execute("SELECT name FROM spans").fetchall()]
    store.close()
    return names


def failed(*arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code and standard error of a collector that does not start."""
    with up(*arguments, **environment) as process:
        printed, errors = process.communicate(timeout=60)
    assert printed == ""
    return process.returncode, errors


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_it_says_where_it_is_and_how_to_stop_it(collector: RunningCollector):
    port = collector.url.rpartition(":")[2]
    assert re.sub(r"otel-agents \S+", "otel-agents VERSION", collector.printed) == (
        "otel-agents VERSION\n"
        f"  open       http://127.0.0.1:{port}\n"
        f"  data       {collector.data}\n"
        f"  OTLP/HTTP  http://127.0.0.1:{port}\n"
        f"  OTLP/gRPC  127.0.0.1:{collector.grpc_port}\n"
        "Ctrl-C to stop\n"
    )


def test_healthz(collector: RunningCollector):
    with urllib.request.urlopen(f"{collector.url}/healthz") as answer:
        said = json.load(answer)
    assert (answer.status, said["status"], sorted(said)) == (200, "ok", ["status", "version"])


def test_its_state_file_is_there_while_it_runs(collector: RunningCollector):
    state = collector.data / "collector.json"
    found = json.loads(state.read_text())
    assert found.pop("key").startswith("oak_")
    assert found == {
        "pid": collector.process.pid,
        "url": collector.url,
        "port": int(collector.url.rpartition(":")[2]),
        "grpc_port": collector.grpc_port,
    }
    collector.stop()
    assert not state.exists()


def test_only_the_owner_can_read_its_files(collector: RunningCollector):
    post(collector, "work")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in collector.data.rglob("*")}
    assert modes == {
        "spans.duckdb": 0o600,
        "spans.duckdb.wal": 0o600,
        "collector.json": 0o600,
        "journal": 0o700,
        f"{1:020}.journal": 0o600,
    }
    assert stat.S_IMODE(collector.data.stat().st_mode) == 0o700


def test_what_was_acknowledged_survives_kill_9(start_collector: Start):
    collector = start_collector()
    post(collector, "first", "second")
    collector.stop(signal.SIGKILL)
    again = start_collector()
    post(again, "third")
    again.stop()
    assert stored(again.data) == ["first", "second", "third"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(collector: RunningCollector, how: signal.Signals):
    post(collector, "work")
    assert collector.stop(how) == 0
    assert collector.process.stderr is not None
    assert collector.process.stderr.read() == ""
    left = {path.name for path in collector.data.iterdir()}
    assert left & {"spans.duckdb", "spans.duckdb.wal", "journal", "collector.json"} == {"spans.duckdb"}  # all is in it
    assert stored(collector.data) == ["work"]


def test_a_request_that_is_being_sent_does_not_hold_up_the_end(collector: RunningCollector):
    port = int(collector.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(HALF_A_REQUEST)
        post(collector, "work")
        assert collector.stop() == 0
        assert slow.recv(100).startswith(b"HTTP/1.1 503 ")  # come again
    assert collector.process.stderr is not None
    assert collector.process.stderr.read() == ""
    assert stored(collector.data) == ["work"]


def test_a_second_ctrl_c_ends_it_at_once(start_collector: Start):
    collector = start_collector()
    port = int(collector.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(HALF_A_REQUEST)
        post(collector, "work")
        collector.process.send_signal(signal.SIGINT)
        gone = threading.Event()

        def press_again() -> None:
            while not gone.wait(0.05):
                collector.process.send_signal(signal.SIGINT)

        pressing = threading.Thread(target=press_again)
        pressing.start()
        code = collector.process.wait(timeout=60)
        gone.set()
        pressing.join()
    assert code == -signal.SIGINT
    assert start_collector().sql("SELECT name FROM spans") == [{"name": "work"}]  # in the journal, if not stored yet


def test_an_end_that_takes_long_is_left_to_the_next_start(start_collector: Start, tmp_path: Path):
    data = tmp_path / "data"
    program = (
        "import sys, threading\n"
        "from otel_agents.cli import main, up\n"
        "from otel_agents.collector.store.duckdb import DuckDBStore\n"
        "up.END_S = 0.5\n"
        "DuckDBStore.close = lambda self: threading.Event().wait()\n"  # a disk that hangs
        f"sys.exit(main.main(['up', '--port', '0', '--grpc-port', '0', '--data', {str(data)!r}]))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        while process.stdout.readline() != b"Ctrl-C to stop\n":
            pass
        url = json.loads((data / "collector.json").read_text())["url"]
        otlp.post(f"{url}/v1/traces", otlp.request(otlp.span(name="work")).SerializeToString())
        process.terminate()
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, (data / "collector.json").exists()) == (0, False)
    assert b"nothing is lost, and the next start goes on with it" in errors
    assert start_collector().sql("SELECT name FROM spans") == [{"name": "work"}]


@pytest.mark.parametrize("option", ["--port", "--grpc-port"])
def test_a_port_in_use(tmp_path: Path, taken: int, option: str):
    ports = {"--port": "0", "--grpc-port": "0", option: str(taken)}
    code, errors = failed(*chain(*ports.items()), "--data", str(tmp_path))
    expected = f"port {taken} is in use on 127.0.0.1, perhaps by another collector; choose another with {option}"
    assert (code, errors) == (1, f"otel-agents: {expected}\n")


def test_a_host_that_is_not_this_machine(tmp_path: Path):
    code, errors = failed("--host", "192.0.2.1", "--port", "0", "--data", str(tmp_path))
    assert (code, errors) == (1, "otel-agents: cannot listen on 192.0.2.1, port 0: Cannot assign requested address\n")


@pytest.mark.parametrize("port", ["http", "-1", "65536", "1.5"])
def test_a_port_that_is_none(port: str):
    code, errors = failed(f"--port={port}")
    assert (code, errors.count("\n")) == (1, 1)
    assert errors.startswith("otel-agents: setting 'port': expected a")


def test_a_data_folder_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").write_text("")
    code, errors = failed("--port", "0", "--grpc-port", "0", "--data", str(tmp_path / "file" / "data"))
    assert (code, errors) == (1, f"otel-agents: cannot make the data folder {tmp_path}/file/data: Not a directory\n")


def test_data_in_use_names_the_process(collector: RunningCollector):
    code, errors = failed("--port", "0", "--grpc-port", "0", "--data", str(collector.data))
    assert code == 1
    assert errors.startswith(
        f"otel-agents: {collector.data}/spans.duckdb is in use by process {collector.process.pid}, "
    )
    assert errors.count("\n") == 1
    assert (collector.data / "collector.json").exists()  # still the first one's


def test_data_of_a_newer_version(tmp_path: Path):
    DuckDBStore(tmp_path / "spans.duckdb").close()
    newer = duckdb.connect(str(tmp_path / "spans.duckdb"))
    newer.execute("INSERT INTO schema_version VALUES (99, now())")
    newer.close()
    code, errors = failed("--port", "0", "--grpc-port", "0", "--data", str(tmp_path))
    assert (code, errors.count("\n")) == (1, 1)
    assert "was written by a newer otel-agents" in errors


def test_the_data_folder_may_come_from_the_environment(start_collector: Start, tmp_path: Path):
    home = tmp_path / "home"
    with up("--port", "0", "--grpc-port", "0", XDG_DATA_HOME=str(home)) as process:
        assert process.stdout is not None
        printed = "".join(process.stdout.readline() for _ in range(6))
        process.terminate()
    assert f"  data       {home}/otel-agents\n" in printed


def test_without_the_extra_it_says_what_to_install(tmp_path: Path):
    program = (
        "import sys\n"
        "sys.modules['duckdb'] = None\n"
        "from otel_agents.cli.main import main\n"
        f"sys.exit(main(['up', '--port', '0', '--grpc-port', '0', '--data', {str(tmp_path)!r}]))\n"
    )
    environment = {**os.environ, "OTEL_AGENTS_LOG_LEVEL": "warning"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "otel-agents: duckdb is missing: pip install 'otel-agents[collector]'\n",
    )


def test_it_is_configured_by_a_file(start_collector: Start, tmp_path: Path):
    file = tmp_path / "otel-agents.toml"
    file.write_text(f'data = "{tmp_path / "elsewhere"}"\nmax_request_bytes = 1024\n')
    collector = start_collector("--config", str(file))
    body = otlp.request(otlp.span(name="long" * 1000)).SerializeToString()
    request = urllib.request.Request(f"{collector.url}/v1/traces", body, {"Content-Type": "application/x-protobuf"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    refused.value.close()
    assert (refused.value.code, collector.data) == (413, tmp_path / "data")  # the command line's, over the file's


def test_it_does_not_start_with_a_key_it_does_not_know(tmp_path: Path):
    file = tmp_path / "otel-agents.toml"
    file.write_text("max_request_byte = 1024\n")
    assert failed("--config", str(file)) == (
        1,
        f"otel-agents: {file}: unknown setting 'max_request_byte'; did you mean 'max_request_bytes'?\n",
    )
