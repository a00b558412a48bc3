"""Nothing leaves unredacted: whatever of a span a program fills, whoever the spans go to."""

import json
import logging
import random
import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext

import otel_agents
from otel_agents import conventions, metrics_collector, model, monitor_operation, telemetry_health, tool
from otel_agents.errors import ConfigurationError
from otel_agents.redaction.redactor import Redactor
from otel_agents.sdk import faults
from otel_agents.sdk.exporters.encoder import encode
from otel_agents.sdk.processors import redact
from otel_agents.sdk.processors.redact import RedactProcessor
from otel_agents.sdk.trace.joining import EndedSpan
from tests.redaction.corpus import secrets
from tests.sdk.receiving import receiving

KEY = secrets.TOKENS["anthropic_key"][0](random.Random(1))
GONE = "[redacted:anthropic_key]"


@pytest.fixture(autouse=True)
def _count_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    redact.counts.clear()


def test_every_part_of_a_span(recorder):
    recorder.configure(resource_attributes={"deployment.note": f"with {KEY}"})
    link = Link(SpanContext(1, 2, is_remote=True), {"why": KEY, "n": 1})
    with pytest.raises(ValueError), monitor_operation(f"use {KEY}", links=[link], note=KEY, password="x", n=5) as op:
        op.set(nested={"token": "t", "list": [KEY, 1]}, raw=KEY.encode())
        op.event(f"tried {KEY}", header=f"Bearer {KEY}")
        raise ValueError(f"no access with {KEY}")
    span = recorder.span()
    assert KEY not in str(encode([span]))
    assert span.name == f"use {GONE}"
    assert {key: span.attributes[key] for key in ("note", "password", "n", "nested", "raw")} == {
        "note": GONE,
        "password": "[redacted:password]",
        "n": 5,
        "nested": {"token": "[redacted:token]", "list": (GONE, 1)},
        "raw": GONE.encode(),
    }
    assert span.status.description == f"ValueError: no access with {GONE}"
    assert [(event.name, dict(event.attributes)) for event in span.events][:1] == [
        (f"tried {GONE}", {"header": "Bearer [redacted:authorization]"})
    ] or span.events[0].attributes["header"] == f"Bearer {GONE}"
    assert span.events[1].attributes["exception.message"] == f"no access with {GONE}"
    assert GONE in span.events[1].attributes["exception.stacktrace"]
    assert [dict(each.attributes) for each in span.links] == [{"why": GONE, "n": 1}]
    assert span.resource.attributes["deployment.note"] == f"with {GONE}"
    assert telemetry_health().redacted["anthropic_key"] >= 9


def test_messages_and_arguments_stay_json(recorder):
    @tool
    def login(user: str, password: str) -> dict[str, str]:
        return {"token": "abc", "hint": f"{user} has {KEY}"}

    @model
    def ask(messages: list[dict[str, str]]) -> str:
        return "Write to ada@example.com"

    login("ada", password="hunter2")
    ask([{"role": "user", "content": f"My key:\n{KEY}"}])
    tool_span, model_span = recorder.spans()
    assert json.loads(tool_span.attributes[conventions.TOOL_CALL_ARGUMENTS]) == {
        "user": "ada",
        "password": "[redacted:password]",
    }
    assert json.loads(tool_span.attributes[conventions.TOOL_CALL_RESULT]) == {
        "token": "[redacted:token]",
        "hint": f"ada has {GONE}",
    }
    assert json.loads(model_span.attributes[conventions.INPUT_MESSAGES]) == [
        {"role": "user", "parts": [{"type": "text", "content": f"My key:\n{GONE}"}]}
    ]
    assert json.loads(model_span.attributes[conventions.OUTPUT_MESSAGES]) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "Write to [redacted:email]"}]}
    ]


def test_usage_and_limits_are_no_tokens(recorder):
    with monitor_operation("chat", model="gpt-4o", max_tokens=100) as op:
        op.usage(input_tokens=10, output_tokens=5, cache_read_tokens=3)
    attributes = recorder.span().attributes
    assert attributes["max_tokens"] == 100
    assert attributes[conventions.USAGE_INPUT_TOKENS] == 10
    assert telemetry_health().redacted == {}


def test_what_goes_over_the_wire_and_into_the_spool(spool):
    with receiving() as receiver:
        otel_agents.configure(endpoint=receiver.url)
        with monitor_operation("sent", note=KEY):
            pass
        otel_agents.shutdown()
        (sent,) = [request for _, _, request in receiver.requests]
    assert KEY not in str(sent)
    assert GONE in str(sent)
    otel_agents.configure(endpoint=receiver.url)
    with monitor_operation("kept", note=KEY):
        pass
    otel_agents.shutdown()
    kept = b"".join(file.read_bytes() for file in spool.rglob("*") if file.is_file())
    assert KEY.encode() not in kept
    assert GONE.encode() in kept


