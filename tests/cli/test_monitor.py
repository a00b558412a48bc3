"""``otel-agents monitor``, ``report`` and ``stats`` on a collector with spans that are known; live, in a terminal."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import urllib.request
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

import pytest

from otel_agents.cli.main import main
from tests.conftest import running_collector

CLI = [sys.executable, "-m", "otel_agents.cli.main"]
HOW = "start one with `otel-agents up`, or read exported spans with --file"


def span(trace, number, parent, name, ago, seconds, failed="", **attributes):
    """One span as OTLP's JSON; it ended ``ago`` seconds before now."""
    end = time.time_ns() - ago * 1_000_000_000
    kinds = {str: "stringValue", int: "intValue", float: "doubleValue"}

    def value(given):
        if isinstance(given, list):
            return {"arrayValue": {"values": [value(each) for each in given]}}
        return {kinds[type(given)]: str(given) if isinstance(given, int) else given}

    return {
        "traceId": f"{trace:032x}",
        "spanId": f"{number:016x}",
        **({"parentSpanId": f"{parent:016x}"} if parent else {}),
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(end - int(seconds * 1e9)),
        "endTimeUnixNano": str(end),
        "attributes": [{"key": key.replace("__", "."), "value": value(given)} for key, given in attributes.items()],
        "status": {"code": 2, "message": failed} if failed else {},
    }


def agent(trace, number, name, ago, seconds, failed="", parent=0, **attributes):
    given = {"gen_ai__operation__name": "invoke_agent", "gen_ai__agent__name": name, **attributes}
    return span(trace, number, parent, f"invoke_agent {name}", ago, seconds, failed, **given)


def send(url, *spans):
    body = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {"name": "test"}, "spans": list(spans)}]}]}
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{url}/v1/traces", json.dumps(body).encode(), headers)
    ) as answer:
        assert answer.status == 200


def known_spans():
    """Three queries: one slow and dear one with a score, a quick one, and a very slow one that failed."""
    model = {
        "gen_ai__operation__name": "chat",
        "gen_ai__request__model": "gpt-4o-mini",
        "gen_ai__agent__name": "Router",
        "gen_ai__usage__input_tokens": 1000,
        "gen_ai__usage__output_tokens": 200,
        "operation__cost": 0.25,
        "tenant__id": "acme",
    }
    tool = {"gen_ai__operation__name": "execute_tool", "gen_ai__tool__name": "search"}
    return [
        agent(1, 10, "Router", 60, 6.0, entities=["customers", "bills"], otel_agents__route__score=0.85),
        span(1, 11, 10, "chat gpt-4o-mini", 61, 2.0, **model),
        span(1, 12, 10, "execute_tool search", 62, 0.5, **tool),
        agent(2, 20, "Chat\x1b[2J", 50, 1.0, entities=["customers"], complexity_score=0.25),
        agent(3, 30, "Router", 40, 31.0, "TimeoutError: too slow"),
    ]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with running_collector(tmp_path_factory.mktemp("collector") / "data") as collector:
        send(collector.url, *known_spans())
        yield collector.url


@pytest.fixture(scope="module")
def file(url, tmp_path_factory):
    """The same spans, exported."""
    path = str(tmp_path_factory.mktemp("exported") / "spans.parquet")
    assert run("export", "--url", url, "--output", path).returncode == 0
    return path


def run(*arguments):
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with patch.dict(os.environ, COLUMNS="80"), redirect_stdout(out), redirect_stderr(err):
        code = main(arguments)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


# --- report ---------------------------------------------------------------------------------------------------------


