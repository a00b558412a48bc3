"""``otel-agents sql``, as a process."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from otel_agents.cli.rows import Answer, footer, write_csv, write_json, write_table
from tests.conftest import running_collector


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with running_collector(tmp_path_factory.mktemp("collector") / "data") as collector:
        yield collector.url


def run(*arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "otel_agents.cli.main", "sql", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )


def test_a_table(url):
    ran = run("SELECT 'Router' AS agent, 12 AS requests, 2.5::DOUBLE AS mean, NULL AS note", "--url", url)
    assert ran.returncode == 0
    assert ran.stdout == (
        "agent   requests  mean  note\n"  #
        "------  --------  ----  ----\n"
        "Router        12   2.5  NULL\n"
    )
    assert ran.stderr.startswith("1 row in ")


def test_json_and_the_variable_for_the_address(url):
    ran = run("SELECT 1 AS a, 'é' AS b UNION ALL SELECT 2, NULL ORDER BY a", "--format", "json", OTEL_AGENTS_URL=url)
    assert (ran.returncode, json.loads(ran.stdout)) == (0, [{"a": 1, "b": "é"}, {"a": 2, "b": None}])


def test_csv_from_a_query_on_standard_input(url):
    ran = run("-", "--format", "csv", "--url", url, given="SELECT '=1+1' AS a, -1 AS b, 'x,\"y\"' AS c, NULL AS d")
    assert ran.stdout == 'a,b,c,d\n\'=1+1,-1,"x,""y""",\n'


def test_a_refusal_shows_the_place_and_what_was_meant(url):
    ran = run("SELECT agnet FROM spans", "--url", url)
    assert (ran.returncode, ran.stdout, ran.stderr) == (
        1,
        "",
        (
            'otel-agents: unknown column "agnet" at line 1, column 8; did you mean "agent"?\n'
            "  SELECT agnet FROM spans\n"
            "         ^^^^^\n"
        ),
    )


def test_a_query_is_saved_run_by_its_name_listed_and_deleted(url):
    assert run("SELECT 6 * 7 AS answer", "--save", "the answer", "--about", "to all", "--url", url).returncode == 0
    assert run("--saved", "the answer", "--format", "csv", "--url", url).stdout == "answer\n42\n"
    listed = json.loads(run("--list", "--format", "json", "--url", url).stdout)
    assert [(query["name"], query["about"], query["sql"]) for query in listed] == [
        ("the answer", "to all", "SELECT 6 * 7 AS answer")
    ]
    assert run("--delete", "the answer", "--url", url).returncode == 0
    gone = run("--saved", "the answer", "--url", url)
    assert (gone.returncode, gone.stderr) == (
        1,
        "otel-agents: there is no saved query 'the answer'; `otel-agents sql --list` names them\n",
    )


def test_a_query_that_cannot_be_run_is_not_saved(url):
    assert run("SELECT nothing", "--save", "bad", "--url", url).returncode == 1
    assert run("--list", "--format", "json", "--url", url).stdout == "[]\n"


@pytest.mark.parametrize("arguments", [(), ("SELECT 1", "--list"), ("--save", "x"), ("--saved", "x", "--delete", "y")])
def test_one_thing_at_a_time(url, arguments):
    ran = run(*arguments, "--url", url)
    assert (ran.returncode, ran.stderr.splitlines()[0].startswith("otel-agents: ")) == (1, True)


def test_rows_that_were_cut_are_said_to_be(url):
    ran = run("SELECT * FROM range(20000)", "--url", url)
    assert ran.stderr.startswith("10,000 rows in ")
    assert ran.stderr.endswith(" ms (cut at 10,000 rows)\n")


def test_a_reader_that_has_seen_enough(url):
    command = [sys.executable, "-m", "otel_agents.cli.main", "sql", "SELECT * FROM range(20000)", "--url", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert (process.wait(timeout=60), process.stderr.read()) == (0, b"")


def test_no_collector():
    ran = run("SELECT 1", "--url", "http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:1")
    assert (ran.returncode, ran.stderr) == (
        1,
        "otel-agents: no collector at http://127.0.0.1:9; start one with `otel-agents up`\n",
    )


def test_no_address():
    ran = run("SELECT 1", "--url", "localhost:4318")
    assert ran.returncode == 1
    assert ran.stderr == (
        "otel-agents: --url: expected an address such as http://127.0.0.1:4318, got 'localhost:4318'\n"
    )


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>"), (404, b"not here"), (500, b"[1]"), (403, b'{"error": 1}')]
)
def test_something_else_answers(status, body):
    class Stranger(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = f"http://127.0.0.1:{server.server_port}"
        ran = run("SELECT 1", "--url", where)
        server.shutdown()
    assert (ran.returncode, ran.stderr) == (
        1,
        f"otel-agents: what answers at {where} is not an otel-agents collector\n",
    )


def written(write, columns: list[str], types: list[str], *rows: list, out: io.StringIO | None = None) -> str:
    out = out or io.StringIO()
    write(Answer(columns, types, list(rows), False, 1.0), out)
    return out.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_too_narrow_cuts_the_widest_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    row = ["a" * 40, "b" * 30, 7]
    assert written(write_table, ["x", "y", "n"], ["VARCHAR", "VARCHAR", "INTEGER"], row, out=Terminal()) == (
        "x             y             n\n"  #
        "------------  ------------  -\n"
        "aaaaaaaaaaa…  bbbbbbbbbbb…  7\n"
    )
    assert "a" * 40 in written(write_table, ["x", "y", "n"], ["VARCHAR", "VARCHAR", "INTEGER"], row)


def test_wide_characters_take_two_columns():
    assert written(write_table, ["a", "b"], ["VARCHAR", "VARCHAR"], ["日本", "x"], ["e\u0301", "y"]) == (
        "a     b\n"  #
        "----  -\n"
        "日本  x\n"
        "e\u0301     y\n"
    )


def test_what_would_move_the_cursor_is_written_out():
    text = "a\x1b[2Jb\nc\u202ed"
    assert written(write_table, ["x\x07"], ["VARCHAR"], [text]).splitlines()[-1] == "a\\u001b[2Jb\\nc\\u202ed"


def test_columns_of_the_same_name():
    assert json.loads(written(write_json, ["a", "a", "a_2"], ["INTEGER"] * 3, [1, 2, 3])) == [
        {"a": 1, "a_2": 2, "a_2_2": 3}
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_formulas_in_csv_are_texts(text):
    (row,) = list(csv.reader(io.StringIO(written(write_csv, [text], ["VARCHAR"], [text]), newline="")))[1:]
    assert row == ["'" + text]


def test_lists_and_structs_are_json():
    out = written(write_table, ["a", "b"], ["INTEGER[]", "STRUCT(x INTEGER)"], [[1, None], {"x": 1}])
    assert out.splitlines()[-1] == '[1, null]  {"x": 1}'


def test_an_answer_without_rows():
    assert written(write_table, ["a"], ["VARCHAR"]) == "a\n-\n"
    assert footer(Answer(["a"], ["VARCHAR"], [], False, 1234.56)) == "0 rows in 1,234.6 ms"
