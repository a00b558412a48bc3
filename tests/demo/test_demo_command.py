"""``otel-agents demo`` as a process, with its collector."""

from __future__ import annotations

import http.server
import re
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from otel_agents.demo.collector import ChildCollector, answers, query
from otel_agents.demo.model_server import API_KEY
from tests.environment import fresh_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

DEMO = [sys.executable, "-P", "-m", "otel_agents.cli.main", "demo", "--fast"]
RECORDED = """
SELECT count(DISTINCT trace_id) AS traces, count(*) AS spans, count(*) FILTER (WHERE type = 'model') AS model_calls,
       sum(input_tokens) AS input_tokens, sum(cache_read_tokens) AS cached, sum(output_tokens) AS output_tokens,
       round(sum(cost), 5) AS cost, count(*) FILTER (WHERE name = 'user_request' AND status = 'error') AS failed,
       count(*) FILTER (WHERE status = 'error') AS errors
FROM spans
"""


@pytest.fixture
def started(tmp_path) -> list[str]:
    """Options for a collector of the demo's own."""
    return ["--port", "0", "--grpc-port", "0", "--data", str(tmp_path / "data")]


def run(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, *options],
        env={**fresh_environment(), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def table(output: str) -> dict[str, list[str]]:
    """Read the figures the demo printed: title -> counted here, in the collector."""
    rows = re.findall(r"^ +(\w[\w ]*?) {2,}(\$?[\d,.]+) {2,}(\$?[\d,.]+)$", output, re.MULTILINE)
    return {title: [counted, recorded] for title, counted, recorded in rows}


def written(row: dict[str, float]) -> list[str]:
    return [f"${value:.5f}" if name == "cost" else f"{value:,}" for name, value in row.items()]


def test_once_records_six_requests_and_says_what_the_collector_has(started, tmp_path):
    ended = run("--once", *started)
    assert (ended.returncode, ended.stderr) == (0, "")
    figures = table(ended.stdout)
    assert [counted for counted, _ in figures.values()] == [recorded for _, recorded in figures.values()]
    assert (figures["traces"][0], figures["failed requests"][0]) == ("6", "1")

    again = ChildCollector(0, 0, tmp_path / "data")
    [row] = query(again.url, RECORDED)
    again.stop()
    assert [recorded for _, recorded in figures.values()] == written(row)


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[str]:
    """The address of a collector the demo has found running, and run at once."""
    collector = ChildCollector(0, 0, tmp_path_factory.mktemp("running"))
    ended = run("--once", "--url", collector.url)
    assert ended.returncode == 0, ended.stderr
    assert "was running already" in ended.stdout
    yield collector.url
    collector.stop()


def test_a_request_is_one_tree_with_its_failure(running):
    tree = query(
        running,
        "SELECT p.name AS above, c.name, c.type, c.status, c.user_id, c.session_id, c.tenant FROM spans c "
        "LEFT JOIN spans p ON p.span_id = c.parent_span_id WHERE c.type <> 'model' AND c.trace_id = "
        "(SELECT min(trace_id) FROM spans WHERE parent_span_id IS NULL AND status = 'error') ORDER BY c.start_time",
    )
    who = {"user_id": "ana", "session_id": "ana-5", "tenant": "acme"}
    assert tree == [
        {"above": None, "name": "user_request", "type": "agent", "status": "error", **who},
        {"above": "user_request", "name": "handoff DataAnalyst", "type": "message", "status": "unset", **who},
        {"above": "user_request", "name": "invoke_agent DataAnalyst", "type": "agent", "status": "error", **who},
        {"above": "invoke_agent DataAnalyst", "name": "execute_tool run_sql", "type": "tool", "status": "error", **who},
    ]


def test_a_model_of_ones_own_choice_has_no_cost_where_no_price_is_known(running):
    ended = run("--once", "--model", "gpt-unheard-of", "--url", running)
    assert ended.returncode == 0, ended.stderr
    assert query(running, "SELECT DISTINCT cost FROM spans WHERE model = 'gpt-unheard-of'") == [{"cost": None}]


def test_a_real_model_is_used_when_there_is_a_key(running, model_server):
    ended = run("--once", "--url", running, OPENAI_API_KEY=API_KEY, OPENAI_BASE_URL=model_server.base_url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"real, at {model_server.base_url}, billed to your OPENAI_API_KEY" in ended.stdout


def test_a_collector_that_dies_on_the_way_is_a_failure(collector):
    with demo("--once", "--pace", "0.5", "--url", collector.url) as running:
        read_to(running, "Router")
        collector.stop()
        output, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    assert f"Not recorded: no collector answers at {collector.url}" in output


def test_ctrl_c_ends_it_and_its_collector_cleanly(started):
    with demo("--pace", "0.1", *started) as running:
        url = re.search(r"http://\S+", read_to(running, "open")).group()
        read_to(running, "Router")
        assert answers(url)
        running.send_signal(signal.SIGINT)
        output, errors = running.communicate(timeout=60)
    assert (running.returncode, errors) == (0, "")
    assert re.search(r"^ +traces +\d+$", output, re.MULTILINE)
    assert not answers(url)


def test_a_port_that_something_else_has(other_server):
    ended = run("--once", "--port", str(other_server))
    url = f"http://127.0.0.1:{other_server}"
    said = f"otel-agents: something else than otel-agents answers at {url}; choose another port with --port\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", said)


def test_a_grpc_port_that_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("--once", "--port", "0", "--grpc-port", str(port), "--data", str(tmp_path))
    assert ended.returncode == 1
    assert re.fullmatch(rf"otel-agents: port {port} .*--grpc-port\n", ended.stderr)


def test_no_collector_is_started_for_another_machine():
    ended = run("--once", "--url", "https://127.0.0.1:9")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "the demo starts one on this machine only" in ended.stderr


def test_without_the_extra_it_says_what_to_install():
    script = "import sys; sys.modules['openai'] = None; from otel_agents.cli.main import main; sys.exit(main(['demo']))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (
        2,
        "otel-agents: the demo needs openai: pip install 'otel-agents[demo]'\n",
    )


@pytest.fixture
def other_server() -> Iterator[int]:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def demo(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*DEMO, *options], env=fresh_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def read_to(running: subprocess.Popen[str], word: str) -> str:
    """Read lines up to one that has the word, and give that one."""
    for line in running.stdout:
        if word in line:
            return line
    raise AssertionError(f"it ended without saying {word}: {running.stderr.read()}")
