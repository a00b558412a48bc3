"""The HTTP side of the scripted model server: routes, keys, errors, and the pace at which a model writes."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from otel_agents.demo.model_server import chat, responses
from otel_agents.demo.model_server.conversation import RequestError, tokens
from otel_agents.demo.model_server.planner import decide
from otel_agents.demo.model_server.usage import PromptCache, count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from otel_agents.demo.model_server.conversation import JsonObject

MODELS = ("gpt-5-nano", "gpt-5-mini", "gpt-5", "gpt-5.1", "gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini")
API_KEY = "sk-scripted"
SECONDS_TO_BEGIN, SECONDS_TO_REASON, SECONDS_TO_WRITE = 0.25, 0.002, 0.008  # for an answer, and for a token


class ModelServer:
    """Speaks OpenAI's wire protocol on loopback, answering from a script instead of a model.

    Used as a context manager; ``base_url`` is what an OpenAI client takes.

    Args:
        port: where to listen; 0 takes a free port.
        models: the names it answers to; others are 404, as with the real API.
        pace: 1 writes about as fast as a real model, 2 takes twice the time, 0 answers at once.
        refuse_every: one request in so many is refused with 429 and Retry-After; 0 refuses none.
        context_window: how many tokens a prompt may have; more is 400 ``context_length_exceeded``. Smaller than the
            real models', so that it can be met.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        models: tuple[str, ...] = MODELS,
        pace: float = 1.0,
        refuse_every: int = 0,
        context_window: int = 24_000,
    ) -> None:
        self.models = models
        self.pace = pace
        self.refuse_every = refuse_every
        self.context_window = context_window
        self.cache = PromptCache()
        self._requests = 0
        self._lock = threading.Lock()
        self._http = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def base_url(self) -> str:
        """The address to give to an OpenAI client."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def takes(self) -> bool:
        """Count one request and say whether it is let through."""
        with self._lock:
            self._requests += 1
            return not self.refuse_every or self._requests % self.refuse_every != 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], model_server: ModelServer) -> None:
        self.model_server = model_server
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer(self._models)

    def do_POST(self) -> None:
        self._answer(self._model_call)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parameter's name in http.server
        """Say nothing: what was called is seen in the traces."""

    def _answer(self, route: Callable[[bytes], None]) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._check_key()
            route(body)
        except RequestError as error:
            headers = {"Retry-After": "1"} if error.status == 429 else {}
            self._send(error.status, error.body, headers)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client left in the middle of a stream

    def _check_key(self) -> None:
        key = (self.headers.get("Authorization") or "").removeprefix("Bearer ").strip()
        if not key.startswith("sk-"):
            raise RequestError(
                f"Incorrect API key provided: {key[:4]}***. Any key that begins with sk- will do here.",
                status=401,
                code="invalid_api_key",
            )

    def _models(self, _: bytes) -> None:
        listed = [
            {"id": name, "object": "model", "created": 1_754_000_000, "owned_by": "openai"}
            for name in self.server.model_server.models
        ]
        name = self.path.removeprefix("/v1/models").strip("/")
        if not self.path.startswith("/v1/models"):
            raise _unknown_url(self.command, self.path)
        if not name:
            self._send(200, {"object": "list", "data": listed})
            return
        self._check_model(name)
        self._send(200, next(model for model in listed if model["id"] == name))

    def _model_call(self, raw: bytes) -> None:
        wire: ModuleType | None = {"/v1/chat/completions": chat, "/v1/responses": responses}.get(self.path)
        if wire is None:
            raise _unknown_url(self.command, self.path)
        owner = self.server.model_server
        body = _json(raw)
        self._check_model(body.get("model"))
        if not owner.takes():
            raise RequestError(
                f"Rate limit reached for {body['model']} on requests per min. Please try again in 1s.",
                status=429,
                kind="requests",
                code="rate_limit_exceeded",
            )
        try:
            conversation = wire.read(body)
        except (KeyError, TypeError, AttributeError) as error:
            raise RequestError(f"The request's body has not the expected shape: {error!r}.") from None
        size = len(tokens(conversation.prompt))
        if size > owner.context_window:
            raise RequestError(
                f"This model's maximum context length is {owner.context_window} tokens. However, your messages "
                f"resulted in {size} tokens. Please reduce the length of the messages.",
                code="context_length_exceeded",
                param="messages" if wire is chat else "input",
            )
        move = decide(conversation)
        usage = count(conversation, move, owner.cache)
        self._take(SECONDS_TO_BEGIN + usage.reasoning * SECONDS_TO_REASON)
        if body.get("stream"):
            self._stream(wire.stream(body, move, usage))
        else:
            self._take((usage.output - usage.reasoning) * SECONDS_TO_WRITE)
            self._send(200, wire.answer(body, move, usage))

    def _take(self, seconds: float) -> None:
        if self.server.model_server.pace:
            time.sleep(seconds * self.server.model_server.pace)

    def _check_model(self, name: object) -> None:
        if not name or not isinstance(name, str):
            raise RequestError("you must provide a model parameter")
        if name not in self.server.model_server.models:
            raise RequestError(
                f"The model `{name}` does not exist or you do not have access to it.",
                status=404,
                code="model_not_found",
            )

    def _send(self, status: int, body: JsonObject, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, events: Iterator[str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in events:
            data = event.encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self._take(SECONDS_TO_WRITE)
        self.wfile.write(b"0\r\n\r\n")


def _json(raw: bytes) -> JsonObject:
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RequestError("We could not parse the JSON body of your request. (HINT: it must be a JSON object.)")
    return body


def _unknown_url(method: str, path: str) -> RequestError:
    return RequestError(f"Invalid URL ({method} {path})", status=404)
