"""``GET /api/v1/schema``: the tables a query can read, with what each column means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from otel_agents.collector.api.work import Workers
    from otel_agents.collector.store.store import Store

DOCS: dict[str, dict[str, str]] = {
    "spans": {
        "trace_id": "lower-case hex",
        "span_id": "lower-case hex",
        "parent_span_id": "NULL for a root",
        "name": "",
        "kind": "internal, client, server, producer, consumer",
        "scope_name": "the instrumentation that made the span",
        "service_name": "",
        "type": "agent, model, tool, workflow, message, other",
        "start_time": "UTC",
        "end_time": "UTC; NULL while the span is open",
        "duration_ms": "milliseconds",
        "status": "unset, ok, error",
        "status_message": "",
        "error_type": "the exception's class, or a provider's code",
        "agent": "the agent's name, in whichever dialect it was written",
        "model": "",
        "provider": "",
        "tool": "",
        "operation": "chat, invoke_agent, execute_tool, …",
        "session_id": "",
        "user_id": "",
        "tenant": "of the key it was sent with, or else as its attributes say",
        "input_tokens": "all of them, cached ones included",
        "output_tokens": "all of them, reasoning included",
        "cache_read_tokens": "a part of input_tokens",
        "cache_write_tokens": "a part of input_tokens",
        "reasoning_tokens": "a part of output_tokens",
        "cost": "US dollars; NULL when unknown",
        "cost_source": "reported, table:VERSION, override, unknown",
        "ttft_ms": "milliseconds to the first token of a stream",
        "attributes": "everything, keys as sent: attributes->>'key'",
        "resource": "what the program said of itself",
        "events": "list of {name, time, attributes}; NULL for none",
        "links": "list of {trace_id, span_id, attributes}; NULL for none",
    },
    "traces": {
        "trace_id": "lower-case hex",
        "start_time": "UTC",
        "end_time": "UTC",
        "duration_ms": "milliseconds, from the first start to the last end",
        "root_name": "",
        "service_name": "",
        "agent": "the root's, or the first",
        "agents": "all of them, as a list",
        "spans": "how many",
        "errors": "how many spans failed",
        "status": "error when the root failed, else ok",
        "model_calls": "how many",
        "tool_calls": "how many",
        "input_tokens": "of the model calls",
        "output_tokens": "of the model calls",
        "cost": "US dollars of the model calls; NULL when unknown",
    },
    "evaluations": {
        "time": "UTC",
        "trace_id": "of the span that was judged",
        "span_id": "of the span that was judged; NULL when the whole trace was, or only the answer is known",
        "response_id": "of the answer that was judged, as gen_ai.response.id",
        "name": "what was judged: relevance, toxicity, …",
        "score": "",
        "label": "the score in a word: pass, fail, …",
        "explanation": "",
        "service_name": "",
        "attributes": "everything, keys as sent",
        "tenant": "as of spans",
    },
    "metrics": {
        "time": "UTC",
        "name": "",
        "kind": "gauge, sum, histogram, exponential_histogram, summary",
        "value": "of a gauge or a sum",
        "unit": "",
        "description": "",
        "service_name": "",
        "scope_name": "the instrumentation that made the metric",
        "start_time": "UTC; since when is counted",
        "temporality": "cumulative: since the start; delta: since the point before",
        "monotonic": "whether a sum only grows",
        "count": "how many values a histogram or a summary has",
        "sum": "of those values",
        "min": "",
        "max": "",
        "bounds": "upper bounds of a histogram's buckets; the last bucket has none",
        "bucket_counts": "how many values are in each bucket: one more than there are bounds",
        "quantiles": "of a summary",
        "exemplars": "list of {time, value, trace_id, span_id, attributes}; NULL for none",
        "attributes": "what the data point is of: attributes->>'key'",
        "resource": "what the program said of itself",
        "tenant": "as of spans",
    },
    "logs": {
        "time": "UTC",
        "observed_time": "UTC; when it was seen by whoever sent it",
        "severity": "TRACE, DEBUG, INFO, WARN, ERROR, FATAL; the program's own word where it has no number",
        "severity_number": "1 to 24, as OpenTelemetry counts",
        "severity_text": "the program's own word",
        "event_name": "NULL for a log record that is no event",
        "body": "the text; anything else as JSON",
        "trace_id": "of the span it was written in; NULL for none",
        "span_id": "of the span it was written in; NULL for none",
        "service_name": "",
        "scope_name": "the logger",
        "attributes": "everything, keys as sent: attributes->>'key'",
        "resource": "what the program said of itself",
        "tenant": "as of spans",
    },
    "records": {
        "trace_id": "lower-case hex",
        "span_id": "NULL for a log record",
        "parent_span_id": "NULL for a root; of a log record, the span it was written in",
        "start_timestamp": "UTC",
        "end_timestamp": "UTC",
        "duration": "seconds; NULL for a log record",
        "kind": "span, log",
        "span_name": "",
        "message": "the attribute logfire.msg, or else the name; the body of a log record",
        "level": "1 to 24; compares with names too: level >= 'warn'",
        "tags": "the attribute logfire.tags",
        "is_exception": "whether the span has an event that is an exception",
        "exception_type": "of the first such event",
        "exception_message": "of the first such event",
        "exception_stacktrace": "of the first such event",
        "otel_status_code": "UNSET, OK, ERROR",
        "otel_status_message": "",
        "otel_scope_name": "the instrumentation",
        "otel_scope_version": "",
        "attributes": "everything, keys as sent: attributes->>'key'",
        "otel_events": "list of {name, time, attributes}; NULL for none",
        "otel_links": "list of {trace_id, span_id, attributes}; NULL for none",
        "otel_resource_attributes": "what the program said of itself",
        "service_name": "",
        "service_version": "",
        "service_instance_id": "",
        "service_namespace": "",
        "deployment_environment": "",
        "process_pid": "",
        "telemetry_sdk_name": "",
        "telemetry_sdk_language": "",
        "telemetry_sdk_version": "",
        "http_method": "",
        "http_route": "",
        "http_response_status_code": "",
        "url_full": "",
        "url_path": "",
        "url_query": "",
        "log_body": "of a log record",
    },
}


def read_schema(store: Store) -> dict[str, Any]:
    """Return the tables with their columns, as the store has them, in the shape of ``GET /api/v1/schema``."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns()"
            " WHERE database_name = current_database() AND schema_name = 'main' ORDER BY table_name, column_index"
        ).fetchall()
    tables: dict[str, list[dict[str, str]]] = {name: [] for name in DOCS}
    for table, column, kind in rows:
        if table in tables:
            tables[table].append({"name": column, "type": kind, "doc": DOCS[table].get(column, "")})
    return {"tables": [{"name": name, "columns": columns} for name, columns in tables.items()]}


def schema_routes(store: Store, workers: Workers) -> list[Route]:
    """Make the routes."""

    async def show(_request: Request) -> Response:
        return await workers.answer(read_schema, store)

    return [Route("/api/v1/schema", show)]
