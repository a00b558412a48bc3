"""The helper that serves recorded exchanges, and the one that finds them."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.recorded_server import RecordedServer, serve
from tests.recordings import Exchange, exchanges

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = Exchange("/v1/messages", {}, 200, "application/json", {"answer": 1})
STREAM = Exchange("/v1/models/m:go?alt=sse", {}, 200, "text/event-stream", 'data: {"a": 1}\n\ndata: [DONE]\n\n')


def post(server: RecordedServer, path: str) -> tuple[int, str]:
    connection = HTTPConnection(urlsplit(server.url).netloc)
    connection.request("POST", path, json.dumps({"asked": path}))
    answer = connection.getresponse()
    got = answer.status, answer.read().decode()
    connection.close()
    return got


def test_answers_go_out_in_the_order_they_were_recorded():
    with serve([PLAIN, STREAM]) as server:
        assert [post(server, "/v1/messages"), post(server, "/v2/models/m:go")] == [
            (200, '{"answer": 1}'),
            (200, STREAM.body),
        ]
        assert server.requests == [{"asked": "/v1/messages"}, {"asked": "/v2/models/m:go"}]


def test_what_was_not_recorded_is_refused_in_words():
    with serve([PLAIN]) as server:
        assert post(server, "/v1/responses") == (
            404,
            '{"error": {"message": "recorded is /v1/messages, asked for was /v1/responses"}}',
        )
        post(server, "/v1/messages")
        assert post(server, "/v1/messages") == (404, '{"error": {"message": "all 1 recorded answers were given"}}')


def test_the_events_of_a_stream_are_its_json():
    assert STREAM.events() == [{"a": 1}]


def test_without_recordings_a_test_is_skipped_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("OTEL_AGENTS_RECORDINGS", str(tmp_path / "nowhere"))
    with pytest.raises(pytest.skip.Exception, match="set OTEL_AGENTS_RECORDINGS"):
        exchanges("openai_chat_stream")
