"""``POST /api/v1/sql``: runs a query a user wrote."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from otel_agents.collector.access.principal import CURRENT
from otel_agents.collector.api.errors import bad_request
from otel_agents.collector.api.work import Workers, read_json
from otel_agents.collector.query.sql import run_user_sql
from otel_agents.errors import QueryError

if TYPE_CHECKING:
    import threading

    from starlette.requests import Request
    from starlette.responses import Response

    from otel_agents.collector.access.audit import AuditLog
    from otel_agents.collector.store.store import Store


def sql_routes(store: Store, audit: AuditLog, memory: int) -> list[Route]:
    """Make the routes; what they take and answer is in the API's reference.

    Args:
        store: what is read.
        audit: is told of each query.
        memory: the most bytes a query may take.
    """
    workers = Workers(2)

    async def run(request: Request) -> Response:
        sql = (await read_json(request)).get("sql")
        if not isinstance(sql, str):
            raise bad_request('the body must be {"sql": "SELECT …"}')

        def question(left: threading.Event) -> dict[str, Any]:
            result = run_user_sql(store, sql, memory=memory, left=left)
            return {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}

        try:
            response = await workers.answer_while_wanted(request, question)
        except QueryError as error:
            outcome = "refused" if error.kind == "forbidden" else "failed"
            audit.note(CURRENT.get(), "sql", sql, outcome, str(error))
            raise
        audit.note(CURRENT.get(), "sql", sql)
        return response

    return [Route("/api/v1/sql", run, methods=["POST"])]
