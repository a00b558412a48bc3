"""Requests to a running collector, with every header in the test's hand."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

from tests.collector import otlp


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        return self.json["error"]["kind"]


def ask(url: str, method: str, path: str, body: bytes | str = b"", **headers: str) -> Answer:
    """Send one request; `_` in a header's name is a dash, and Host is what it says when given."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=120)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, named)
        got = connection.getresponse()
        return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
    finally:
        connection.close()


def sql(url: str, text: str, **headers: str) -> Answer:
    return ask(url, "POST", "/api/v1/sql", json.dumps({"sql": text}), Content_Type="application/json", **headers)


def send(url: str, *spans: Any) -> None:
    """Have spans stored."""
    body = otlp.request(*spans).SerializeToString()
    assert ask(url, "POST", "/v1/traces", body, Content_Type="application/x-protobuf").status == 200
