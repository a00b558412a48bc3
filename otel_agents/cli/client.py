"""Asks a running collector over HTTP, for every command that needs one."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from http.client import HTTPException
from time import sleep
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from otel_agents.cli.local import key_for
from otel_agents.errors import CollectorError, CollectorUnreachable, ConfigurationError, QueryError
from otel_agents.settings import http_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse

URL_VARIABLE: Final = "OTEL_AGENTS_URL"
DEFAULT_URL: Final = "http://127.0.0.1:4318"
TIMEOUT_S: Final = 30.0  # longer than any answer may take
ATTEMPTS: Final = 10  # to send what an overloaded collector asks for again
OK: Final = 200
BUSY: Final = 503


def collector_url(given: str | None = None) -> str:
    """Return the address of the collector: as given, from the environment, or the default.

    Raises:
        ConfigurationError: it is not an http address.
    """
    source, url = "--url", given
    if url is None:
        source, url = f"variable {URL_VARIABLE}", os.environ.get(URL_VARIABLE, "").strip() or DEFAULT_URL
    try:
        return http_url(url)
    except ValueError as error:
        raise ConfigurationError(f"{source}: {error}, got {url!r}") from None


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_args: object) -> None:
        """Follow none: what answers with one is no collector."""


class Client:
    """Sends requests to one collector.

    Args:
        url: its address, from :func:`collector_url`.
        key: what to show it; by default the key there is for it (:func:`key_for`).
    """

    def __init__(self, url: str, key: str | None = None) -> None:
        self.url = url
        # A proxy for the web does not reach this machine's loopback, and a redirection would get the key.
        self._opener = build_opener(ProxyHandler({}), _NoRedirects)
        key = key or key_for(url)
        if key is not None:
            self._opener.addheaders = [("Authorization", f"Bearer {key}")]

    def get(self, path: str) -> Any:
        """Return the JSON a path answers.

        Raises:
            CollectorUnreachable: nobody answers.
            QueryError: the collector refuses the request and says why.
            CollectorError: something else answers there.
        """
        return self._send(Request(self.url + path))  # noqa: S310 - http_url lets http and https through alone

    def text(self, path: str) -> str:
        """Return the text a path answers; raises as :meth:`get`."""
        body = self._body(Request(self.url + path))  # noqa: S310 - as above
        return body.decode("utf-8", "replace")

    def post(self, path: str, body: object, method: str = "POST") -> Any:
        """Send JSON and return the JSON answered; raises as :meth:`get`."""
        data = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return self._send(Request(self.url + path, data, headers, method=method))  # noqa: S310 - as above

    def delete(self, path: str) -> Any:
        """Delete what is at a path and return the JSON answered; raises as :meth:`get`."""
        return self._send(Request(self.url + path, method="DELETE"))  # noqa: S310 - as above

    def post_otlp(self, path: str, body: bytes) -> int:
        """Send OTLP's JSON, again while the collector is overloaded; return how many records were refused.

        Raises:
            CollectorUnreachable: nobody answers.
            CollectorError: the collector refuses all of it, or something else answers there.
        """
        request = Request(self.url + path, body, {"Content-Type": "application/json"})  # noqa: S310 - as above
        for attempt in range(ATTEMPTS):
            with self._answered(request, otlp=True) as response:
                answer = self._parsed(response.read())
                if response.status == OK:
                    return sum(int(n) for n in answer.get("partialSuccess", {}).values() if str(n).isdigit())
                if response.status != BUSY:
                    raise CollectorError(f"the collector refuses it: {answer.get('message')}")
                if attempt < ATTEMPTS - 1:
                    sleep(float(response.headers.get("Retry-After", 1)))
        raise CollectorError(f"the collector at {self.url} is overloaded: {answer.get('message')}")

    @contextmanager
    def stream(self, path: str) -> Iterator[BinaryIO]:
        """Give the bytes a path answers, as they come; raises as :meth:`get`, where it is read from too."""
        with self._answered(Request(self.url + path)) as response:  # noqa: S310 - as above
            yield cast("BinaryIO", response)

    def _send(self, request: Request) -> Any:
        return self._parsed(self._body(request))

    def _body(self, request: Request) -> bytes:
        with self._answered(request) as response:
            return bytes(response.read())

    @contextmanager
    def _answered(self, request: Request, *, otlp: bool = False) -> Iterator[HTTPResponse | HTTPError]:
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as response:
                yield response
        except HTTPError as error:
            if otlp:
                with error:
                    yield error
                return
            with error:
                answer = self._parsed(error.read())
            try:
                fault = answer["error"]
                raise QueryError(fault["message"], kind=fault["kind"], hint=fault["hint"]) from None
            except (KeyError, TypeError):
                raise self._stranger() from None
        except TimeoutError:
            raise CollectorError(f"the collector at {self.url} did not answer within {TIMEOUT_S:g} s") from None
        except (URLError, ConnectionError, HTTPException):  # and no error of a file that is written meanwhile
            raise CollectorUnreachable(f"no collector at {self.url}; start one with `otel-agents up`") from None

    def _parsed(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError:
            raise self._stranger() from None

    def _stranger(self) -> CollectorError:
        return CollectorError(f"what answers at {self.url} is not an otel-agents collector")
