"""What becomes of a span's attributes, read back by SQL."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from otel_agents.collector.receiver.decode_spans import decode_spans
from otel_agents.collector.store.columns import group
from tests.collector import otlp

if TYPE_CHECKING:
    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    from otel_agents.collector.store.columns import group
from otel_agents.collector.store.duckdb import DuckDBStore

NOTHING = {
    "type": "other",
    "agent": None,
    "model": None,
    "provider": None,
    "tool": None,
    "operation": None,
    "session_id": None,
    "user_id": None,
    "tenant": None,
    "input_tokens": None,
    "output_tokens": None,
    "cache_read_tokens": None,
    "cache_write_tokens": None,
    "reasoning_tokens": None,
    "cost": None,
    "cost_source": None,
    "ttft_ms": None,
    "error_type": None,
}


def write(store: DuckDBStore, *spans: Span, **where: Any) -> None:
    store.write([decode_spans(otlp.request(*spans, **where).SerializeToString()).batch])


def read(store: DuckDBStore, sql: str) -> list[dict[str, Any]]:
    with store.read() as cursor:
        result = cursor.execute(sql)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def columns(store: DuckDBStore, attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The columns a span with these attributes fills; those that are as without any attribute are left out."""
    write(store, otlp.span(attributes, **fields))
    (row,) = read(store, f"SELECT {', '.join(NOTHING)} FROM spans")
    return {name: value for name, value in row.items() if value != NOTHING[name]}


def test_the_columns_every_span_has(store: DuckDBStore):
    span = otlp.span(
        span_id="00000000000000aa",
        parent_span_id="00000000000000bb",
        kind=3,
        status={"code": 2, "message": "no"},
        end_time_unix_nano=otlp.START_NS + 1_500_250,
        links=[{"trace_id": b"\x01" * 16, "span_id": b"\x02" * 8}],
    )
    write(store, span, resource={"service.name": "shop", "n": 1})
    names = (
        "trace_id, span_id, parent_span_id, name, kind, scope_name, service_name, start_time::VARCHAR AS start_time,"
        " end_time::VARCHAR AS end_time, duration_ms, status, status_message, attributes, resource, events, links"
    )
    (row,) = read(store, f"SELECT {names} FROM spans")
    assert row == {
        "trace_id": otlp.TRACE_ID,
        "span_id": "00000000000000aa",
        "parent_span_id": "00000000000000bb",
        "name": "work",
        "kind": "client",
        "scope_name": "tests",
        "service_name": "shop",
        "start_time": "2026-09-21 14:13:20.123456",
        "end_time": "2026-09-21 14:13:20.124957",
        "duration_ms": 1.50025,
        "status": "error",
        "status_message": "no",
        "attributes": "{}",
        "resource": '{"service.name":"shop","n":1}',
        "events": None,
        "links": f'[{{"trace_id":"{"01" * 16}","span_id":"{"02" * 8}","attributes":{{}}}}]',
    }


def test_what_users_do_not_ask_for_is_stored_too(store: DuckDBStore):
    sent = otlp.span(trace_state="k=v", flags=0x301, dropped_attributes_count=1, dropped_events_count=2)
    request = otlp.request(sent)
    request.resource_spans[0].scope_spans[0].scope.version = "1.2"
    request.resource_spans[0].scope_spans[0].schema_url = "https://schemas/1"
    request.resource_spans[0].schema_url = "https://schemas/2"
    store.write([decode_spans(request.SerializeToString()).batch])
    with store.read() as cursor:
        found = cursor.execute(
            "SELECT start_nanos, end_nanos, scope, trace_state, flags, dropped_attributes, dropped_events,"
            " dropped_links FROM span_data"
        ).fetchall()
    scope = '{"version":"1.2","schema_url":"https://schemas/1","resource_schema_url":"https://schemas/2"}'
    assert found == [(789, 789, scope, "k=v", 0x301, 1, 2, 0)]


