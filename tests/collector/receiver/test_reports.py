"""Reports of open spans, as bytes: what the collector makes of them and answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector import otlp

if TYPE_CHECKING:
    from tests.conftest import RunningCollector


def report(collector: RunningCollector, program: str, number: int, *spans: Span, **said: Any) -> tuple[int, str]:
    """Send one; say how many spans are asked for as a whole, and why."""
    header = json.dumps({"program": {"id": program}, "number": number, **said})
    body = (otlp.request(*spans) if spans else ExportTraceServiceRequest()).SerializeToString()
    headers = {"Content-Type": "application/x-protobuf", "otel-agents-report": header}
    with urlopen(Request(f"{collector.url}/v1/open_spans", body, headers), timeout=60) as answer:
        told = ExportTraceServiceResponse.FromString(answer.read()).partial_success
    return told.rejected_spans, told.error_message


def opened(name: str, span_id: str, **fields: Any) -> Span:
    return otlp.span(name=name, span_id=span_id, end_time_unix_nano=0, **fields)


def stub(span_id: str) -> Span:
    return Span(trace_id=bytes.fromhex(otlp.TRACE_ID), span_id=bytes.fromhex(span_id))


def names(collector: RunningCollector, prefix: str) -> list[str]:
    asked = f"SELECT name FROM spans WHERE end_time IS NULL AND starts_with(name, '{prefix}') ORDER BY name"
    return [row["name"] for row in collector.sql(asked)]


def test_an_empty_report_says_whose_collector_it_is(receiving: RunningCollector):
    assert report(receiving, "asks", 1) == (0, "otel-agents")


def test_a_span_told_by_its_ids_alone_is_as_it_was_told_before(receiving: RunningCollector):
    one, two = opened("known one", "c1" * 8), opened("known two", "c2" * 8)
    assert report(receiving, "known", 1, one, two) == (0, "otel-agents")
    assert report(receiving, "known", 2, stub("c1" * 8), stub("c2" * 8)) == (0, "otel-agents")
    assert names(receiving, "known") == ["known one", "known two"]
    assert report(receiving, "known", 3, stub("c2" * 8)) == (0, "otel-agents")
    assert names(receiving, "known") == ["known two"]


def test_what_was_never_told_is_asked_for(receiving: RunningCollector):
    assert report(receiving, "unknown", 1, stub("d1" * 8)) == (1, "1 not known here")


def test_a_program_that_leaves_takes_nothing_along(receiving: RunningCollector):
    report(receiving, "leaves", 1, opened("left", "e1" * 8))
    report(receiving, "leaves", 2, stub("e1" * 8), leaving=True)
    asked = "SELECT attributes->>'otel_agents.span.state' AS state FROM spans WHERE name = 'left'"
    assert receiving.sql(asked) == [{"state": "abandoned"}]


@pytest.mark.parametrize("header", [None, "", "{", "[]", '{"program": {}}', '{"program": 1, "number": 1}'])
def test_without_a_header_that_says_whose_it_is_it_is_refused(receiving: RunningCollector, header: str | None):
    headers = {"Content-Type": "application/json", **({} if header is None else {"otel-agents-report": header})}
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{receiving.url}/v1/open_spans", b"{}", headers), timeout=60)
    with refused.value as answer:
        assert answer.code == 400


def test_snapshots_have_a_signal_of_their_own_in_the_counts(receiving: RunningCollector):
    def counts() -> dict[str, int]:
        with urlopen(f"{receiving.url}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        prefix = "otel_agents_collector_records_"
        read = (line.removeprefix(prefix).split() for line in lines if line.startswith(prefix) and "open_spans" in line)
        return {name.partition("_total")[0]: int(number) for name, number in read}

    before = counts()
    report(receiving, "counted", 1, opened("counted", "f1" * 8), opened("counted", "f2" * 8))
    after = counts()
    assert {name: after[name] - before.get(name, 0) for name in ("received", "stored")} == {"received": 2, "stored": 2}
