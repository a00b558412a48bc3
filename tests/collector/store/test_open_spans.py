"""Spans without an end: what takes their place, in whichever order it comes."""

from __future__ import annotations

from datetime import datetime
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from otel_agents.collector.handoff import OpenBatch, Report
from otel_agents.collector.receiver.decode_spans import decode_spans
from otel_agents.collector.store.duckdb import DuckDBStore
from tests.collector import otlp

if TYPE_CHECKING:
    from pathlib import Path

    from otel_agents.collector.handoff import SpanBatch

SPAN = "00000000000000a1"
CHILD = "00000000000000a2"
DIED = datetime.fromisoformat("2026-09-22T00:00:00")
LATER = datetime.fromisoformat("2027-01-01")


def spans(*sent: Any) -> SpanBatch:
    return decode_spans(otlp.request(*sent).SerializeToString()).batch


def snapshot(attributes: dict[str, Any] | None = None, span_id: str = SPAN, **fields: Any) -> Any:
    return otlp.span(attributes, span_id=span_id, end_time_unix_nano=0, **fields)


def report(number: int, *sent: Any, also: tuple[str, ...] = (), program: str = "{}", **said: Any) -> OpenBatch:
    """A report of the spans in it, and of others that are open as they were."""
    rows = spans(*sent).rows
    ids = [*rows["span_id"].to_pylist(), *map(bytes.fromhex, also)]
    trace_id, owner = bytes.fromhex(otlp.TRACE_ID), said.pop("owner", None)
    given_up = frozenset(trace_id + bytes.fromhex(each) for each in said.pop("given_up", ()))
    seen_us = 1_790_000_000_000_000 + number
    return OpenBatch(
        rows,
        owner,
        report=Report(program, number, seen_us, frozenset(trace_id + each for each in ids), given_up, **said),
    )


def stored(store: DuckDBStore) -> list[tuple[Any, ...]]:
    with store.read() as cursor:
        return cursor.execute(
            "SELECT name, end_time IS NULL, attributes->>'step', attributes->>'otel_agents.span.state' FROM spans"
            " ORDER BY span_id"
        ).fetchall()


OPEN = snapshot({"step": 1})
FIRST = report(1, OPEN)
SECOND = report(2, snapshot({"step": 2}))
END = spans(otlp.span({"step": 3}, span_id=SPAN))
DONE = [("work", False, "3", None)]


def test_a_span_without_an_end_is_open(store: DuckDBStore):
    store.write([spans(OPEN)])
    assert stored(store) == [("work", True, "1", "open")]


@pytest.mark.parametrize("order", list(permutations([FIRST, SECOND, END])))
def test_its_end_replaces_it_whatever_comes_first(store: DuckDBStore, order: tuple[Any, ...]):
    for each in (*order, spans(OPEN)):
        store.write([each])
    assert stored(store) == DONE


def test_its_end_replaces_it_in_one_group(store: DuckDBStore):
    store.write([SECOND, END, FIRST])
    assert stored(store) == DONE


def test_of_two_snapshots_the_newer_stays(store: DuckDBStore):
    store.write([SECOND])
    store.write([FIRST])
    assert stored(store) == [("work", True, "2", "open")]


def test_what_is_no_longer_reported_and_did_not_come_is_gone(store: DuckDBStore):
    store.write([report(1, OPEN, snapshot(span_id=CHILD, name="below"))])
    store.write([report(2, also=(SPAN,))])
    assert stored(store) == [("work", True, "1", "open")]


def test_a_program_that_leaves_abandons_what_is_open(store: DuckDBStore):
    store.write([FIRST, report(2, also=(SPAN,), leaving=True)])
    assert stored(store) == [("work", True, "1", "abandoned")]


def test_one_that_nobody_holds_any_more_is_abandoned(store: DuckDBStore):
    store.write([FIRST])
    store.write([report(2, also=(SPAN,), given_up=(SPAN,))])
    assert stored(store) == [("work", True, "1", "abandoned")]


def test_one_of_a_program_that_died_says_when_it_was_last_seen(store: DuckDBStore):
    store.write([FIRST])
    commit = store.abandon("{}", DIED)
    with store.read() as cursor:
        said = cursor.execute(
            "SELECT attributes->>'otel_agents.span.state', attributes->>'otel_agents.span.last_seen' FROM spans"
        ).fetchall()
    assert said == [("abandoned", "2026-09-22T00:00:00.000000Z")]
    assert commit.traces == (otlp.TRACE_ID,)
    assert (store.open_spans("open"), store.open_spans("abandoned")) == (0, 1)