REPORT = """\

Queries
  Total                         3
  Success rate                  66.7%
  Failed                        1

Agent usage
  Router                        2 queries (66.7%), 2 requests, 50.0% ok
  Chat\\u001b[2J                 1 query (33.3%), 1 request, 100% ok

Response times
  Average                       12.7s
  Range                         1.0s – 31.0s
  p50, p95                      6.0s, 28.5s
  Slow (over 5 s)               2
  Very slow (over 30 s)         1

Entities
  customers                     2
  bills                         1

Complexity
  Average score                 0.550
  High (over 0.7)               1
  Queries with a score          2

Cost
  Total                         $0.2500
  A query                       $0.0833
  Model calls                   1
  Tokens                        1,000 in, 200 out
  gpt-4o-mini                   $0.2500 (1 call)
  Router                        $0.2500 (1,000 in, 200 out tokens)
  Chat\\u001b[2J                 – (0 in, 0 out tokens)
"""


def test_the_report(url):
    ran = run("report", "--hours", "1", "--url", url)
    title, rest = ran.stdout.split("\n", 1)
    assert (ran.returncode, ran.stderr, rest) == (0, "", REPORT)
    assert re.fullmatch(r"Report of the last hour: [-\d]+ [:\d]+ – [-\d]+ [:\d]+ UTC", title)


def test_the_report_of_a_file_is_that_of_its_collector(file):
    assert run("report", "--file", file).stdout.split("\n", 1)[1] == REPORT


def test_the_report_as_json(url):
    got = json.loads(run("report", "--format", "json", "--url", url).stdout)
    assert got["queries"] == {"total": 3, "successful": 2, "failed": 1, "success_rate": pytest.approx(66.67, abs=0.01)}
    assert (got["response_times"]["slow"], got["response_times"]["very_slow"]) == (2, 1)
    assert got["entities"] == [{"entity": "customers", "queries": 2}, {"entity": "bills", "queries": 1}]
    assert got["cost"]["cost"] == 0.25


def test_the_report_as_csv_has_a_row_for_each_query(url):
    rows = list(csv.DictReader(io.StringIO(run("report", "--format", "csv", "--url", url).stdout)))
    names = (
        "query_id",
        "agent_type",
        "duration_ms",
        "success",
        "entities_detected",
        "tool_calls",
        "input_tokens",
        "cost",
    )
    got = sorted(tuple(row[name] for name in names) for row in rows)
    assert got == [
        (f"{1:032x}", "Router", "6000.0", "true", "customers,bills", "1", "1000", "0.25"),
        (f"{2:032x}", "Chat\x1b[2J", "1000.0", "true", "customers", "0", "0", ""),
        (f"{3:032x}", "Router", "31000.0", "false", "", "0", "0", ""),
    ]


def test_the_report_as_markdown(url):
    got = run("report", "--format", "markdown", "--url", url).stdout
    assert "## Queries\n\n|  |  |\n| --- | ---: |\n| Total | 3 |\n| Success rate | 66.7% |\n| Failed | 1 |\n" in got


def test_nothing_has_happened(collector):
    assert "Status: IDLE │" in run("monitor", "--url", collector.url).stdout
    assert run("monitor", "--alerts", "--url", collector.url).returncode == 0
    ran = run("report", "--url", collector.url)
    assert ran.stdout.split("\n", 1)[1] == (
        "\nQueries\n  Total                         0\n  Success rate                  100%\n"
        "  Failed                        0\n"
    )


def test_statistics(url):
    got = run("stats", "--url", url).stdout
    assert "Tool    Uses  Success  Avg time    p95\n------  ----  -------  --------  -----\nsearch     1" in got
    assert re.search(r"^acme +tenant +1 +1,200 +\$0\.2500$", got, re.MULTILINE)
    assert json.loads(run("stats", "--format", "json", "--url", url).stdout)["totals"]["cost"] == 0.25


# --- monitor --------------------------------------------------------------------------------------------------------


def test_one_frame_where_there_is_no_terminal(url):
    ran = run("monitor", "--live", "--url", url)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "\x1b" not in ran.stdout
    lines = [line.rstrip() for line in ran.stdout.splitlines()]
    assert max(map(len, lines)) == 80
    for expected in (
        r"│ +Status: DEGRADED │ Uptime: \d+s │ Last 60 minutes +│",
        r"│ Router +2 50\.0% ││ search +1 +100% ││ Success +66\.7% │",
        r"Router +2 +50\.0% +18\.5s +29\.4s +1,200 +\$0\.2500",
    ):
        assert any(re.fullmatch(expected, line) for line in lines), (expected, ran.stdout)


