"""Reads a program's report of its open spans: the header that says whose it is, and the spans it comes with.

A span that has changed is there as a whole, one that has not with its ids alone; of one that will never end, as nobody
holds it any more, those and an error's status.
"""

from __future__ import annotations

import json
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.handoff import OpenBatch, Report
from otel_agents.collector.receiver.status import UndecodableError
from otel_agents.conventions import REPORT_HEADER

if TYPE_CHECKING:
    from otel_agents.collector.handoff import Batch

MOST_HEADER: Final = 2_048  # characters
_ERROR: Final = 2  # OTLP's number
_NEVER: Final = pa.scalar(0, pa.uint64())


def read_report(header: str | None, batch: Batch) -> OpenBatch:
    """Read a report.

    Args:
        header: its ``otel-agents-report``: ``{"program": {…}, "number": 1, "leaving": false}``.
        batch: the spans of its body.

    Raises:
        UndecodableError: the header is missing, or something else.
    """
    try:
        said: Any = json.loads((header or "")[:MOST_HEADER])
        program, number, leaving = said["program"], said["number"], said.get("leaving", False)
        valid = isinstance(program, dict) and type(number) is int and 0 <= number < 1 << 63 and type(leaving) is bool
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        valid = False
    if not valid:
        raise UndecodableError(f"a report of open spans comes with a header {REPORT_HEADER}, a JSON object")
    if batch.owner is not None:  # a program of that name that another tenant reports is another program
        program = program | {"owner": batch.owner}
    rows = batch.rows
    is_whole = pc.not_equal(rows["start_ns"], _NEVER)
    ids = pc.binary_join_element_wise(rows["trace_id"], rows["span_id"], b"")
    report = Report(
        json.dumps(program, separators=(",", ":"), sort_keys=True),
        number,
        time_ns() // 1000,
        frozenset(ids.to_pylist()),
        frozenset(ids.filter(pc.and_(pc.invert(is_whole), pc.equal(rows["status"], _ERROR))).to_pylist()),
        leaving,
    )
    end = rows.schema.get_field_index("end_ns")
    whole = rows.filter(is_whole)
    whole = whole.set_column(end, "end_ns", pa.repeat(_NEVER, whole.num_rows))
    return OpenBatch(whole, batch.owner, report=report)


def told_whole(batch: OpenBatch) -> frozenset[bytes]:
    """Give the ids of the spans that are there as a whole."""
    ids = pc.binary_join_element_wise(batch.rows["trace_id"], batch.rows["span_id"], b"")
    return frozenset(ids.to_pylist())
