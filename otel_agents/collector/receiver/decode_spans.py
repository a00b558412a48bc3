"""Turns the bytes of an OTLP trace request into a batch of spans, and says which spans were refused."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.handoff import SPANS, SpanBatch
from otel_agents.collector.receiver import values
from otel_agents.collector.receiver.decode import (
    EMPTY,
    ZERO,
    ZEROS,
    Decoded,
    Faults,
    attributes,
    columns,
    is_id,
    read_lists,
    read_shared,
    text,
)
from otel_agents.collector.receiver.status import UndecodableError
from otel_agents.collector.receiver.wire import read_traces

BAD_TRACE_ID = "a trace_id that is not 16 bytes (in JSON 32 hexadecimal digits), or zero"
BAD_SPAN_ID = "a span_id that is not 8 bytes (in JSON 16 hexadecimal digits), or zero"
BAD_PARENT_ID = "a parent_span_id that is not 8 bytes"

_PARENT_LENGTHS = pa.array([0, 8], pa.int32())


def decode_spans(body: bytes) -> Decoded:
    """Decode an ExportTraceServiceRequest in protobuf.

    Raises:
        UndecodableError: the bytes are not such a request.
    """
    try:
        resource_spans = read_traces(body)
    except ValueError as error:
        raise UndecodableError(str(error)) from None
    scope_spans = resource_spans.field("scope_spans").flatten()
    spans = scope_spans.field("spans").flatten()
    scope_of = pc.list_parent_indices(scope_spans.field("spans"))
    resource_of_scope = pc.list_parent_indices(resource_spans.field("scope_spans"))
    resource_of = resource_of_scope.take(scope_of)

    faults = Faults()
    sent_id = spans.field("parent_span_id")
    parent_id = pc.if_else(pc.equal(sent_id, ZEROS[8]), EMPTY, sent_id)
    faults.refuse_unless(is_id(spans.field("trace_id"), 16), BAD_TRACE_ID)
    faults.refuse_unless(is_id(spans.field("span_id"), 8), BAD_SPAN_ID)
    faults.refuse_unless(pc.is_in(pc.binary_length(parent_id), _PARENT_LENGTHS), BAD_PARENT_ID)
    own_attributes = attributes(spans.field("attributes"), faults)
    events, exceptions = read_lists(values.events, spans.field("events"), 2, faults)
    (links,) = read_lists(values.links, spans.field("links"), 1, faults)
    resources, services = columns(
        read_shared(values.resource, [resource_spans.field("resource")], resource_of, faults), 2
    )
    schemas = [scope_spans.field("schema_url"), resource_spans.field("schema_url").take(resource_of_scope)]
    scoped = [scope_spans.field("scope"), *schemas]
    scopes, scope_rests = columns(read_shared(values.scope, scoped, scope_of, faults), 2)
    rows = pa.RecordBatch.from_arrays(
        [
            spans.field("trace_id"),
            spans.field("span_id"),
            parent_id,
            text(spans.field("name")),
            spans.field("kind"),
            spans.field("start_ns"),
            spans.field("end_ns"),
            pc.coalesce(spans.field("status").field("code"), ZERO),
            text(pc.coalesce(spans.field("status").field("message"), EMPTY)),
            scopes.take(scope_of),
            services.take(resource_of),
            exceptions,
            resources.take(resource_of),
            events,
            links,
            own_attributes,
            scope_rests.take(scope_of),
            text(spans.field("trace_state")),
            spans.field("flags"),
            spans.field("dropped_attributes"),
            spans.field("dropped_events"),
            spans.field("dropped_links"),
        ],
        schema=SPANS,
    )
    return Decoded(SpanBatch(faults.sort_out(rows)), Counter(faults.values()))
