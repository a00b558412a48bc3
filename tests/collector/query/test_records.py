"""Queries written for Logfire, as its documentation has them, run here over `records`."""

from __future__ import annotations

import pytest

from otel_agents.collector.query.rewrite import use_stored_columns
from otel_agents.collector.query.sql import run_user_sql
from otel_agents.collector.query.syntax import parse, unparse
from otel_agents.collector.receiver.decode_logs import decode_logs
from otel_agents.collector.receiver.decode_spans import decode_spans
from otel_agents.collector.store.duckdb import DuckDBStore
from tests.collector import otlp

EXCEPTION = {"exception.type": "ValueError", "exception.message": "oops", "exception.stacktrace": "Traceback …"}
RESOURCE = {
    "service.name": "shop",
    "service.version": "1.2.3",
    "deployment.environment.name": "staging",
    "process.pid": 77,
    "telemetry.sdk.language": "python",
}


@pytest.fixture(scope="module")
def logfire(tmp_path_factory):
    """A span as Logfire's SDK sends it, one that failed, one that is open, and a log record in the first."""
    attributes = {"logfire.msg": "beware: bad", "logfire.level_num": 13, "logfire.tags": ["a tag"], "thing": "bad"}
    attributes |= {"nested": '{"key": 5}', "http.request.method": "GET", "http.response.status_code": 200}
    parent = otlp.span(attributes, name="beware: {thing}", span_id="01" * 8)
    child = otlp.span({}, name="child", span_id="02" * 8, parent_span_id="01" * 8, status={"code": 2, "message": "bad"})
    event = child.events.add(name="exception", time_unix_nano=otlp.START_NS)
    event.attributes.extend(otlp.pairs(EXCEPTION))
    spans = otlp.request(parent, child, resource=RESOURCE)
    log = otlp.LogRecord(
        time_unix_nano=otlp.START_NS,
        severity_number=17,
        body=otlp.value("went wrong"),
        trace_id=bytes.fromhex(otlp.TRACE_ID),
        span_id=b"\x01" * 8,
    )
    store = DuckDBStore(tmp_path_factory.mktemp("records") / "spans.duckdb")
    store.write([decode_spans(spans.SerializeToString()).batch])
    store.write([decode_logs(otlp.logs(log, resource=RESOURCE).SerializeToString()).batch])
    yield store
    store.close()


@pytest.mark.parametrize(
    ("sql", "expected"),
    {
        "names and numbers of levels": (
            "SELECT span_name, level_name(level) FROM records WHERE level >= 'warn' AND level <> 'fatal' ORDER BY 1",
            [["beware: {thing}", "warn"], ["child", "error"], ["went wrong", "error"]],
        ),
        "level_num": ("SELECT count(*) FROM records WHERE level = level_num('warn')", [[1]]),
        "levels in a list": ("SELECT count(*) FROM records WHERE level IN ('warn', 'error')", [[3]]),
        "a message": ("SELECT message FROM records WHERE message ILIKE '%BAD%'", [["beware: bad"]]),
        "an attribute": ("SELECT span_name FROM records WHERE attributes->>'thing' = 'bad'", [["beware: {thing}"]]),
        "tags": ("SELECT tags FROM records WHERE array_has(tags, 'a tag')", [[["a tag"]]]),
        "parents and children": (
            (
                "SELECT parent_records.message AS parent_message, child_records.message AS child_message"
                " FROM records parent_records JOIN records child_records"
                " ON child_records.trace_id = parent_records.trace_id"
                " AND child_records.parent_span_id = parent_records.span_id ORDER BY 2"
            ),
            [["beware: bad", "child"], ["beware: bad", "went wrong"]],
        ),
        "durations": ("SELECT sum(duration), max(duration * 1000) FROM records WHERE duration > 0.5", [[2.0, 1000.0]]),
        "the time between the stamps": (
            (
                "SELECT bool_and(duration = EXTRACT(EPOCH FROM (end_timestamp - start_timestamp)))"
                " FROM records WHERE kind = 'span'"
            ),
            [[True]],
        ),
        "the last minutes": (
            "SELECT count(*) FROM records WHERE start_timestamp >= now() - interval '5 minutes'",
            [[0]],
        ),
        "buckets of time": (
            "SELECT time_bucket('1 minute', start_timestamp) AS x, count(*) FROM records GROUP BY x",
            [["2026-09-21T14:13:00.000000Z", 3]],
        ),
        "exceptions": (
            "SELECT exception_type, exception_message, exception_stacktrace FROM records WHERE is_exception",
            [["ValueError", "oops", "Traceback …"]],
        ),
        "exceptions that are errors": ("SELECT count(*) FROM records WHERE is_exception AND level >= 'error'", [[1]]),
        "status": (
            (
                "SELECT otel_status_code, otel_status_message FROM records"
                " WHERE otel_status_code = 'ERROR' AND kind = 'span'"
            ),
            [["ERROR", "bad"]],
        ),
        "resources": (
            (
                "SELECT DISTINCT service_name, service_version, deployment_environment, process_pid,"
                " otel_resource_attributes->>'telemetry.sdk.language' FROM records"
            ),
            [["shop", "1.2.3", "staging", 77, "python"]],
        ),
        "percentiles": (
            (
                "SELECT approx_percentile_cont(duration, 0.95), percentile_cont(0.5) WITHIN GROUP (ORDER BY duration)"
                " FROM records"
            ),
            [[1.0, 1.0]],
        ),
        "HTTP": (
            "SELECT http_method, http_response_status_code FROM records WHERE http_method = 'GET'",
            [["GET", 200]],
        ),
        "JSON functions": (
            (
                "SELECT json_get_str(attributes, 'thing'), json_get_int(attributes, 'logfire.level_num') FROM records"
                " WHERE attributes->>'nested'->>'key' = '5'"
            ),
            [["bad", 13]],
        ),
        "log records": ("SELECT log_body, level, duration FROM records WHERE kind = 'log'", [["went wrong", 17, None]]),
    }.values(),
)
def test_a_query_written_for_logfire(logfire, sql, expected):
    assert run_user_sql(logfire, sql).rows == expected


def test_a_span_that_has_not_ended_is_no_record(store):
    body = otlp.request(otlp.span({}, end_time_unix_nano=0)).SerializeToString()
    store.write([decode_spans(body).batch])
    assert run_user_sql(store, "SELECT count(*) FROM records").rows == [[0]]


def test_keys_of_records_are_read_from_the_columns_they_are_stored_in(store):
    with store.read() as cursor:
        rewritten = use_stored_columns(parse(cursor, "SELECT attributes->>'agent' FROM records"))
        assert rewritten is not None
        assert unparse(cursor, rewritten) == "SELECT records.agent_attribute FROM records_and_parts AS records"