def test_the_spans_view_has_the_designs_columns(store: DuckDBStore):
    assert [row["column_name"] for row in read(store, "DESCRIBE spans")] == [
        *("trace_id", "span_id", "parent_span_id", "name", "kind", "scope_name", "service_name", "type"),
        *("start_time", "end_time", "duration_ms", "status", "status_message", "error_type"),
        *("agent", "model", "provider", "tool", "operation", "session_id", "user_id", "tenant"),
        *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"),
        *("cost", "cost_source", "ttft_ms", "attributes", "resource", "events", "links"),
    ]


def test_an_open_span_has_no_end(store: DuckDBStore):
    write(store, otlp.span(end_time_unix_nano=0))
    assert read(store, "SELECT end_time, duration_ms FROM spans") == [{"end_time": None, "duration_ms": None}]


@pytest.mark.parametrize(
    ("start_ns", "end_ns", "start", "duration_ms"),
    [
        (5_000_000_000, 4_000_000_000, "1970-01-01 00:00:05", 0.0),
        (0, 1, "1970-01-01 00:00:00", 1e-6),
        (7_258_118_400_000_000_000, 7_258_118_401_000_000_000, "2200-01-01 00:00:00", 1000.0),
        (2**64 - 1, 2**64 - 1, "2554-07-21 23:34:33.709551", 0.0),
    ],
)
def test_odd_times(store: DuckDBStore, start_ns: int, end_ns: int, start: str, duration_ms: float):
    write(store, otlp.span(start_time_unix_nano=start_ns, end_time_unix_nano=end_ns))
    (row,) = read(store, "SELECT start_time::VARCHAR AS start, duration_ms FROM spans")
    assert row == {"start": start, "duration_ms": duration_ms}


@pytest.mark.parametrize(
    ("kind", "expected"), [(0, "unspecified"), (2, "server"), (4, "producer"), (99, "unspecified")]
)
def test_kinds(store: DuckDBStore, kind: int, expected: str):
    write(store, otlp.span(kind=kind))
    assert read(store, "SELECT kind FROM spans") == [{"kind": expected}]


ODD = {
    "text": "naïve 🦊 \0 \n \" \\ '",
    "": "empty key",
    "dotted.key": {"a.b": [1, {"c": None}]},
    'quote"key\\': 1,
    "__proto__": "x",
    "nul\0key": True,
    "min": -(2**63),
    "max": 2**63 - 1,
    "half": 0.5,
    "tiny": 5e-324,
    "huge": 1e308,
    "nan": math.nan,
    "infinity": math.inf,
    "bytes": b"\x00\xff",
    "empty": [],
    "none": None,
    "long": "x" * 100_000,
}


def test_attributes_are_json_of_what_was_sent(store: DuckDBStore):
    write(store, otlp.span(ODD))
    (row,) = read(store, "SELECT attributes FROM spans")
    assert json.loads(row["attributes"]) == ODD | {"nan": "NaN", "infinity": "Infinity", "bytes": "AP8="}


def test_of_a_key_that_comes_twice_the_last_value_counts(store: DuckDBStore):
    span = otlp.span({"a": 1, "b": 2})
    span.attributes.extend(otlp.pairs({"a": "again", "c": 3}))
    write(store, span, otlp.span({"a": "other span"}))
    assert read(store, "SELECT attributes FROM spans") == [
        {"attributes": '{"b":2,"a":"again","c":3}'},
        {"attributes": '{"a":"other span"}'},
    ]


def test_content_is_stored_apart_and_shown_together(store: DuckDBStore):
    messages = '[{"role":"user","parts":[]}]'
    write(
        store, otlp.span({"agent": "A", "gen_ai.input.messages": messages, "llm.input_messages.0.message.role": "user"})
    )
    write(store, otlp.span({"gen_ai.input.messages": messages}))
    assert read(store, f"SELECT {group('agent')} AS found, content FROM span_data") == [
        {
            "found": '{"agent":"A"}',
            "content": json.dumps(
                {"gen_ai.input.messages": messages, "llm.input_messages.0.message.role": "user"}, separators=(",", ":")
            ),
        },
        {"found": "{}", "content": json.dumps({"gen_ai.input.messages": messages}, separators=(",", ":"))},
    ]
    assert [json.loads(row["attributes"]) for row in read(store, "SELECT attributes FROM spans")] == [
        {"agent": "A", "gen_ai.input.messages": messages, "llm.input_messages.0.message.role": "user"},
        {"gen_ai.input.messages": messages},
    ]