def test_the_console():
    program = (
        "import otel_agents as o; o.configure(traces_exporter='console')\nwith o.monitor_operation('a', note=KEY): 0"
    )
    ran = subprocess.run(
        [sys.executable, "-c", f"KEY = {KEY!r}\n{program}"], capture_output=True, text=True, check=True
    )
    assert (KEY in ran.stdout, GONE in ran.stdout) == (False, True)


def test_figures_inside_the_program_show_no_secret_either(recorder):
    metrics_collector.reset()
    with pytest.raises(ValueError), monitor_operation("work", agent_name="A"):
        raise ValueError(f"bad key {KEY}")
    assert [error["error_message"] for error in metrics_collector.error_log] == [f"bad key {GONE}"]


def test_spans_of_a_provider_that_is_there_already():
    memory = InMemorySpanExporter()
    stages = RedactProcessor(Redactor())
    provider = TracerProvider()
    with provider.get_tracer("theirs").start_as_current_span("work", attributes={"note": KEY}) as span:
        span.add_event("moment", {"note": KEY})
    ended = EndedSpan(span, counts_as_request=True)
    stages.process(ended)
    assert (ended.attributes["note"], ended.events[0].attributes["note"]) == (GONE, GONE)
    assert (span.attributes["note"], span.events[0].attributes["note"]) == (KEY, KEY)  # theirs stays theirs
    memory.shutdown()


def test_it_can_be_switched_off_and_tuned(recorder):
    recorder.configure(redact=False)
    with monitor_operation("work", note=KEY, password="x"):
        pass
    assert recorder.span().attributes["note"] == KEY
    recorder.configure(
        redact_keys="employee_id",
        redact_patterns={"ticket": r"TCK-\d+", "city": lambda text: text.replace("Rome", "[redacted:city]")},
        redact_leave=["email", "user.id"],
    )
    with monitor_operation("work", user_id=KEY, employee_id="A1", mail="ada@example.com", text="TCK-1 in Rome"):
        pass
    attributes = recorder.span().attributes
    assert {key: attributes[key] for key in ("user.id", "employee_id", "mail", "text")} == {
        "user.id": KEY,
        "employee_id": "[redacted:key]",
        "mail": "ada@example.com",
        "text": "[redacted:ticket] in [redacted:city]",
    }


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ({"redact_leave": "emial"}, "setting 'redact_leave': expected kinds .* or attributes; did you mean 'email'"),
        ({"redact_patterns": {"x": "["}}, "setting 'redact_patterns': expected a regular expression for 'x'"),
        ({"redact_patterns": {"x": 5}}, "setting 'redact_patterns': expected a regular expression or a function"),
        ({"redact_keys": 5}, "setting 'redact_keys': expected names such as employee_id,email"),
        ({"redact": "maybe"}, "setting 'redact': expected true or false"),
    ],
)
def test_a_wrong_setting_is_named(setting, expected):
    with pytest.raises(ConfigurationError, match=expected):
        otel_agents.configure(traces_exporter="none", **setting)


def test_a_span_that_cannot_be_redacted_leaves_without_texts(recorder, monkeypatch, caplog):
    monkeypatch.setattr(faults, "raising", False)
    faults.counts.clear()

    def broken(text: str) -> str:
        raise RuntimeError("broken")

    with caplog.at_level(logging.CRITICAL):
        recorder.configure(redact_patterns={"x": broken})
        with monitor_operation("work", note=KEY, n=5) as op:
            op.event("moment", note=KEY)
        span = recorder.span()
    assert KEY not in str(encode([span]))
    assert (span.name, span.attributes["note"], span.attributes["n"], span.events) == (
        "[redacted:failed]",
        "[redacted:failed]",
        5,
        (),
    )
    assert faults.counts["RedactProcessor.process"] == 1


def test_exporters_of_the_users_own_get_what_is_redacted(recorder):
    seen = []

    class Mine(InMemorySpanExporter):
        def export(self, spans):
            seen.extend(span.attributes["note"] for span in spans)
            return SpanExportResult.SUCCESS

    otel_agents.configure(traces_exporter="none", exporters=[Mine()])
    with monitor_operation("work", note=KEY):
        pass
    assert otel_agents.flush()
    assert seen == [GONE]
