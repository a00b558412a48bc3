"""Sending to Logfire, checked at a stand-in for its endpoint: where to, as whom, compressed, and what arrives."""

import json
import logging
import os
import socket
from pathlib import Path

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from otel_agents import configure, flush, model, monitor_operation, shutdown, telemetry_health, tool
from otel_agents.errors import ConfigurationError
from otel_agents.sdk.exporters.logfire import Destination, destinations
from otel_agents.sdk.options import SdkSettings
from otel_agents.settings import load
from tests.sdk.receiving import receiving

SECRET = "0rcSpoOxuHvRTTwRkyX8gJ2H4ksTU2jw0e4bS"  # the part of a token that nobody may see
TOKEN = f"pylf_v1_eu_{SECRET}"


@pytest.fixture(autouse=True)
def _as_nobody(monkeypatch, tmp_path):
    """No settings of the user's own, and a folder where nobody has chosen a project."""
    for variable in os.environ:
        if variable.startswith("LOGFIRE_"):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    yield
    shutdown()


@pytest.fixture
def logfire():
    with receiving() as server:
        yield server


@pytest.fixture
def collector_there():
    with receiving() as server:
        yield server


def spans(message) -> dict[str, dict[str, object]]:
    """The attributes of each span by its name."""

    def plain(value: AnyValue) -> object:
        kind = value.WhichOneof("value")
        return [plain(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, kind)

    return {
        span.name: {pair.key: plain(pair.value) for pair in span.attributes}
        for resource in message.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }


def work() -> None:
    @tool
    def look_up(city: str) -> dict[str, int]:
        return {"degrees": 18}

    @model(provider="openai")
    def ask(messages: list[dict]) -> dict:
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": "gpt-4o-mini-2024-07-18",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "18 °C"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
        }

    with monitor_operation("request", agent_name="WeatherAgent", session_id="s-1"):
        look_up("Lisbon")
        ask([{"role": "user", "content": "How warm is it?"}])


def test_token_compression_and_content(logfire) -> None:
    configure(service_name="weather", logfire="only", logfire_token=TOKEN, logfire_base_url=logfire.url)
    work()
    assert flush()
    ((path, headers, message),) = logfire.requests
    assert (path, headers["authorization"]) == ("/v1/traces", TOKEN)
    assert (headers["content-type"], headers["content-encoding"]) == ("application/x-protobuf", "gzip")
    resource = {pair.key: pair.value.string_value for pair in message.resource_spans[0].resource.attributes}
    assert resource["service.name"] == "weather"

    got = spans(message)
    assert sorted(got) == ["chat gpt-4o-mini-2024-07-18", "execute_tool look_up", "request"]
    call = got["chat gpt-4o-mini-2024-07-18"]
    assert {key: call[key] for key in call if key.startswith("gen_ai.") and "messages" not in key} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.agent.name": "WeatherAgent",
        "gen_ai.request.model": "gpt-4o-mini-2024-07-18",  # which the page of models goes by
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 100,
        "gen_ai.conversation.id": "s-1",
    }
    assert call["operation.cost"] == pytest.approx(1000 * 0.15e-6 + 100 * 0.6e-6)
    assert json.loads(call["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "How warm is it?"}]}
    ]
    assert json.loads(call["logfire.json_schema"]) == {
        "type": "object",
        "properties": {"gen_ai.input.messages": {"type": "array"}, "gen_ai.output.messages": {"type": "array"}},
    }
    assert json.loads(got["execute_tool look_up"]["logfire.json_schema"]) == {
        "type": "object",
        "properties": {"gen_ai.tool.call.arguments": {"type": "object"}, "gen_ai.tool.call.result": {"type": "object"}},
    }


def test_beside_the_collector_which_sees_neither_the_token_nor_logfires_names(logfire, collector_there) -> None:
    configure(endpoint=collector_there.url, logfire=True, logfire_token=TOKEN, logfire_base_url=logfire.url)
    work()
    assert flush()
    ((_, headers, message),) = collector_there.requests
    assert "authorization" not in headers
    assert sorted(spans(message)) == sorted(spans(logfire.requests[0][2]))
    assert {"logfire.json_schema", "gen_ai.conversation.id"} & {k for a in spans(message).values() for k in a} == set()


def test_it_is_instead_of_the_collector_where_only_it_is_meant(logfire, collector_there, monkeypatch) -> None:
    monkeypatch.setenv("OTEL_AGENTS_LOGFIRE", "only")
    monkeypatch.setenv("LOGFIRE_TOKEN", TOKEN)
    monkeypatch.setenv("LOGFIRE_BASE_URL", f"{logfire.url}/")
    configure(endpoint=collector_there.url)
    work()
    assert flush()
    assert (len(logfire.requests), collector_there.requests) == (1, [])


def test_where_nothing_is_sent_nothing_goes_to_logfire(logfire) -> None:
    configure(traces_exporter="none", logfire=True, logfire_token=TOKEN, logfire_base_url=logfire.url)
    work()
    assert flush()
    assert logfire.requests == []


def settings(**given: object) -> SdkSettings:
    return load(SdkSettings, {"logfire": True, **given}, {})


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("pylf_v1_eu_x1", [Destination("https://logfire-eu.pydantic.dev/v1/traces", "pylf_v1_eu_x1")]),
        ("pylf_v1_us_x1", [Destination("https://logfire-us.pydantic.dev/v1/traces", "pylf_v1_us_x1")]),
        ("x1", [Destination("https://logfire-us.pydantic.dev/v1/traces", "x1")]),
        (
            "pylf_v1_eu_a, pylf_v1_us_b",
            [
                Destination("https://logfire-eu.pydantic.dev/v1/traces", "pylf_v1_eu_a"),
                Destination("https://logfire-us.pydantic.dev/v1/traces", "pylf_v1_us_b"),
            ],
        ),
    ],
)
def test_a_token_says_where_it_belongs(token, expected) -> None:
    assert destinations(settings(logfire_token=token)) == expected