def test_exports(url):
    figures = json.loads(run("monitor", "--export", "json", "--url", url).stdout)
    assert [(one["agent"], one["requests"]) for one in figures["agents"]] == [("Router", 2), ("Chat\x1b[2J", 1)]
    document = run("monitor", "--export", "markdown", "--url", url).stdout
    assert "| Agent | Requests | Success | Avg time | p95 | Tokens | Cost |\n" in document
    assert "| Router | 2 | 50.0% | 18.5s | 29.4s | 1,200 | $0.2500 |\n" in document


def test_a_file_is_shown_too(file):
    assert "Router" in run("monitor", "--file", file).stdout


@pytest.mark.parametrize("command", ["monitor", "report", "stats"])
def test_with_nothing_to_read_it_is_said_how_to_start_a_collector(command):
    ran = run(command, "--url", "http://127.0.0.1:9")
    assert (ran.returncode, ran.stdout, ran.stderr) == (
        1,
        "",
        f"otel-agents: no collector at http://127.0.0.1:9; {HOW}\n",
    )


def test_a_file_that_is_none_of_spans(tmp_path):
    path = tmp_path / "x.parquet"
    assert run("report", "--file", str(path)).stderr == f"otel-agents: --file: there is no file {path}\n"
    path.write_text("hello")
    assert run("report", "--file", str(path)).stderr == f"otel-agents: --file: {path} is not a Parquet file of spans\n"


# --- alerts ---------------------------------------------------------------------------------------------------------


def test_alerts_of_the_thresholds(collector):
    send(collector.url, *(agent(n, n, "Chat", 30, 1.0, "no" if n < 3 else "") for n in range(1, 5)))
    ran = run("monitor", "--alerts", "--url", collector.url)
    assert re.fullmatch(
        r"HIGH      error_rate: Chat: 50\.0 % of 4 requests failed in the last 5 minutes \(limit 10 %\),"
        r" since [:\d]{8} UTC\n",
        ran.stdout,
    )
    assert (ran.returncode, ran.stderr) == (1, "")
    assert run("monitor", "--alerts", "--severity", "critical", "--url", collector.url).returncode == 0
    assert run("monitor", "--alerts", "--threshold", "error_rate=60", "--url", collector.url).returncode == 0


def test_no_alert(url):
    ran = run("monitor", "--alerts", "--threshold", "response_time=60", "--url", url)
    assert (ran.returncode, ran.stdout) == (0, "No alert: 4 rules, 5 spans of the last hour\n")


def test_a_rule_fires_once_it_has_held_for_long_enough(url):
    rule = "slow/critical=mean(30m, agent=Router, at_least=1) > 5s for {}"
    held = run(
        "monitor", "--alerts", "--severity", "critical", "--export", "json", "--rule", rule.format("10s"), "--url", url
    )
    pending = run(
        "monitor", "--alerts", "--severity", "critical", "--export", "json", "--rule", rule.format("30m"), "--url", url
    )
    assert [(one["name"], one["severity"], one["state"]) for one in json.loads(held.stdout)] == [
        ("slow", "critical", "firing")
    ]
    assert [one["state"] for one in json.loads(pending.stdout)] == ["pending"]
    assert (held.returncode, pending.returncode) == (1, 0)


def test_cron_can_tell_that_nobody_could_look(url):
    for arguments, said in (
        (("--url", "http://127.0.0.1:9"), "no collector at"),
        (("--url", url, "--rule", "x=foo > 2"), "rule 'x': no measure 'foo'"),
        (("--url", url, "--rule", "cpu"), "rule 'cpu': cpu is not in spans: set it in the program"),
        (("--url", url, "--threshold", "error_rate=x"), "threshold 'error_rate': expected a number"),
        (("--url", url, "--threshold", "cost=1"), "threshold 'cost' is since a program's start"),
    ):
        ran = run("monitor", "--alerts", *arguments)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.startswith(f"otel-agents: {said}"), ran.stderr