def test_a_program_that_comes_back_goes_on(store: DuckDBStore):
    store.write([FIRST])
    store.abandon("{}", DIED)
    store.write([report(2, also=(SPAN,))])
    with store.read() as cursor:
        (told,) = cursor.execute("SELECT attributes FROM spans").fetchall()
    assert told == ('{"step":1,"otel_agents.span.state":"open"}',)


def test_another_program_s_are_its_own(store: DuckDBStore):
    store.write([FIRST, report(1, snapshot(span_id=CHILD), program='{"id":2}')])
    store.abandon("{}", DIED)
    assert [state for *_, state in stored(store)] == ["abandoned", "open"]


def test_what_is_open_is_known_after_a_restart(tmp_path: Path):
    store = DuckDBStore(tmp_path / "spans.duckdb")
    store.write([SECOND])
    store.close()
    store = DuckDBStore(tmp_path / "spans.duckdb")
    assert list(store.open_programs()) == ["{}"]
    store.write([FIRST])
    store.write([END])
    assert (stored(store), store.open_programs()) == (DONE, {})
    store.close()


def test_a_trace_that_runs_is_kept_however_old(store: DuckDBStore):
    store.write([FIRST])
    store.remove(LATER)
    assert stored(store) == [("work", True, "1", "open")]
    store.abandon("{}", DIED)
    store.remove(LATER)
    assert (stored(store), store.open_spans("abandoned")) == ([], 0)


def test_one_range_of_a_trace_for_all_its_snapshots(store: DuckDBStore):
    for number in range(1, 5):
        store.write([report(number, snapshot({"step": number}))])
    with store.read() as cursor:
        assert cursor.execute("SELECT count(*) FROM trace_ranges").fetchall() == [(1,)]


def pending(parent: str) -> Any:
    """What Logfire's SDK sends when the span begins."""
    return otlp.span(
        {"logfire.span_type": "pending_span", "logfire.pending_parent_id": parent, "step": 1},
        span_id="00000000000000f9",
        parent_span_id=SPAN,
        end_time_unix_nano=otlp.START_NS,
    )


def test_logfires_pending_span_is_the_span_without_an_end(store: DuckDBStore):
    store.write([spans(pending("0" * 16))])
    with store.read() as cursor:
        rows = cursor.execute("SELECT span_id, parent_span_id, end_time, duration_ms FROM spans").fetchall()
    assert rows == [(SPAN, None, None, None)]
    store.write([END])
    store.write([spans(pending("0" * 16))])
    assert stored(store) == DONE


def test_logfires_pending_span_has_the_parent_of_the_span(store: DuckDBStore):
    store.write([spans(pending(CHILD), otlp.span(span_id=CHILD))])
    with store.read() as cursor:
        rows = cursor.execute("SELECT span_id, parent_span_id FROM spans ORDER BY span_id").fetchall()
    assert rows == [(SPAN, CHILD), (CHILD, None)]


def test_starts_far_apart(store: DuckDBStore):
    hour = 3_600_000_000_000
    late = snapshot(span_id=CHILD, start_time_unix_nano=otlp.START_NS + hour)
    store.write([report(1, OPEN, late)])
    store.write([report(2, OPEN, late)])
    assert [state for *_, state in stored(store)] == ["open", "open"]
    store.write([END, spans(otlp.span(span_id=CHILD, start_time_unix_nano=otlp.START_NS + hour))])
    assert [is_open for _, is_open, *_ in stored(store)] == [False, False]


def test_another_owners_span_of_the_same_ids_is_another(store: DuckDBStore):
    store.write([report(1, OPEN, owner="acme"), report(1, OPEN, owner="globex")])
    store.write([report(2, owner="acme")])
    commit = store.abandon("{}", DIED)
    with store.read("globex") as cursor:
        assert cursor.execute("SELECT attributes->>'otel_agents.span.state' FROM spans").fetchall() == [("abandoned",)]
    with store.read("acme") as cursor:
        assert cursor.execute("SELECT count(*) FROM spans").fetchall() == [(0,)]
    assert list(commit.tenants) == ["globex"]
