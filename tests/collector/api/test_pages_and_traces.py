"""The other resources of the API, and the pages, on a running collector."""

from __future__ import annotations

import http.client
import json
import re
import time
from datetime import UTC, datetime

import pytest

from otel_agents.collector.api.schema import DOCS
from otel_agents.collector.store.rollups import MUCH
from tests.collector import otlp
from tests.collector.api.asking import ask, send, sql


def just_now(name: str, trace: str, **attributes: object) -> otlp.Span:
    begin = time.time_ns() - 1_000_000_000
    return otlp.span(
        attributes,
        name=name,
        trace_id=trace * 16,
        start_time_unix_nano=begin,
        end_time_unix_nano=begin + 500_000_000,
    )


def test_health(url):
    answer = ask(url, "GET", "/healthz").json
    assert (answer["status"], sorted(answer)) == ("ok", ["status", "version"])


def test_the_overview_is_of_the_last_minutes(url):
    send(url, just_now("work", "a1", agent="Router", **{"otel_agents.span.type": "agent"}))
    answer = ask(url, "GET", "/api/v1/overview?minutes=5").json
    window = answer["window"]
    end = datetime.fromisoformat(window["end"])
    assert abs((datetime.now(UTC) - end).total_seconds()) < 60
    assert (window["minutes"], window["bucket_seconds"]) == (5, 5)
    assert [row["agent"] for row in answer["agents"]] == ["Router"]
    assert ask(url, "GET", "/api/v1/overview").json["window"]["minutes"] == 60


def test_the_overview_has_very_many_spans_in_a_moment(url):
    def spans() -> int:
        return ask(url, "GET", "/api/v1/overview?minutes=7").json["totals"]["spans"]

    before = spans()
    send(url, *(just_now("many", "d4") for _ in range(MUCH + 1)))
    until = time.monotonic() + 60
    while (seen := spans()) == before and time.monotonic() < until:
        time.sleep(0.05)
    assert seen == before + MUCH + 1


@pytest.mark.parametrize("minutes", ["0", "525601", "-1", "x", "1.5", "1e3", "٣", "9" * 30])
def test_minutes_out_of_bounds(url, minutes):
    from urllib.parse import quote

    answer = ask(url, "GET", f"/api/v1/overview?minutes={quote(minutes)}")
    assert (answer.status, answer.kind) == (400, "bad_request")


def test_the_list_and_a_trace(url):
    send(url, just_now("work", "b2"), just_now("other", "c3", **{"user.id": "u-9"}))
    first = ask(url, "GET", "/api/v1/traces?limit=1").json
    assert len(first["traces"]) == 1
    assert first["next"] is not None
    second = ask(url, "GET", f"/api/v1/traces?limit=1&before={first['next']}").json
    assert {first["traces"][0]["trace_id"], second["traces"][0]["trace_id"]} == {"b2" * 16, "c3" * 16}
    found = ask(url, "GET", "/api/v1/traces?q=u-9&status=ok&minutes=60").json["traces"]
    assert [trace["name"] for trace in found] == ["other"]
    one = ask(url, "GET", f"/api/v1/traces/{'c3' * 16}").json
    assert (one["summary"], [span["name"] for span in one["spans"]]) == (found[0], ["other"])


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "status=broken", "before=x", "minutes=0", "q=" + "x" * 201]
)
def test_what_a_list_cannot_be_asked(url, query):
    answer = ask(url, "GET", f"/api/v1/traces?{query}")
    assert (answer.status, answer.kind) == (400, "bad_request")


@pytest.mark.parametrize("path", ["/api/v1/traces/abc", "/api/v1/nothing", "/nothing", "/ui/nothing.js"])
def test_what_there_is_not(url, path):
    answer = ask(url, "GET", path)
    assert (answer.status, answer.kind) == (404, "not_found")


def test_the_schema_names_every_column_and_says_what_it_means(url):
    tables = ask(url, "GET", "/api/v1/schema").json["tables"]
    for table in tables:
        columns = {column["name"]: column["type"] for column in table["columns"]}
        described = sql(url, f"DESCRIBE {table['name']}").json["rows"]
        assert columns == {name: kind for name, kind, *_ in described}
        assert list(columns) == list(DOCS[table["name"]])
    assert [table["name"] for table in tables] == ["spans", "traces", "evaluations", "metrics", "logs", "records"]


def test_commits_are_told_live(url):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    connection.request("GET", "/api/v1/live")
    answer = connection.getresponse()
    assert answer.getheader("content-type").startswith("text/event-stream")
    assert answer.readline() == b": connected\n"
    answer.readline()
    send(url, just_now("work", "d4"), just_now("work", "e5"))
    assert answer.readline() == b"event: commit\n"
    told = json.loads(answer.readline().removeprefix(b"data: "))
    assert told == {"spans": 2, "traces": ["d4" * 16, "e5" * 16]}
    connection.close()


def test_the_pages(url):
    index = ask(url, "GET", "/")
    assert (index.status, index.headers["content-type"]) == (200, "text/html; charset=utf-8")
    script = ask(url, "GET", "/ui/app.js")
    assert (script.status, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    again = ask(url, "GET", "/ui/app.js", If_None_Match=script.headers["etag"])
    assert (again.status, again.body) == (304, b"")


def test_what_the_index_names_need_not_be_asked_for_again(url):
    stamped = re.search(r"/ui/[0-9a-f]{16}/app.js", ask(url, "GET", "/").body.decode())[0]
    script = ask(url, "GET", stamped)
    assert (script.status, script.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert script.body == ask(url, "GET", "/ui/app.js").body
    old = ask(url, "GET", "/ui/0123456789abcdef/app.js")  # named by an index of another day
    assert (old.status, old.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "path",
    ["/ui/../app.py", "/ui/%2e%2e/app.py", "/ui/..%2fapp.py", "/ui//etc/passwd", "/ui/%00", "/ui/", "/ui/vendor"],
)
def test_nothing_but_the_pages_is_served(url, path):
    assert ask(url, "GET", path).status == 404
