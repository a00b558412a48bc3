"""Asks a running collector over HTTP, for every command that needs one."""

from __future__ import annotations

import json
import os
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from otel_agents.errors import CollectorError, CollectorUnreachable, ConfigurationError, QueryError
from otel_agents.settings import http_url

URL_VARIABLE: Final = "OTEL_AGENTS_URL"
DEFAULT_URL: Final = "http://127.0.0.1:4318"
TIMEOUT_S: Final = 30.0  # longer than any answer may take


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


class Client:
    """Sends requests to one collector.

    Args:
        url: its address, from :func:`collector_url`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = build_opener(ProxyHandler({}))  # a proxy for the web does not reach this machine's loopback

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

    def post(self, path: str, body: object) -> Any:
        """Send JSON and return the JSON answered; raises as :meth:`get`."""
        data = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return self._send(Request(self.url + path, data, headers))  # noqa: S310 - as above

    def _send(self, request: Request) -> Any:
        return self._parsed(self._body(request))

    def _body(self, request: Request) -> bytes:
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as response:
                return bytes(response.read())
        except HTTPError as error:
            with error:
                answer = self._parsed(error.read())
            try:
                fault = answer["error"]
                raise QueryError(fault["message"], kind=fault["kind"], hint=fault["hint"]) from None
            except (KeyError, TypeError):
                raise self._stranger() from None
        except TimeoutError:
            raise CollectorError(f"the collector at {self.url} did not answer within {TIMEOUT_S:g} s") from None
        except (OSError, HTTPException):
            raise CollectorUnreachable(f"no collector at {self.url}; start one with `otel-agents up`") from None

    def _parsed(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError:
            raise self._stranger() from None

    def _stranger(self) -> CollectorError:
        return CollectorError(f"what answers at {self.url} is not an otel-agents collector")
