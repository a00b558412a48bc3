"""``POST /api/v1/sql`` on a running collector."""

from __future__ import annotations

import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import psutil
import pytest

from tests.collector.api.asking import ask, send, sql
from tests.collector.query import attacks
from tests.collector.query.filled import agent

HOSTILE = {**attacks.FORBIDDEN, **attacks.UNKNOWN, **attacks.NOT_SQL}
ENDLESS = "SELECT count(*) FROM range(1000000) a(i), range(1000000) b(j) WHERE (i * j) % 7 = 3"


def test_an_answer(url):
    answer = sql(url, "SELECT 1 AS one, 'é' AS text, NULL AS nothing, TIMESTAMP '2026-01-02 03:04:05' AS time")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    elapsed = answer.json.pop("elapsed_ms")
    assert elapsed > 0
    assert {**answer.json, "elapsed_ms": 0} == {
        "columns": ["one", "text", "nothing", "time"],
        "types": ["INTEGER", "VARCHAR", '"NULL"', "TIMESTAMP"],
        "rows": [[1, "é", None, "2026-01-02T03:04:05.000000Z"]],
        "truncated": False,
        "elapsed_ms": 0,
    }


def test_more_rows_than_are_sent(url):
    answer = sql(url, "SELECT * FROM range(10001)").json
    assert (len(answer["rows"]), answer["truncated"]) == (10_000, True)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_query_is_refused_and_the_collector_goes_on(url, text):
    answer = sql(url, text)
    assert answer.status in (400, 403)
    error = answer.json["error"]
    assert error["kind"] in ("forbidden", "unknown_name", "syntax")
    assert error["message"]
    assert sql(url, "SELECT 1").json["rows"] == [[1]]


@pytest.mark.parametrize(
    ("text", "status", "kind"),
    [
        ("SELECT 'x'::INT", 422, "failed"),
        ("SELECT nothing FROM spans", 400, "unknown_name"),
        ("SELEC 1", 400, "syntax"),
        ("SELECT getenv('HOME')", 403, "forbidden"),
    ],
)
def test_every_kind_of_error_has_its_status(url, text, status, kind):
    answer = sql(url, text)
    assert (answer.status, answer.kind) == (status, kind)


@pytest.mark.parametrize("body", ["", "[]", "{", '"SELECT 1"', "{}", '{"sql": 1}', '{"sql": null}', "[" * 100_000])
def test_a_body_that_is_no_query(url, body):
    answer = ask(url, "POST", "/api/v1/sql", body, Content_Type="application/json")
    assert (answer.status, answer.kind) == (400, "bad_request")


def test_a_body_that_is_too_long(url):
    assert sql(url, "SELECT 1 -- " + "x" * 300_000).status == 400


def test_another_method(url):
    answer = ask(url, "GET", "/api/v1/sql")
    assert (answer.status, answer.kind, answer.headers["allow"]) == (405, "bad_request", "POST")


def test_a_cross_join_of_a_million_millions_is_ended_while_others_are_answered(url):
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as asking:
        body = f'{{"sql": "{ENDLESS}"}}'
        asking.sendall(
            f"POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
        )
        send(url, agent("Router", 1, 1))  # it is received and stored meanwhile
        assert sql(url, "SELECT agent FROM spans").json["rows"] == [["Router"]]
        assert ask(url, "GET", "/api/v1/traces").status == 200
        with asking.makefile("rb") as answer:
            said = answer.read().decode()
    assert said.startswith("HTTP/1.1 422")
    assert '"kind": "timeout", "message": "the query took longer than 10 s"' in said


def test_hungry_queries_end_alone_while_others_are_answered_and_spans_are_stored(start_collector):
    collector = start_collector(OTEL_AGENTS_QUERY_MEMORY_BYTES=str(128 << 20))
    url, process = collector.url, psutil.Process(collector.process.pid)
    sql(url, "SELECT repeat('x', 1)")  # what starts such processes is there from the first on
    before = process.memory_info().rss
    hungry = ["a text that is doubled in a list", "a list of everything", "a text of everything", "a list of lists"]
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(sql, url, attacks.HUNGRY[name]) for name in hungry]
        sent = 0
        while not all(answer.done() for answer in asked):
            sent += 1
            send(url, agent("Router", 900 + sent, 900 + sent))
            assert ask(url, "GET", "/api/v1/traces").status == 200
            assert process.memory_info().rss - before < 100 << 20
    for answer in asked:  # or, on a machine that has much else to do, at the end of its time
        assert answer.result().status == 422
        assert re.search("needs too much memory|took longer than 10 s", answer.result().json["error"]["message"])
    assert sql(url, "SELECT count(*) FROM spans").json["rows"] == [[sent]]
    assert sent > 0


@pytest.mark.parametrize(
    "path", ["export?trace=", "export?since=", "traces?limit=", "traces?before=", "overview?minutes="]
)
def test_sql_comes_in_by_no_other_road(url, path):
    answer = ask(url, "GET", "/api/v1/" + path + quote("' UNION SELECT content FROM read_text('/etc/passwd') --"))
    assert answer.status == 400


@pytest.mark.parametrize("name", ["q", "agent", "status"])
def test_what_is_searched_for_is_a_text(url, name):
    answer = ask(url, "GET", f"/api/v1/traces?{name}=" + quote("' OR 1 = 1 --"))
    assert answer.status == 400 or answer.json["traces"] == []


def test_queries_of_clients_that_left_do_not_hold_up_others(url):
    # Two run at once: were they not ended, the next query would wait for ten times their ten seconds.
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as asking:
            body = f'{{"sql": "{ENDLESS}"}}'
            asking.sendall(
                f"POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )
    began = time.monotonic()
    assert sql(url, "SELECT 1").json["rows"] == [[1]]
    assert time.monotonic() - began < 60