# --- live -----------------------------------------------------------------------------------------------------------


class Terminal:
    """A command in a terminal of a size, and what it shows."""

    def __init__(self, columns, lines, *arguments, **environment):
        self.shown = ""
        parent, child = pty.openpty()
        self._file = parent
        self.resize(columns, lines)
        given = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        self.process = subprocess.Popen(
            [*CLI, *arguments],
            stdin=child,
            stdout=child,
            stderr=child,
            env={**given, "TERM": "xterm-256color", **environment},
            start_new_session=True,
        )
        os.close(child)

    def resize(self, columns, lines):
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._file)

    def frame(self, columns, lines):
        """Wait for a whole frame of this size."""
        while True:
            frames = self.shown.split("\x1b[H")
            if len(frames) > 1 and "Ctrl-C to leave" in frames[-1]:
                shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", frames[-1]).split("\r\n")
                if [len(line) for line in shown] == [columns] * lines:
                    return shown
            assert self.read(), f"it ended: {self.shown}"

    def read(self):
        ready, _, _ = select.select([self._file], [], [], 60)
        assert ready, "nothing came for 60 s"
        try:
            got = os.read(self._file, 65536)
        except OSError:  # the other side is gone
            got = b""
        self.shown += got.decode("utf-8", "replace")
        return got

    def end(self, with_signal=signal.SIGINT):
        self.process.send_signal(with_signal)
        while self.read():
            pass
        return self.process.wait(timeout=60)


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (140, 40)])
def test_live_fills_the_terminal_and_leaves_it_as_it_was(url, columns, lines):
    with Terminal(columns, lines, "monitor", "--live", "--url", url) as terminal:
        shown = terminal.frame(columns, lines)
        assert any("Agent Performance" in line for line in shown)
        assert terminal.end() == 0
        assert terminal.shown.startswith("\x1b[?1049h")
        assert terminal.shown.rstrip().endswith("\x1b[?1049l")
        assert "\x1b[?25h" in terminal.shown  # the cursor is back
        assert "\x1b[31m" in terminal.shown  # the success rate is bad


def test_live_follows_the_size_and_has_no_colour_where_none_is_wanted(url):
    with Terminal(140, 40, "monitor", "--live", "--interval", "3600", "--url", url, NO_COLOR="1") as terminal:
        terminal.frame(140, 40)
        terminal.resize(60, 20)
        terminal.process.send_signal(signal.SIGWINCH)
        terminal.frame(60, 20)
        assert terminal.end() == 0
        assert not re.search(r"\x1b\[(\d+;)*(3|4|9|10)\dm", terminal.shown)


def test_live_waits_for_a_collector_that_is_away(start_collector):
    collector = start_collector()
    send(collector.url, *known_spans())
    with Terminal(120, 30, "monitor", "--live", "--interval", "0.2", "--url", collector.url) as terminal:
        terminal.frame(120, 30)
        collector.stop()
        while f"no collector at {collector.url}" not in terminal.shown:
            assert terminal.read()
        port = collector.url.rpartition(":")[2]
        start_collector("--port", port)
        here = len(terminal.shown)
        while "Ctrl-C to leave" not in terminal.shown[here:]:
            assert terminal.read()
        assert terminal.end(signal.SIGTERM) == 143


def test_live_without_a_collector_says_so_on_the_plain_terminal():
    with Terminal(80, 24, "monitor", "--live", "--url", "http://127.0.0.1:9") as terminal:
        while terminal.read():
            pass
        assert terminal.process.wait(timeout=60) == 1
        assert (
            terminal.shown.rpartition("\x1b[?1049l")[2].replace("\r\n", "").startswith("otel-agents: no collector at")
        )


def test_a_reader_that_has_seen_enough(url):
    command = [*CLI, "report", "--format", "csv", "--url", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert (process.wait(timeout=60), process.stderr.read()) == (0, b"")
