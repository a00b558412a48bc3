"""A tenant's key writes and reads its own records, and nothing tells it of anybody else's, by any road."""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from tests.collector import otlp
from tests.collector.api.asking import ask, sql
from tests.collector.api.test_keys import PROTOBUF, Keyed, keyed, log_in

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER = "umbrella"  # whose records acme must not find
SECRET = "zebra"  # stands in all of them
TRACE = "0f" * 16
SPAN = "0e" * 8


def records(name: str, start_ns: int) -> dict[str, Any]:
    """One of each signal, of the same ids whoever sends them; all say they are acme's."""
    lie = {"tenant.id": "acme"}
    span = otlp.span(
        lie | {"gen_ai.agent.name": name, "gen_ai.operation.name": "invoke_agent"},
        trace_id=TRACE,
        span_id=SPAN,
        name=name,
        start_time_unix_nano=start_ns,
        end_time_unix_nano=start_ns + 5_000_000,
    )
    span.events.add(name="exception", time_unix_nano=start_ns).attributes.extend(
        otlp.pairs({"exception.message": name})
    )
    log = LogRecord(time_unix_nano=start_ns, body=otlp.value(name), attributes=otlp.pairs(lie))
    score = otlp.evaluation(SPAN, TRACE, start_ns, name=name)
    gauge = otlp.gauge(name, attributes=lie, time_unix_nano=start_ns)
    return {
        "/v1/traces": otlp.request(span),
        "/v1/metrics": otlp.metrics(gauge),
        "/v1/logs": otlp.logs(log, score),
    }


class Two:
    """A collector with the records of two tenants, and what each shows it."""

    def __init__(self, at: Keyed) -> None:
        self.at = at
        self.acme = at.key("ingest", "read", tenant="acme")
        self.other = at.key("ingest", "read", tenant=OTHER)
        self.session = log_in(at, at.create("browser", "read", tenant="acme")["key"])
        self.start_ns = time.time_ns() - 1_000_000_000
        for headers, name in ((self.other, SECRET), (self.acme, "own")):
            for path, request in records(name, self.start_ns).items():
                body = request.SerializeToString()
                assert ask(at.url, "POST", path, body, **PROTOBUF, **headers).status == 200


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    with keyed(tmp_path_factory.mktemp("tenants") / "data") as at:
        yield Two(at)


def rows(two: Two, query: str, headers: dict[str, str]) -> list[list[Any]]:
    answer = sql(two.at.url, query, **headers)
    assert answer.status == 200, answer.body
    return answer.json["rows"]


PAGES = [
    "/api/v1/overview?minutes=60",
    "/api/v1/traces",
    "/api/v1/traces?q=zebra",
    "/api/v1/traces?agent=zebra",
    f"/api/v1/traces/{TRACE}",
    "/api/v1/schema",
]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_shows_it(two, path):
    for who in (two.acme, two.session):
        answer = two.at.get(path, who)
        assert (answer.status, SECRET in answer.body.decode()) == (200, False)
    if "q=" not in path and "agent=" not in path and "schema" not in path:
        assert SECRET in two.at.get(path, two.other).body.decode()


def test_counts_are_its_own(two):
    overview, own = two.at.get("/api/v1/overview?minutes=60", two.acme).json, two.at.get(PAGES[1], two.acme).json
    assert overview["totals"]["traces"] == 1
    assert [trace["spans"] for trace in own["traces"]] == [1]
    assert own["agents"] == ["own"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM spans",
        "SELECT * FROM traces",
        "SELECT * FROM metrics",
        "SELECT * FROM logs",
        "SELECT * FROM evaluations",
        "SELECT attributes->>'gen_ai.agent.name', count(*) FROM spans GROUP BY 1",
        "SELECT name FROM spans WHERE tenant = 'umbrella' OR tenant IS NULL OR true",
        f"SELECT name FROM spans WHERE trace_id = '{TRACE}' AND span_id = '{SPAN}'",
        "WITH s AS (FROM spans) SELECT * FROM s UNION ALL FROM s",
        "SELECT s.name, t.* FROM spans s FULL JOIN traces t ON true",
        "SUMMARIZE spans",
        "SELECT (SELECT string_agg(name, ',') FROM spans), (SELECT string_agg(body, ',') FROM logs)",
    ],
)
def test_no_sql_reads_it(two, query):
    text = json.dumps(rows(two, query, two.acme))
    assert SECRET not in text
    assert OTHER not in text.replace("tenant = 'umbrella'", "")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM span_data",
        "SELECT * FROM main.spans",
        'SELECT * FROM "spans".main.span_data',
        "SELECT * FROM memory.main.spans",
        "SELECT * FROM spans_and_parts",
        "SELECT * FROM trace_ranges",
        "SELECT * FROM temp.main.spans",
        "SELECT * FROM duckdb_views()",
        "SELECT * FROM query('FROM span_data')",
        "SELECT * FROM query_table('span_data')",
        "DROP VIEW spans",
        "ROLLBACK; SELECT * FROM spans",
    ],
)
def test_what_its_sql_is_not_to_reach_is_refused_to_it_as_to_all(two, query):
    for who in (two.acme, two.at.owner):
        assert sql(two.at.url, query, **who).status in (400, 403)


