"""``/api/v1/queries``: queries saved under a name, of the tenant of who asks, or of those who are of none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from otel_agents.collector.access.principal import CURRENT
from otel_agents.collector.api.errors import bad_request
from otel_agents.collector.api.work import now, read_json
from otel_agents.collector.query.syntax import MAX_CHARACTERS
from otel_agents.errors import QueryError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from otel_agents.collector.state.database import Database
    from otel_agents.collector.state.saved_queries import SavedQuery

MAX_NAME: Final = 100  # characters
MAX_QUERIES: Final = 1_000  # of one owner
_PATH: Final = "/api/v1/queries"


def saved_query_routes(database: Database) -> list[Route]:
    """Make the routes: GET all or one; PUT ``{"sql", "about"}``; PATCH ``{"name"}``; DELETE."""

    def read() -> list[SavedQuery]:
        if not database.exists:
            return []
        from otel_agents.collector.state import saved_queries

        with database.read() as connection:
            return saved_queries.read_all(connection, CURRENT.get().tenant)

    def write(name: str, sql: str, about: str) -> bool:
        from otel_agents.collector.state import saved_queries

        who = CURRENT.get()
        with database.write() as connection:
            there = saved_queries.read_all(connection, who.tenant)
            if len(there) >= MAX_QUERIES and name not in [query.name for query in there]:
                raise bad_request(f"{MAX_QUERIES:,} queries are saved, and more cannot be", hint="delete some")
            kept = saved_queries.SavedQuery(name, sql, about, now(), who.name)
            return saved_queries.keep(connection, who.tenant, kept)

    def rename(name: str, to: str) -> bool:
        from otel_agents.collector.state import saved_queries

        tenant = CURRENT.get().tenant
        with database.write() as connection:
            if to != name and to in [query.name for query in saved_queries.read_all(connection, tenant)]:
                raise bad_request(f"there is a query {to!r} already")
            return saved_queries.rename(connection, tenant, name, to)

    def remove(name: str) -> bool:
        from otel_agents.collector.state import saved_queries

        with database.write() as connection:
            return saved_queries.remove(connection, CURRENT.get().tenant, name)

    async def all_(_request: Request) -> Response:
        return JSONResponse({"queries": [_told(query) for query in await run_in_threadpool(read)]})

    async def one(request: Request) -> Response:
        name = request.path_params["name"]
        for query in await run_in_threadpool(read):
            if query.name == name:
                return JSONResponse(_told(query))
        raise _missing(name)

    async def put(request: Request) -> Response:
        name, body = _name(request.path_params["name"]), await read_json(request)
        sql, about = body.get("sql"), body.get("about", "")
        if not isinstance(sql, str) or not sql.strip() or not isinstance(about, str):
            raise bad_request('the body must be {"sql": "SELECT …", "about": "what it answers"}')
        if len(sql) > MAX_CHARACTERS or len(about) > MAX_CHARACTERS or not _is_text(sql + about):
            raise bad_request(f"a query is text of at most {MAX_CHARACTERS:,} characters")
        made = await run_in_threadpool(write, name, sql, about)
        return JSONResponse({"name": name}, 201 if made else 200, {"Location": f"{_PATH}/{quote(name, safe='')}"})

    async def patch(request: Request) -> Response:
        name, to = request.path_params["name"], (await read_json(request)).get("name")
        if not isinstance(to, str):
            raise bad_request('the body must be {"name": "another"}')
        if not database.exists or not await run_in_threadpool(rename, name, _name(to)):
            raise _missing(name)
        return JSONResponse({"name": to.strip()})

    async def delete(request: Request) -> Response:
        name = request.path_params["name"]
        if not database.exists or not await run_in_threadpool(remove, name):
            raise _missing(name)
        return JSONResponse({"deleted": name})

    return [
        Route(_PATH, all_),
        Route(_PATH + "/{name:path}", one),
        Route(_PATH + "/{name:path}", put, methods=["PUT"]),
        Route(_PATH + "/{name:path}", patch, methods=["PATCH"]),
        Route(_PATH + "/{name:path}", delete, methods=["DELETE"]),
    ]


def _told(query: SavedQuery) -> dict[str, Any]:
    changed = query.changed.isoformat(timespec="seconds") + "Z"
    return {
        "name": query.name,
        "sql": query.sql,
        "about": query.about,
        "changed": changed,
        "changed_by": query.changed_by,
    }


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise bad_request(f"a query's name is 1 to {MAX_NAME} characters that can be printed")
    return name


def _is_text(text: str) -> bool:
    return "\x00" not in text and not any(0xD800 <= ord(character) < 0xE000 for character in text)


def _missing(name: str) -> QueryError:
    return QueryError(f"there is no saved query {name!r}", kind="not_found", hint="`otel-agents sql --list` names them")
