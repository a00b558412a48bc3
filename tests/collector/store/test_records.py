"""Metrics, logs and evaluations in the store."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from otel_agents.collector.receiver.signals import LOGS, METRICS, TRACES
from otel_agents.collector.store.store import Commit
from tests.collector import otlp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from otel_agents.collector.store.duckdb import DuckDBStore

AT = datetime.fromisoformat("2026-09-21T14:13:20.123456")  # as the store has it
SPAN = "00000000000000ab"


def write(
    store: DuckDBStore, *, spans: Sequence[Message] = (), logs: Sequence[Message] = (), metrics: Sequence[Message] = ()
) -> Commit:
    """Store requests as one group."""
    return store.write(
        [
            signal.decode_protobuf(request.SerializeToString()).batch
            for signal, requests in ((TRACES, spans), (LOGS, logs), (METRICS, metrics))
            for request in requests
        ]
    )


def ask(store: DuckDBStore, sql: str) -> list[tuple[Any, ...]]:
    with store.read() as cursor:
        return cursor.execute(sql).fetchall()


def row(store: DuckDBStore, table: str) -> dict[str, Any]:
    """The only row of a table, without what is NULL."""
    with store.read() as cursor:
        (values,) = cursor.execute(f"SELECT * FROM {table}").fetchall()
        names = [column[0] for column in cursor.description]
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def record(**fields: Any) -> LogRecord:
    return LogRecord(**({"time_unix_nano": otlp.START_NS, "observed_time_unix_nano": otlp.START_NS + 5000} | fields))


def test_a_log_record_as_a_row(store: DuckDBStore):
    sent = record(
        severity_number=18,
        severity_text="severe",
        event_name="order",
        body=otlp.value("placed"),
        attributes=otlp.pairs({"n": 1, "l": [True]}),
        trace_id=bytes.fromhex(otlp.TRACE_ID),
        span_id=bytes.fromhex(SPAN),
    )
    assert write(store, logs=[otlp.logs(sent)]) == Commit(0, ())
    assert row(store, "logs") == {
        "time": AT,
        "observed_time": AT + timedelta(microseconds=5),
        "severity": "ERROR",
        "severity_number": 18,
        "severity_text": "severe",
        "event_name": "order",
        "body": "placed",
        "trace_id": otlp.TRACE_ID,
        "span_id": SPAN,
        "service_name": "shop",
        "scope_name": "tests",
        "attributes": '{"n":1,"l":[true]}',
        "resource": '{"service.name":"shop"}',
    }


def test_what_a_log_record_does_not_say_is_null(store: DuckDBStore):
    write(store, logs=[otlp.logs(record(time_unix_nano=0), resource={})])
    observed = AT + timedelta(microseconds=5)
    assert row(store, "logs") == {
        "time": observed,
        "observed_time": observed,
        "scope_name": "tests",
        "attributes": "{}",
        "resource": "{}",
    }


BODIES = {
    "null": "null",
    "": "",
    7: "7",
    0.5: "0.5",
    math.nan: "NaN",
    True: "true",
    b"\x00\xff": "AP8=",
    None: None,
}


def test_a_body_is_text_or_json(store: DuckDBStore):
    plain = [*BODIES, {"a": [1, None]}]
    write(store, logs=[otlp.logs(*(record(body=otlp.value(item)) for item in plain))])
    found = [body for (body,) in ask(store, "SELECT body FROM logs")]
    assert found == [*BODIES.values(), '{"a":[1,null]}']


SEVERITIES = {
    (1, ""): "TRACE",
    (4, ""): "TRACE",
    (5, ""): "DEBUG",
    (9, "Information"): "INFO",
    (13, ""): "WARN",
    (24, ""): "FATAL",
    (0, "notice"): "notice",
    (25, "worse"): "worse",
    (0, ""): None,
}


def test_severities_go_by_their_numbers(store: DuckDBStore):
    sent = (record(severity_number=number, severity_text=text) for number, text in SEVERITIES)
    write(store, logs=[otlp.logs(*sent)])
    assert [severity for (severity,) in ask(store, "SELECT severity FROM logs")] == list(SEVERITIES.values())


def test_an_events_name_may_be_an_attribute(store: DuckDBStore):
    write(store, logs=[otlp.logs(record(attributes=otlp.pairs({"event.name": "gen_ai.choice"})))])
    assert ask(store, "SELECT event_name FROM logs") == [("gen_ai.choice",)]


def test_logs_stay_in_the_order_they_were_sent(store: DuckDBStore):
    requests = [otlp.logs(*(record(body=otlp.value(f"{n}.{i}")) for i in range(50))) for n in range(3)]
    write(store, logs=requests)
    assert [body for (body,) in ask(store, "SELECT body FROM logs")] == [
        f"{n}.{i}" for n in range(3) for i in range(50)
    ]


def test_a_request_sent_again_is_stored_once(store: DuckDBStore):
    logs = otlp.logs(record(body=otlp.value("a")), record(body=otlp.value("b")))
    metrics = otlp.metrics(otlp.gauge(), otlp.gauge(attributes={"k": 1}))
    write(store, logs=[logs, logs], metrics=[metrics, metrics])
    write(store, logs=[logs], metrics=[metrics])
    assert ask(store, "SELECT (SELECT count(*) FROM logs), (SELECT count(*) FROM metrics)") == [(2, 2)]


def test_records_alike_in_one_request_are_several(store: DuckDBStore):
    write(store, logs=[otlp.logs(record(), record())])
    assert ask(store, "SELECT count(*) FROM logs") == [(2,)]


def test_two_processes_that_call_themselves_the_same_are_two(store: DuckDBStore):
    write(store, metrics=[otlp.metrics(otlp.gauge(value=1)), otlp.metrics(otlp.gauge(value=2))])
    assert ask(store, "SELECT value FROM metrics ORDER BY value") == [(1.0,), (2.0,)]


def test_a_gauge_as_a_row(store: DuckDBStore):
    write(store, metrics=[otlp.metrics(otlp.gauge("queue.depth", 3, {"queue": "a"}))])
    assert row(store, "metrics") == {
        "time": AT,
        "name": "queue.depth",
        "kind": "gauge",
        "value": 3.0,
        "service_name": "shop",
        "scope_name": "tests",
        "attributes": '{"queue":"a"}',
        "resource": '{"service.name":"shop"}',
    }


def test_a_sum_as_a_row(store: DuckDBStore):
    point = {"start_time_unix_nano": otlp.START_NS - 10**9, "time_unix_nano": otlp.START_NS, "as_double": 2.5}
    sent = Metric(
        name="sold",
        unit="{order}",
        description="Orders",
        sum={"data_points": [point], "aggregation_temporality": 2, "is_monotonic": True},
    )
    write(store, metrics=[otlp.metrics(sent)])
    assert row(store, "metrics") == {
        "time": AT,
        "name": "sold",
        "kind": "sum",
        "value": 2.5,
        "unit": "{order}",
        "description": "Orders",
        "service_name": "shop",
        "scope_name": "tests",
        "start_time": AT - timedelta(seconds=1),
        "temporality": "cumulative",
        "monotonic": True,
        "attributes": "{}",
        "resource": '{"service.name":"shop"}',
    }


def test_an_exponential_histogram_has_buckets_as_an_explicit_one(store: DuckDBStore):
    explicit = {"bucket_counts": [1, 2], "explicit_bounds": [0.5], "count": 3, "sum": 2.0, "min": 0.1, "max": 1.0}
    exponential = {
        "count": 13,
        "scale": -1,  # bounds are powers of 4
        "zero_count": 3,
        "zero_threshold": 0.01,
        "positive": {"offset": -1, "bucket_counts": [1, 2]},
        "negative": {"offset": 0, "bucket_counts": [3, 4]},
    }
    write(
        store,
        metrics=[
            otlp.metrics(
                Metric(name="a", histogram={"data_points": [explicit]}),
                Metric(name="b", exponential_histogram={"data_points": [exponential]}),
                Metric(name="c", exponential_histogram={"data_points": [{"scale": 20}]}),
            )
        ],
    )
    assert ask(store, "SELECT count, sum, min, max, bounds, bucket_counts FROM metrics ORDER BY name") == [
        (3, 2.0, 0.1, 1.0, [0.5], [1, 2]),
        (13, None, None, None, [-4.0, -1.0, 0.01, 1.0, 4.0], [4, 3, 3, 1, 2, 0]),
        (0, None, None, None, [0.0], [0, 0]),
    ]


def test_a_summary_has_quantiles(store: DuckDBStore):
    point = {"count": 2, "sum": 3.0, "quantile_values": [{"quantile": 0.5, "value": 1.0}]}
    write(store, metrics=[otlp.metrics(Metric(name="a", summary={"data_points": [point]}))])
    assert ask(store, "SELECT count, sum, quantiles[1].value FROM metrics") == [(2, 3.0, 1.0)]


def test_times_from_1970_to_the_end(store: DuckDBStore):
    times = [0, 1, 7_258_118_400_000_000_000, 2**64 - 1]
    points = (otlp.gauge(time_unix_nano=time) for time in times)
    records = (LogRecord(time_unix_nano=time, observed_time_unix_nano=time) for time in times)
    write(store, metrics=[otlp.metrics(*points)], logs=[otlp.logs(*records)])
    for table in ("metrics", "logs"):
        found = [time for (time,) in ask(store, f"SELECT epoch_us(time) FROM {table} ORDER BY time")]
        assert found[:1] + found[-2:] == [0, times[2] // 1000, times[3] // 1000]


def test_numbers_at_the_edges(store: DuckDBStore):
    write(store, metrics=[otlp.metrics(*(otlp.gauge(value=v) for v in (2**63 - 1, -(2**63), math.inf)))])
    assert ask(store, "SELECT value FROM metrics ORDER BY value") == [(-(2.0**63),), (2.0**63,), (math.inf,)]


def judged(**attributes: Any) -> Message:
    """A request with a span that holds an evaluation."""
    name = {f"gen_ai.evaluation.{key.replace('_', '.')}": item for key, item in attributes.items()}
    event = {
        "name": "gen_ai.evaluation.result",
        "time_unix_nano": otlp.START_NS,
        "attributes": otlp.pairs(name),
    }
    return otlp.request(otlp.span(span_id=SPAN, events=[event, {"name": "other"}]), otlp.span())


GIVEN = {"name": "relevance", "score_value": 0.5, "score_label": "fair", "explanation": "It's so"}


@pytest.mark.parametrize("sent", ["spans", "logs"])
def test_an_evaluation_as_a_row_whichever_way_it_came(store: DuckDBStore, sent: str):
    requests = {"spans": judged(**GIVEN), "logs": otlp.logs(otlp.evaluation(SPAN, **GIVEN))}
    for _ in range(2):
        write(store, **{sent: [requests[sent], requests[sent]]})
    assert row(store, "evaluations") == {
        "time": AT,
        "trace_id": otlp.TRACE_ID,
        "span_id": SPAN,
        "name": "relevance",
        "score": 0.5,
        "label": "fair",
        "explanation": "It's so",
        "service_name": "shop",
        "attributes": '{"gen_ai.evaluation.name":"relevance","gen_ai.evaluation.score.value":0.5,'
        '"gen_ai.evaluation.score.label":"fair","gen_ai.evaluation.explanation":"It\'s so"}',
    }


def test_an_evaluation_joins_its_span(store: DuckDBStore):
    write(store, spans=[judged()], logs=[otlp.logs(otlp.evaluation(SPAN, name="tone", score_value=1))])
    sql = "SELECT s.name, e.name, e.score FROM spans s JOIN evaluations e USING (trace_id, span_id) ORDER BY e.score"
    assert ask(store, sql) == [("work", "tone", 1.0), ("work", None, None)]


def test_a_write_tells_the_traces_of_evaluations(store: DuckDBStore):
    said = [otlp.logs(otlp.evaluation(SPAN, name="tone"), otlp.evaluation(name="of no trace", trace_id=""))]
    assert write(store, logs=said) == Commit(0, (otlp.TRACE_ID,))
    assert write(store, logs=said) == Commit(0, ())


def test_an_evaluation_need_not_have_a_name(store: DuckDBStore):
    write(store, logs=[otlp.logs(otlp.evaluation(SPAN, score_value=1))])
    assert ask(store, "SELECT name, score FROM evaluations") == [(None, 1.0)]


def test_other_events_are_no_evaluations(store: DuckDBStore):
    write(store, logs=[otlp.logs(record(attributes=otlp.pairs({"gen_ai.evaluation.name": "tone"})))])
    assert ask(store, "SELECT count(*) FROM evaluations") == [(0,)]
