"""OTLP over HTTP: ``POST /v1/traces``, ``/v1/metrics`` and ``/v1/logs`` in protobuf or JSON, plain or gzip."""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter
from typing import TYPE_CHECKING, Final

from google.protobuf import json_format
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from otel_agents.collector.handoff import OverloadedError, RefusedError
from otel_agents.collector.receiver.signals import SIGNALS, Signal
from otel_agents.collector.receiver.status import UnknownEncodingError, UnknownPathError, WrongMethodError, answer
from otel_agents.conventions import REPORT_HEADER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from google.protobuf.message import Message

    from otel_agents.collector.receiver.receiver import Receiver

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
PATHS: Final = "/v1/"  # what all paths of OTLP begin with
SENDER: Final = "otel_agents.sender"  # in the scope of a request: its ``Sender``
_CODINGS: Final = {"": False, "identity": False, "gzip": True, "x-gzip": True}  # whether it is to be unpacked

_log = logging.getLogger(__name__)


def otlp_http(receiver: Receiver) -> list[BaseRoute]:
    """Make the routes of OTLP/HTTP."""

    def receive(signal: Signal) -> Callable[[Request], Awaitable[Message]]:
        decoders = {PROTOBUF: signal.decode_protobuf, JSON: signal.decode_json}

        async def export(request: Request) -> Message:
            decode = decoders.get(_media_type(request.headers.get("content-type", "")))
            if decode is None:
                raise UnknownEncodingError(f"the content type must be {PROTOBUF} or {JSON}")
            coding = request.headers.get("content-encoding", "").strip().lower()
            if coding not in _CODINGS:
                raise UnknownEncodingError("the content encoding must be gzip, or none")
            agent = request.headers.get("user-agent", "")
            with receiver.new_body() as body:
                await body.read(request.stream())
                decoded = await receiver.decode(body, decode, agent=agent, gzip=_CODINGS[coding])
            report = request.headers.get(REPORT_HEADER)
            return await receiver.store(signal, decoded, request.scope[SENDER], report)

        return export

    async def unknown(_request: Request) -> Message:
        raise UnknownPathError(f"the signals are sent to {', '.join(signal.path for signal in SIGNALS)}")

    return [
        *(_route(signal.path, _metered(receiver, signal.name, _endpoint(receive(signal)))) for signal in SIGNALS),
        _route(f"{PATHS}{{rest:path}}", _endpoint(unknown, any_method=True)),
        Route("/", _endpoint(unknown), methods=["POST"]),  # of those who were told the address alone
    ]


def _route(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    """Make a route that takes any method: the answers to all are OTLP's own."""
    route = Route(path, endpoint)
    route.methods = None
    return route


def refusal(error: RefusedError, content_type: str) -> Response:
    """Answer a request that is not let in, in its encoding."""
    return _error(error, _media_type(content_type))


def _metered(
    receiver: Receiver, signal: str, endpoint: Callable[[Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def metered(request: Request) -> Response:
        began = perf_counter()
        response = await endpoint(request)
        labels = {"signal": signal, "transport": "http"}
        receiver.meters.observe("request_seconds", perf_counter() - began, **labels)
        receiver.meters.count("requests_total", **labels, status=str(response.status_code))
        return response

    return metered


def _endpoint(
    handle: Callable[[Request], Awaitable[Message]], *, any_method: bool = False
) -> Callable[[Request], Awaitable[Response]]:
    """Answer with a message in the request's encoding, and errors as ``google.rpc.Status`` in it."""

    async def endpoint(request: Request) -> Response:
        encoding = _media_type(request.headers.get("content-type", ""))
        try:
            if not any_method and request.method != "POST":
                raise WrongMethodError("only POST is understood here")
            return _response(200, await handle(request), encoding)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody is there to read it
        except asyncio.CancelledError:  # the collector stops; what was not acknowledged is sent again
            return _error(OverloadedError("the collector is stopping"), encoding)
        except Exception as error:  # noqa: BLE001 - the table of status.py says what each one means to the sender
            return _error(error, encoding)

    return endpoint


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _error(error: Exception, encoding: str) -> Response:
    said = answer(error)
    if said.http == 500:
        _log.error("A request failed", exc_info=error)
    response = _response(said.http, said.status, encoding)
    if said.retry_after_s is not None:
        response.headers["Retry-After"] = str(said.retry_after_s)
    if said.http == 405:
        response.headers["Allow"] = "POST"
    if said.http == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _response(status: int, message: Message, encoding: str) -> Response:
    if encoding == PROTOBUF:
        return Response(message.SerializeToString(), status, media_type=PROTOBUF)
    return Response(json_format.MessageToJson(message, indent=None), status, media_type=JSON)
