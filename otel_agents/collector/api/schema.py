"""``GET /api/v1/schema``: the tables a query can read, with what each column means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from otel_agents.collector.query.check import TABLES

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
        "tenant": "",
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
}


def read_schema(store: Store) -> dict[str, Any]:
    """Return the tables with their columns, as the store has them, in the shape of ``GET /api/v1/schema``."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main'"
            " ORDER BY table_name, column_index"
        ).fetchall()
    tables: dict[str, list[dict[str, str]]] = {name: [] for name in sorted(TABLES)}
    for table, column, kind in rows:
        if table in tables:
            tables[table].append({"name": column, "type": kind, "doc": DOCS[table].get(column, "")})
    return {"tables": [{"name": name, "columns": columns} for name, columns in tables.items()]}


def schema_routes(store: Store, workers: Workers) -> list[Route]:
    """Make the routes."""

    async def show(_request: Request) -> Response:
        return await workers.answer(read_schema, store)

    return [Route("/api/v1/schema", show)]