def test_a_project_chosen_with_logfires_own_command_needs_no_token(tmp_path) -> None:
    (tmp_path / "logfire_credentials.json").write_text(
        json.dumps({"token": "pylf_v1_us_x1", "project_name": "a", "logfire_api_url": "https://logfire.example/"})
    )
    assert destinations(settings(logfire_credentials=tmp_path)) == [
        Destination("https://logfire.example/v1/traces", "pylf_v1_us_x1")
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            {"logfire": True},
            "expected a write token in logfire_token or LOGFIRE_TOKEN, or a project chosen by `logfire",
        ),
        ({"logfire": "maybe"}, "setting 'logfire': expected true, false or only, got 'maybe'"),
        ({"logfire_token": f"two {SECRET}"}, "setting 'logfire_token': expected a write token such as pylf_v1_eu_…"),
        ({"logfire_token": f"pylf_v1_eu_\n{SECRET}"}, "setting 'logfire_token': expected a write token such as"),
        (
            {"logfire": True, "logfire_token": f"pylf_v1_mars_{SECRET}"},
            "setting 'logfire_token': expected a write token of region us or eu, got one of 'mars'",
        ),
        ({"logfire_base_url": "logfire.example"}, "setting 'logfire_base_url': expected an address such as"),
        ({"headers": f"authorization: {SECRET}"}, "setting 'headers': expected headers such as"),
    ],
)
def test_what_is_wrong_is_named_without_the_token(given, says) -> None:
    with pytest.raises(ConfigurationError) as caught:
        configure(**given)
    assert says in str(caught.value)
    assert SECRET not in str(caught.value)


def test_settings_shown_hide_the_token() -> None:
    assert SECRET not in repr(settings(logfire_token=TOKEN, headers={"authorization": SECRET}))


def test_a_token_that_is_refused_is_said_and_counted_but_not_shown(logfire, caplog) -> None:
    logfire.answers.put((401, {}))
    logfire.body = b'{"detail": "Invalid token"}'
    configure(logfire="only", logfire_token=TOKEN, logfire_base_url=logfire.url)
    before = dropped(logfire.url)
    with caplog.at_level(logging.DEBUG):
        work()
        assert flush()
    assert f'Logfire ({logfire.url}) did not take 3 spans: HTTP 401 {{"detail": "Invalid token"}}' in caplog.messages
    assert dropped(logfire.url) - before == 3
    assert SECRET not in caplog.text


def dropped(url: str) -> int:
    return sum(
        each.dropped.get("refused", 0) for each in telemetry_health().destinations if each.name == f"Logfire ({url})"
    )


def test_what_logfire_misses_waits_on_disk_without_the_token_and_is_sent_later(spool: Path, caplog) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    where = {"logfire": "only", "logfire_token": TOKEN, "logfire_base_url": f"http://127.0.0.1:{port}"}
    with caplog.at_level(logging.DEBUG):
        configure(**where)
        work()
        shutdown()
    (file,) = spool.iterdir()
    assert SECRET not in file.name
    assert SECRET.encode() not in file.read_bytes()
    assert SECRET not in caplog.text

    with receiving(port) as back:
        configure(**where)
        with monitor_operation("next"):
            pass
        back.wait(2)
    assert {headers["authorization"] for _, headers, _ in back.requests} == {TOKEN}
    assert sorted(back.names()) == ["chat gpt-4o-mini-2024-07-18", "execute_tool look_up", "next", "request"]


def test_every_project_with_a_token_gets_all_spans(logfire) -> None:
    configure(logfire="only", logfire_token=["one", "two"], logfire_base_url=logfire.url)
    work()
    assert flush()
    assert sorted(headers["authorization"] for _, headers, _ in logfire.requests) == ["one", "two"]