def test_errors_and_hints_tell_nothing_of_it(two):
    for query in ("SELECT zebr FROM spans", "SELECT name::INT FROM spans", "SELECT 1/0 FROM spans WHERE x = 'zebr'"):
        assert SECRET not in sql(two.at.url, query, **two.acme).body.decode()


def test_another_query_of_its_sees_no_more_after_an_error(two):
    for _ in range(3):
        sql(two.at.url, "SELECT agent, name FROM spans GROUP BY agent", **two.acme)
        assert rows(two, "SELECT count(*) FROM spans", two.acme) == [[1]]
        assert rows(two, "SELECT count(*) FROM spans", two.at.owner) == [[2]]


def test_what_one_asked_is_not_answered_from_what_another_asked_before(two):
    for query in ("SELECT name FROM spans ORDER BY 1", "SELECT root_name FROM traces ORDER BY 1"):
        seen = [rows(two, query, who) for who in (two.at.owner, two.other, two.acme, two.other, two.acme)]
        assert seen[1:] == [[[SECRET]], [["own"]], [[SECRET]], [["own"]]]
    lists = [two.at.get("/api/v1/traces", who).json["agents"] for who in (two.other, two.acme, two.other)]
    assert lists == [[SECRET], ["own"], [SECRET]]


def test_no_export_has_it(two):
    for path in ("/api/v1/export", f"/api/v1/export?trace={TRACE}"):
        table = pa.ipc.open_stream(two.at.get(path, two.acme).body).read_all()
        assert table["name"].to_pylist() == ["own"]
        assert set(table["tenant"].to_pylist()) == {"acme"}


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/backup", "/api/v1/keys", "/api/v1/audit"])
def test_what_is_of_all_tenants_is_refused(two, path):
    assert two.at.get(path, two.acme).status == 403


@pytest.mark.parametrize(
    "header", ["X-Tenant", "X-Tenant-Id", "X-Scope-OrgID", "Tenant", "X-Forwarded-User", "Baggage"]
)
def test_no_header_makes_it_another_tenant(two, header):
    told = two.acme | {header: f"tenant.id={OTHER}" if header == "Baggage" else OTHER}
    assert rows(two, "SELECT DISTINCT tenant FROM spans", told) == [["acme"]]


def test_what_it_sends_is_its_own_whatever_the_attributes_say(two):
    lie = otlp.request(otlp.span({"tenant.id": OTHER}, name="planted"), resource={"tenant.id": OTHER})
    assert ask(two.at.url, "POST", "/v1/traces", lie.SerializeToString(), **PROTOBUF, **two.acme).status == 200
    assert rows(two, "SELECT count(*) FROM spans WHERE name = 'planted'", two.other) == [[0]]
    found = rows(two, "SELECT tenant FROM spans WHERE name = 'planted'", two.at.owner)
    assert found == [["acme"]]


def test_sending_its_ids_is_answered_as_any_others(two):
    for ids in ({"trace_id": TRACE, "span_id": SPAN}, {"trace_id": "0c" * 16, "span_id": "0c" * 8}):
        third = two.at.key("ingest", "read", tenant="third")
        body = otlp.request(otlp.span(name="probe", start_time_unix_nano=two.start_ns, **ids)).SerializeToString()
        answers = [ask(two.at.url, "POST", "/v1/traces", body, **PROTOBUF, **third) for _ in range(2)]
        assert [(answer.status, answer.body) for answer in answers] == [(200, b""), (200, b"")]
    assert rows(two, "SELECT count(*) FROM spans WHERE name = 'probe'", third) == [[2]]


def test_the_live_feed_tells_of_its_own_commits_alone(two):
    connection = http.client.HTTPConnection(two.at.url.removeprefix("http://"), timeout=60)
    connection.request("GET", "/api/v1/live", headers=two.acme)
    stream = connection.getresponse()
    assert stream.readline() == b": connected\n"
    theirs, own = "1f" * 16, "2f" * 16
    for headers, trace in ((two.other, theirs), (two.acme, own)):
        body = otlp.request(otlp.span(trace_id=trace, name="live")).SerializeToString()
        assert ask(two.at.url, "POST", "/v1/traces", body, **PROTOBUF, **headers).status == 200
        rows(two, "SELECT count(*) FROM spans", two.at.owner)  # it is stored
    lines = iter(stream.readline, b"")
    told = next(json.loads(line.removeprefix(b"data: ")) for line in lines if line.startswith(b"data: "))
    connection.close()
    assert told == {"spans": 1, "traces": [own]}


def test_a_program_that_claims_to_be_anothers_says_nothing_of_its_open_spans(two):
    def report(number: int, *spans: Any, headers: dict[str, str], **said: Any) -> int:
        told = {"otel_agents_report": json.dumps({"program": {"id": "shared"}, "number": number, **said})}
        body = otlp.request(*spans).SerializeToString()
        answer = ask(two.at.url, "POST", "/v1/open_spans", body, **PROTOBUF, **headers, **told)
        return answer.status

    still = otlp.span(name="still open", span_id="5a" * 8, end_time_unix_nano=0, start_time_unix_nano=two.start_ns)
    assert report(1, still, headers=two.other) == 200
    assert report(2, headers=two.acme, leaving=True) == 200
    state = "SELECT attributes->>'otel_agents.span.state' FROM spans WHERE name = 'still open'"
    assert rows(two, state, two.other) == [["open"]]
    assert rows(two, state, two.acme) == []
