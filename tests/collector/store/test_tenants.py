"""What a tenant sees of the store: its own rows, whichever way they are asked for, and nothing of what others do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from otel_agents.collector.receiver.signals import LOGS, METRICS, TRACES, Signal
from otel_agents.collector.store.store import Commit
from tests.collector import otlp

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from otel_agents.collector.handoff import Batch
    from otel_agents.collector.store.duckdb import DuckDBStore

TABLES = ("spans", "traces", "metrics", "logs", "evaluations")
PRIVATE = ("span_data", "spans_and_parts", "trace_ranges", "point_data", "log_data", "evaluation_data")
EVALUATION = otlp.evaluation("ab" * 8, name="tone")


def batch(signal: Signal, request: Message, owner: str | None) -> Batch:
    return replace(signal.decode_protobuf(request.SerializeToString()).batch, owner=owner)


def spans(owner: str | None, *sent: Any) -> Batch:
    return batch(TRACES, otlp.request(*sent), owner)


def all_signals(owner: str | None, name: str) -> list[Batch]:
    """A span, a metric, a log record and an evaluation, of the same ids whoever sends them."""
    return [
        spans(owner, otlp.span(span_id="ab" * 8, name=name)),
        batch(METRICS, otlp.metrics(otlp.gauge(name)), owner),
        batch(LOGS, otlp.logs(LogRecord(time_unix_nano=otlp.START_NS, body=otlp.value(name)), EVALUATION), owner),
    ]


def count(store: DuckDBStore, table: str, tenant: str | None) -> int:
    with store.read(tenant) as cursor:
        return cursor.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]


@pytest.mark.parametrize("table", TABLES + PRIVATE)
def test_each_sees_its_own_rows_and_who_is_of_no_tenant_sees_all(store: DuckDBStore, table: str):
    for owner in ("acme", "umbrella", None):
        store.write(all_signals(owner, "work"))

    each = {"logs": 2, "log_data": 2}.get(table, 1)  # an evaluation is a log record too
    every = 1 if table == "traces" else 3 * each  # it is one trace, of which each sees a part
    seen = [count(store, table, who) for who in ("acme", "umbrella", "nobody", None)]
    assert seen == [each, each, 0, every]


def test_every_table_of_the_database_is_hidden_behind_a_part_of_it(store: DuckDBStore):
    views = "SELECT view_name FROM duckdb_views() WHERE NOT internal"
    with store.read() as cursor:
        everything = cursor.execute(f"SELECT table_name FROM duckdb_tables() UNION {views}").fetchall()
    with store.read("acme") as cursor:
        own = cursor.execute(f"{views} AND temporary").fetchall()

    assert sorted(own) == sorted(everything)


def test_the_key_says_whose_a_record_is_and_not_its_attributes(store: DuckDBStore):
    lie = {"tenant.id": "acme"}
    store.write(
        [spans("umbrella", otlp.span(lie)), batch(METRICS, otlp.metrics(otlp.gauge(attributes=lie)), "umbrella")]
    )

    assert [count(store, table, "acme") for table in TABLES] == [0] * len(TABLES)
    assert [count(store, table, "umbrella") for table in TABLES] == [1, 1, 1, 0, 0]


def test_without_a_tenant_of_the_key_the_attribute_says_it(store: DuckDBStore):
    told = {"tenant.id": "acme"}
    record = LogRecord(time_unix_nano=otlp.START_NS, body=otlp.value("done"), attributes=otlp.pairs(told))
    store.write(
        [
            spans(None, otlp.span(told), otlp.span()),
            batch(METRICS, otlp.metrics(otlp.gauge(attributes=told)), None),
            batch(LOGS, otlp.logs(record), None),
        ]
    )

    assert [count(store, table, "acme") for table in TABLES] == [1, 1, 1, 1, 0]


def test_nobody_keeps_the_records_of_another_out_by_sending_their_ids_first(store: DuckDBStore):
    for owner in ("umbrella", "acme", None, "acme"):  # the last is a repetition
        store.write(all_signals(owner, "work"))

    assert [count(store, table, "acme") for table in ("spans", "metrics", "logs", "evaluations")] == [1, 1, 2, 1]
    assert count(store, "spans", None) == 3


def test_what_is_sent_twice_in_one_group_is_told_apart_by_its_owner_too(store: DuckDBStore):
    span = otlp.span(name="work")
    commit = store.write([spans("acme", span, span), spans("umbrella", span), spans("acme", span), spans(None, span)])

    assert commit.spans == 3


def test_a_commit_tells_what_of_it_is_whose(store: DuckDBStore):
    other = "0f" * 16
    commit = store.write([spans("acme", otlp.span(), otlp.span(trace_id=other)), spans("umbrella", otlp.span())])

    assert commit.tenants["umbrella"] == Commit(1, (otlp.TRACE_ID,))
    assert (commit.tenants["acme"].spans, sorted(commit.tenants["acme"].traces)) == (2, [otlp.TRACE_ID, other])
    assert commit.spans == 3


def test_a_name_is_a_text_and_no_sql(store: DuckDBStore):
    name = "it's' OR true --"
    store.write([spans("acme", otlp.span()), spans(name, otlp.span())])

    assert (count(store, "spans", name), count(store, "spans", None)) == (1, 2)


def test_it_stays_so_after_an_error_and_for_the_next_who_asks(store: DuckDBStore):
    store.write([spans("acme", otlp.span()), spans("umbrella", otlp.span())])
    for _ in range(3):
        with store.read("acme") as cursor:
            with pytest.raises(duckdb.Error):
                cursor.execute("SELECT nothing FROM spans")
            cursor.execute("ROLLBACK")
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            assert cursor.execute("SELECT count(*) FROM spans").fetchall() == [(1,)]
        assert count(store, "spans", "acme") == 1


def test_nothing_can_be_written_there(store: DuckDBStore):
    with store.read("acme") as cursor, pytest.raises(duckdb.Error, match="Can only delete from base table"):
        cursor.execute("DELETE FROM span_data")
