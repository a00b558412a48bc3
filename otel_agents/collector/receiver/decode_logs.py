"""Turns the bytes of an OTLP logs request into a batch of log records, and says which were refused."""

from __future__ import annotations

import time
from collections import Counter
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.handoff import LOGS, LogBatch
from otel_agents.collector.receiver import values
from otel_agents.collector.receiver.decode import (
    Decoded,
    Faults,
    attributes,
    columns,
    is_id,
    plain_values,
    read_shared,
    text,
)
from otel_agents.collector.receiver.status import UndecodableError
from otel_agents.collector.receiver.wire import read_logs

_NOT_TOLD: Final = pa.scalar(0, pa.uint64())  # a plain 0 is signed, and a time need not fit into that


def decode_logs(body: bytes) -> Decoded:
    """Decode an ExportLogsServiceRequest in protobuf.

    A record that does not say when it was observed was observed now. One with an id that is none belongs to no span,
    and is stored (OTLP, logs.proto).

    Raises:
        UndecodableError: the bytes are not such a request.
    """
    try:
        resource_logs = read_logs(body)
    except ValueError as error:
        raise UndecodableError(str(error)) from None
    scope_logs = resource_logs.field("scope_logs").flatten()
    logs = scope_logs.field("log_records").flatten()
    scope_of = pc.list_parent_indices(scope_logs.field("log_records"))
    resource_of_scope = pc.list_parent_indices(resource_logs.field("scope_logs"))
    resource_of = resource_of_scope.take(scope_of)

    faults = Faults()
    own_attributes = attributes(logs.field("attributes"), faults)
    bodies = plain_values(logs.field("body"), faults)
    resources, services = columns(
        read_shared(values.resource, [resource_logs.field("resource")], resource_of, faults), 2
    )
    schemas = [scope_logs.field("schema_url"), resource_logs.field("schema_url").take(resource_of_scope)]
    scoped = [scope_logs.field("scope"), *schemas]
    scopes, scope_rests = columns(read_shared(values.scope, scoped, scope_of, faults), 2)
    in_trace = is_id(logs.field("trace_id"), 16)
    in_span = pc.and_(in_trace, is_id(logs.field("span_id"), 8))
    observed = logs.field("observed_ns")
    now = pa.scalar(time.time_ns(), pa.uint64())
    rows = pa.RecordBatch.from_arrays(
        [
            logs.field("time_ns"),
            pc.if_else(pc.equal(observed, _NOT_TOLD), now, observed),
            logs.field("severity_number"),
            text(logs.field("severity_text")),
            text(logs.field("event_name")),
            bodies,
            pc.if_else(in_trace, logs.field("trace_id"), b""),
            pc.if_else(in_span, logs.field("span_id"), b""),
            logs.field("flags"),
            logs.field("dropped_attributes"),
            scopes.take(scope_of),
            scope_rests.take(scope_of),
            services.take(resource_of),
            resources.take(resource_of),
            own_attributes,
        ],
        schema=LOGS,
    )
    return Decoded(LogBatch(faults.sort_out(rows)), Counter(faults.values()))
