"""What goes wrong, as an answer: one table from the kind of an error to its HTTP status."""

from __future__ import annotations

import json
from math import ceil
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from otel_agents.collector.handoff import OverloadedError, RefusedError
from otel_agents.collector.state.database import StateError
from otel_agents.errors import ConfigurationError, QueryError

if TYPE_CHECKING:
    from starlette.requests import Request

STATUS = {
    "syntax": 400,
    "unknown_name": 400,
    "bad_request": 400,
    "forbidden": 403,
    "not_found": 404,
    "timeout": 422,  # not 408, after which a browser asks again by itself
    "failed": 422,
}
_KIND = {403: "forbidden", 404: "not_found"}


def error_response(status: int, kind: str, message: str, hint: str | None = None) -> Response:
    """Make the answer every error of the API has: ``{"error": {"kind", "message", "hint"}}``."""
    body = {"error": {"kind": kind, "message": message, "hint": hint}}
    return Response(json.dumps(body), status, media_type="application/json")


def bad_request(message: str, hint: str | None = None) -> QueryError:
    """What to raise for a request that is not understood."""
    return QueryError(message, kind="bad_request", hint=hint)


async def _query_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, QueryError)  # noqa: S101 - Starlette looks handlers up by type
    return error_response(STATUS[error.kind], error.kind, str(error), error.hint)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    kind = _KIND.get(error.status_code, "bad_request")
    response = error_response(error.status_code, kind, error.detail)
    response.headers.update(error.headers or {})
    return response


def refused_response(error: RefusedError) -> Response:
    """Answer a request of the API that is not let in."""
    kind = {401: "unauthenticated", 429: "too_many"}.get(error.status, "forbidden")
    response = error_response(error.status, kind, str(error), error.hint)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(ceil(error.retry_after_s))
    return response


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)  # noqa: S101 - as above
    return refused_response(error)


async def _state_error(_request: Request, error: Exception) -> Response:
    response = error_response(503, "failed", str(error))
    response.headers["Retry-After"] = "10"
    return response


async def _wrong_value(_request: Request, error: Exception) -> Response:
    return error_response(400, "bad_request", str(error))


async def _overloaded(_request: Request, error: Exception) -> Response:
    assert isinstance(error, OverloadedError)  # noqa: S101 - as above
    response = error_response(503, "unavailable", str(error), "ask again in a moment")
    response.headers["Retry-After"] = str(ceil(error.retry_after_s))
    return response


async def _unexpected(_request: Request, _error: Exception) -> Response:
    # The server logs it.
    return error_response(500, "failed", "the collector made a mistake; its log says more")


# For the application: what it raises, and how that is answered.
EXCEPTION_HANDLERS: dict[Any, Any] = {
    QueryError: _query_error,
    HTTPException: _http_error,
    RefusedError: _refused,
    StateError: _state_error,
    ConfigurationError: _wrong_value,
    OverloadedError: _overloaded,
    Exception: _unexpected,
}
