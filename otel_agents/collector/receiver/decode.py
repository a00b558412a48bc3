"""Turns the bytes of an OTLP trace request into a batch of spans, and says which spans were refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.handoff import ATTRIBUTE, SPANS, SpanBatch
from otel_agents.collector.receiver import values
from otel_agents.collector.receiver.status import UndecodableError
from otel_agents.collector.receiver.wire import read_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BAD_TRACE_ID = "a trace_id that is not 16 bytes, or zero"
BAD_SPAN_ID = "a span_id that is not 8 bytes, or zero"
BAD_PARENT_ID = "a parent_span_id that is not 8 bytes"
BAD_VALUE = "a value that cannot be read: not protobuf, not UTF-8 or nested too deep"

T = TypeVar("T")
R = TypeVar("R")
Faults = dict[int, str]  # row of a span -> why it is refused


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a request holds: the spans to store, and how many were refused for which reason."""

    batch: SpanBatch
    refused: Counter[str]

    @property
    def message(self) -> str:
        """What to tell the sender about refused spans; "" when there are none."""
        return "; ".join(f"{count} refused with {reason}" for reason, count in self.refused.most_common())


def decode_protobuf(body: bytes) -> Decoded:
    """Decode an ExportTraceServiceRequest in protobuf.

    Raises:
        UndecodableError: the bytes are not such a request.
    """
    try:
        resource_spans = read_request(body)
    except ValueError as error:
        raise UndecodableError(str(error)) from None
    scope_spans = resource_spans.field("scope_spans").flatten()
    spans = scope_spans.field("spans").flatten()
    scope_of = pc.list_parent_indices(scope_spans.field("spans"))
    resource_of = pc.list_parent_indices(resource_spans.field("scope_spans")).take(scope_of)

    faults: Faults = {}
    parent_id = pc.if_else(pc.equal(spans.field("parent_span_id"), bytes(8)), b"", spans.field("parent_span_id"))
    _refuse(faults, _is_id(spans.field("trace_id"), 16), BAD_TRACE_ID)
    _refuse(faults, _is_id(spans.field("span_id"), 8), BAD_SPAN_ID)
    _refuse(faults, pc.is_in(pc.binary_length(parent_id), pa.array([0, 8], pa.int32())), BAD_PARENT_ID)
    attributes = _attributes(spans.field("attributes"), faults)
    events, exceptions = _columns(_read_lists(values.events, spans.field("events"), faults), 2)
    (links,) = _columns(_read_lists(values.links, spans.field("links"), faults), 1)
    resources, services = _columns(
        _read_shared(values.resource, resource_spans.field("resource"), resource_of, faults), 2
    )
    (scopes,) = _columns(_read_shared(values.scope, scope_spans.field("scope"), scope_of, faults), 1)
    rows = pa.RecordBatch.from_arrays(
        [
            spans.field("trace_id"),
            spans.field("span_id"),
            parent_id,
            _text(spans.field("name")),
            spans.field("kind"),
            spans.field("start_ns"),
            spans.field("end_ns"),
            pc.fill_null(spans.field("status").field("code"), 0),
            _text(pc.fill_null(spans.field("status").field("message"), b"")),
            scopes.take(scope_of),
            services.take(resource_of),
            exceptions,
            resources.take(resource_of),
            events,
            links,
            attributes,
        ],
        schema=SPANS,
    )
    if faults:
        rows = rows.take(pa.array([row for row in range(rows.num_rows) if row not in faults], pa.int64()))
    return Decoded(SpanBatch(rows), Counter(faults.values()))


def _is_id(ids: pa.Array, length: int) -> pa.Array:
    return pc.and_(pc.equal(pc.binary_length(ids), length), pc.not_equal(ids, bytes(length)))


def _refuse(faults: Faults, good: pa.Array, reason: str) -> None:
    for row in pc.indices_nonzero(pc.invert(good)).to_pylist():
        faults.setdefault(row, reason)


def _text(raw: pa.Array) -> pa.Array:
    try:
        return raw.cast(pa.string())
    except pa.ArrowInvalid:  # not UTF-8: what is wrong is shown as U+FFFD, and the rest can be read
        return pa.array([None if b is None else b.decode(errors="replace") for b in raw.to_pylist()], pa.string())


def _attributes(lists: pa.ListArray, faults: Faults) -> pa.ListArray:
    pairs = lists.flatten()
    value = pairs.field("value")
    text, flag = _text(value.field("text")), value.field("flag")
    integer, number = value.field("integer"), value.field("number")
    scalar = pc.or_(pc.or_(text.is_valid(), flag.is_valid()), pc.or_(integer.is_valid(), number.is_valid()))
    json = pc.if_else(scalar, None, "null")
    for name, read in (("list", values.list_json), ("map", values.map_json), ("bytes", values.bytes_json)):
        encoded = value.field(name).dictionary_encode()  # short lists repeat all the time: finish reasons, tags
        if len(encoded.dictionary):
            written = pa.array([_try(read, item) for item in encoded.dictionary.to_pylist()], pa.string())
            found = written.take(encoded.indices)
            unread = pc.and_(encoded.is_valid(), found.is_null())
            for row in pc.list_parent_indices(lists).filter(unread).to_pylist():
                faults.setdefault(row, BAD_VALUE)
            json = pc.coalesce(found, json)
    struct = pa.StructArray.from_arrays(
        [_text(pairs.field("key")), text, flag, integer, number, json], fields=list(ATTRIBUTE)
    )
    return pa.ListArray.from_arrays(lists.offsets, struct)


def _try(read: Callable[[bytes], str], encoded: bytes) -> str | None:
    try:
        return read(encoded)
    except values.UnreadableValueError:
        return None


def _read_lists(read: Callable[[list[bytes]], R], lists: pa.ListArray, faults: Faults) -> list[R]:
    """Read one list of messages a span; most spans have none."""
    empty = read([])
    written = [empty] * len(lists)
    for row in pc.indices_nonzero(lists.value_lengths()).to_pylist():
        try:
            written[row] = read(lists[row].as_py())
        except values.UnreadableValueError:
            faults.setdefault(row, BAD_VALUE)
    return written


def _read_shared(read: Callable[[bytes], R], encoded: pa.Array, owner: pa.Array, faults: Faults) -> list[R]:
    """Read messages that many spans share; ``owner`` tells which one a span belongs to."""
    written = []
    for index, message in enumerate(encoded.to_pylist()):
        try:
            written.append(read(message or b""))
        except values.UnreadableValueError:
            written.append(read(b""))
            _refuse(faults, pc.not_equal(owner, index), BAD_VALUE)
    return written


def _columns(rows: Iterable[tuple[str | None, ...]], width: int) -> list[pa.Array]:
    rows = list(rows)
    return [pa.array([row[i] for row in rows], pa.string()) for i in range(width)]