@pytest.mark.parametrize("plain", ["Router", 5, 0.5, 2.0, True, ["a", 1], b"x", None, math.nan, ""])
def test_the_hidden_agent_column_is_what_the_arrow_operator_answers(store: DuckDBStore, plain: Any):
    write(store, otlp.span({"agent": plain}), otlp.span({"gen_ai.agent.name": "other"}))
    assert read(store, "SELECT agent_attribute AS a FROM span_data") == read(
        store, "SELECT attributes->>'agent' AS a FROM spans"
    )


DIALECTS = {
    "GenAI, today": (
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.model": "gpt-4o-2024-08-06",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.cache_read.input_tokens": 60,
            "gen_ai.usage.cache_creation.input_tokens": 10,
            "gen_ai.usage.reasoning.output_tokens": 5,
            "gen_ai.response.time_to_first_chunk": 0.25,
            "gen_ai.conversation.id": "c-1",
            "operation.cost": 0.01,
            "operation.cost.source": "table:1",
            "user.id": 7,
            "tenant.id": "acme",
            "error.type": "timeout",
        },
        {
            "type": "model",
            "operation": "chat",
            "provider": "openai",
            "model": "gpt-4o",
            "input_tokens": 100,
            "output_tokens": 20,
            "cache_read_tokens": 60,
            "cache_write_tokens": 10,
            "reasoning_tokens": 5,
            "ttft_ms": 250.0,
            "session_id": "c-1",
            "cost": 0.01,
            "cost_source": "table:1",
            "user_id": "7",
            "tenant": "acme",
            "error_type": "timeout",
        },
    ),
    "GenAI, older": (
        {"gen_ai.system": "anthropic", "gen_ai.usage.prompt_tokens": 3, "gen_ai.usage.completion_tokens": "4"},
        {"provider": "anthropic", "input_tokens": 3, "output_tokens": 4},
    ),
    "OpenInference": (
        {
            "openinference.span.kind": "LLM",
            "llm.model_name": "claude",
            "llm.provider": "anthropic",
            "llm.token_count.prompt": 3.0,
            "llm.token_count.completion": 4,
            "llm.token_count.prompt_details.cache_read": 1,
            "llm.token_count.prompt_details.cache_write": 2,
            "llm.token_count.completion_details.reasoning": 1,
            "llm.cost.total": 0.5,
            "session.id": "s",
        },
        {
            "type": "model",
            "model": "claude",
            "provider": "anthropic",
            "input_tokens": 3,
            "output_tokens": 4,
            "cache_read_tokens": 1,
            "cache_write_tokens": 2,
            "reasoning_tokens": 1,
            "cost": 0.5,
            "cost_source": "reported",
            "session_id": "s",
        },
    ),
    "OpenInference, a tool": (
        {"openinference.span.kind": "TOOL", "tool.name": "grep"},
        {"type": "tool", "tool": "grep"},
    ),
    "OpenLLMetry": (
        {
            "traceloop.span.kind": "workflow",
            "traceloop.association.properties.session_id": "s",
            "traceloop.association.properties.user_id": "u",
        },
        {"type": "workflow", "session_id": "s", "user_id": "u"},
    ),
    "OpenLLMetry, a model call": (
        {"llm.request.type": "completion", "gen_ai.usage.cache_read_input_tokens": 9},
        {"type": "model", "operation": "completion", "cache_read_tokens": 9},
    ),
    "Pydantic AI": (
        {"agent_name": "router", "model_name": "gpt-4o", "gen_ai.usage.details.cache_read_tokens": 2},
        {"type": "agent", "agent": "router", "model": "gpt-4o", "cache_read_tokens": 2},
    ),
    "Langfuse": (
        {"langfuse.observation.type": "generation", "langfuse.observation.model.name": "m", "langfuse.user.id": "u"},
        {"type": "model", "model": "m", "user_id": "u"},
    ),
    "Langfuse, Anthropic's usage": (
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": '{"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":90,'
            '"cache_creation_input_tokens":9}',
            "langfuse.observation.cost_details": '{"total":0.5,"input":0.1}',
        },
        {"type": "model", "input_tokens": 100, "output_tokens": 2, "cache_read_tokens": 90, "cache_write_tokens": 9}
        | {"cost": 0.5, "cost_source": "reported"},
    ),
    "Langfuse, OpenAI's responses": (
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": '{"input_tokens":100,"output_tokens":20,"input_tokens_details":'
            '{"cached_tokens":60},"output_tokens_details":{"reasoning_tokens":5}}',
        },
        {"type": "model", "input_tokens": 100, "output_tokens": 20, "cache_read_tokens": 60, "reasoning_tokens": 5},
    ),
    "Langfuse, no JSON": (
        {
            "langfuse.observation.type": "tool",
            "langfuse.observation.usage_details": "{",
            "langfuse.observation.cost_details": "[1]",
        },
        {"type": "tool", "tool": "work"},
    ),
    "MLflow": (
        {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.llm.model": '"gpt-4o"',
            "mlflow.llm.provider": '"openai"',
            "mlflow.chat.tokenUsage": '{"input_tokens":3,"output_tokens":4,"total_tokens":7}',
            "mlflow.llm.cost": '{"input_cost":0.1,"output_cost":0.2,"total_cost":0.3}',
        },
        {"type": "model", "model": "gpt-4o", "provider": "openai", "input_tokens": 3, "output_tokens": 4}
        | {"cost": 0.3, "cost_source": "reported"},
    ),
    "Vercel": (
        {
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.model.id": "gpt-4o",
            "ai.model.provider": "openai.chat",
            "ai.usage.promptTokens": 1,
            "ai.usage.completionTokens": 2,
            "ai.response.msToFirstChunk": 12,
        },
        {
            "type": "model",
            "operation": "ai.generateText.doGenerate",
            "model": "gpt-4o",
            "provider": "openai.chat",
            "input_tokens": 1,
            "output_tokens": 2,
            "ttft_ms": 12.0,
        },
    ),
    "Vercel, a tool": (
        {"ai.operationId": "ai.toolCall", "ai.toolCall.name": "grep"},
        {"type": "tool", "tool": "grep", "operation": "ai.toolCall"},
    ),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialects_fill_the_same_columns(store: DuckDBStore, dialect: str):
    attributes, expected = DIALECTS[dialect]
    assert columns(store, attributes) == expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"otel_agents.span.type": "message", "gen_ai.operation.name": "chat"}, "message"),
        ({"otel_agents.span.type": "nonsense", "gen_ai.operation.name": "invoke_agent"}, "agent"),
        ({"gen_ai.operation.name": "brand_new", "gen_ai.tool.name": "grep"}, "tool"),
        ({"gen_ai.request.model": "gpt-4o"}, "model"),
        ({"http.method": "GET"}, "other"),
    ],
)
def test_the_type_is_the_first_that_is_known(store: DuckDBStore, attributes: dict[str, Any], expected: str):
    write(store, otlp.span(attributes))
    assert read(store, "SELECT type FROM spans") == [{"type": expected}]


@pytest.mark.parametrize("tokens", ["many", math.nan, math.inf, [1], True, None])
def test_tokens_that_are_no_number_are_unknown(store: DuckDBStore, tokens: Any):
    assert columns(store, {"gen_ai.usage.input_tokens": tokens}) == {}


def test_the_error_type_of_a_failed_span_may_come_from_its_exception(store: DuckDBStore):
    exception = {"name": "exception", "attributes": otlp.pairs({"exception.type": "KeyError"})}
    assert columns(store, {}, status={"code": 2}, events=[exception]) == {"error_type": "KeyError"}


def test_a_handled_exception_is_no_error(store: DuckDBStore):
    exception = {"name": "exception", "attributes": otlp.pairs({"exception.type": "KeyError"})}
    assert columns(store, {}, events=[exception]) == {}


def test_a_hundred_thousand_attributes(store: DuckDBStore):
    write(store, otlp.span({f"key.{i}": i for i in range(100_000)}))
    assert read(store, "SELECT attributes->>'key.99999' AS last FROM spans") == [{"last": "99999"}]
