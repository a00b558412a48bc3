"""configure(): what is sent where, what replaces what, and what is refused."""

import dataclasses
import inspect
import logging
import socket
import sys
from types import SimpleNamespace

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

import otel_agents
from otel_agents import configure, flush, monitor_operation, shutdown
from otel_agents.errors import ConfigurationError
from otel_agents.sdk.options import SdkSettings
from tests.sdk.receiving import receiving


@pytest.fixture(autouse=True)
def _shut_down(monkeypatch):
    for variable in ("OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER"):
        monkeypatch.delenv(variable, raising=False)
    yield
    shutdown()


@pytest.fixture
def receiver():
    with receiving() as server:
        yield server


def attributes(message) -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in message.resource_spans[0].resource.attributes}


def test_spans_arrive_with_their_service_and_scope(receiver) -> None:
    configure(service_name="shop", endpoint=receiver.url, resource_attributes={"team": "search"})
    with monitor_operation("work"):
        pass
    assert flush()
    ((path, headers, message),) = receiver.requests
    assert (path, headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
    assert (attributes(message)["service.name"], attributes(message)["team"]) == ("shop", "search")
    scope = message.resource_spans[0].scope_spans[0].scope
    assert (scope.name, scope.version) == ("otel_agents", otel_agents.__version__)


def test_variables_say_where_to_and_how(receiver, monkeypatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "from-variable")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=a%20b")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{receiver.url}/custom")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20x")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    configure()
    with monitor_operation("work"):
        pass
    assert flush()
    ((path, headers, message),) = receiver.requests
    assert (path, headers["authorization"], headers["content-encoding"]) == ("/custom", "Bearer x", "gzip")
    assert (attributes(message)["service.name"], attributes(message)["team"]) == ("from-variable", "a b")


def test_the_programs_endpoint_goes_before_the_variables(receiver, monkeypatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1/elsewhere")
    configure(endpoint=receiver.url)
    with monitor_operation("work"):
        pass
    assert flush()
    assert receiver.names() == ["work"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"endpoint": "not a url"}, "setting 'endpoint': expected an address"),
        ({"sample_ratio": 2}, "setting 'sample_ratio': expected a number between 0 and 1, got 2"),
        ({"protocol": "smoke"}, "setting 'protocol': expected one of http/protobuf, grpc, got 'smoke'"),
        ({"headers": ["a"]}, "setting 'headers': expected headers such as"),
        ({"processors": [object()]}, "setting 'processors': expected OpenTelemetry SpanProcessor objects"),
        ({"sampler": "sometimes"}, "setting 'sampler': expected one of always_on"),
        ({"certificate": "/no/such/file"}, "setting 'certificate': expected a file that exists"),
        ({"spool": 3.5}, "setting 'spool': expected true, false or a folder, got 3.5"),
        ({"servce_name": "x"}, "unknown setting 'servce_name'; did you mean 'service_name'?"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(given, says) -> None:
    with pytest.raises(ConfigurationError) as caught:
        configure(**given)
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, ["Start uWSGI with --enable-threads and --py-call-uwsgi-fork-hooks: without, its workers send no spans"]),
        ({"threads": b"2"}, ["Start uWSGI with --py-call-uwsgi-fork-hooks: without, its workers send no spans"]),
        ({"enable-threads": True, "lazy-apps": True}, []),
    ],
)
def test_uwsgi_has_to_be_told_of_threads_and_forks(monkeypatch, caplog, options, says) -> None:
    monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(opt=options))
    configure(traces_exporter="none")
    assert caplog.messages == says


def test_a_wrong_variable_is_named(monkeypatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "much")
    with pytest.raises(ConfigurationError, match="variable OTEL_TRACES_SAMPLER_ARG: expected a number"):
        configure()


class Collecting(SpanExporter):
    def __init__(self) -> None:
        self.names: list[str] = []
        self.ended = False

    def export(self, spans):
        self.names += [span.name for span in spans]
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self.ended = True


class Watching(SpanProcessor):
    def __init__(self) -> None:
        self.seen: list[str] = []
        self.ended = False

    def on_start(self, span, parent_context=None) -> None:
        self.seen.append(f"start {span.name}")

    def on_end(self, span) -> None:
        self.seen.append(f"end {span.name} {span.attributes.get('gen_ai.input.messages') is not None}")

    def shutdown(self) -> None:
        self.ended = True


def test_called_again_it_replaces_and_never_doubles() -> None:
    tracer = trace.get_tracer("obtained early")
    first, second = Collecting(), Collecting()
    watching = Watching()
    configure(traces_exporter="none", exporters=[first], processors=[watching])
    with monitor_operation("one"):
        pass
    open_across = tracer.start_span("across")
    configure(traces_exporter="none", exporters=[second])
    open_across.end()
    with tracer.start_as_current_span("two"):
        pass
    assert flush()
    assert (first.names, first.ended) == (["one"], True)
    assert (second.names, second.ended) == (["across", "two"], False)
    assert (watching.seen, watching.ended) == (["start one", "end one False", "start across"], True)


def test_a_foreign_processor_sees_what_was_said() -> None:
    watching = Watching()
    configure(traces_exporter="none", processors=[watching])
    with monitor_operation("ask", model="m") as op:
        op.input("Hi")
    assert watching.seen == ["start ask", "end ask True"]


def test_a_failing_processor_and_exporter_do_not_reach_the_program(caplog, monkeypatch) -> None:
    from otel_agents.sdk import faults

    monkeypatch.setattr(faults, "raising", False)
    monkeypatch.setattr(faults, "counts", faults.counts.__class__())

    class Failing(SpanProcessor):
        def on_start(self, span, parent_context=None):
            raise RuntimeError("on start")

        def on_end(self, span):
            raise RuntimeError("on end")

    class FailingExporter(SpanExporter):
        def export(self, spans):
            raise RuntimeError("export")

    healthy = Collecting()
    configure(traces_exporter="none", processors=[Failing()], exporters=[FailingExporter(), healthy])
    for _ in range(3):
        with monitor_operation("work"):
            pass
    assert flush()
    assert healthy.names == ["work"] * 3
    said = [record.message for record in caplog.records if "the program goes on" in record.message]
    assert sorted(said) == [
        "Failing.on_end failed; the program goes on, and this is not said again",
        "Failing.on_start failed; the program goes on, and this is not said again",
        "sending spans to FailingExporter failed; the program goes on, and this is not said again",
    ]


def test_tracing_that_is_off_makes_nothing() -> None:
    collecting = Collecting()
    configure(traces_exporter="none", exporters=[collecting], enabled=False)
    with monitor_operation("work", user_id="u") as op:
        op.set(a=1)
        op.usage(input_tokens=1)
        op.handoff("other")
        assert list(op.stream([1, 2])) == [1, 2]
    with trace.get_tracer("t").start_as_current_span("stock") as span:
        assert not span.is_recording()
    assert flush()
    assert (collecting.names, op.trace_id) == ([], "0" * 32)


def test_the_variable_that_switches_the_sdk_off(monkeypatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    collecting = Collecting()
    configure(traces_exporter="none", exporters=[collecting])
    with monitor_operation("work"):
        pass
    assert flush()
    assert collecting.names == []


def test_nothing_below_a_span_that_is_not_sampled() -> None:
    collecting = Collecting()
    configure(traces_exporter="none", exporters=[collecting], sample_ratio=0.0)
    with monitor_operation("root"), monitor_operation("child"):
        assert not trace.get_current_span().is_recording()
        assert trace.get_current_span().get_span_context().is_valid
        with trace.get_tracer("t").start_as_current_span("stock"):
            pass
    assert flush()
    assert collecting.names == []


def test_a_ratio_the_program_gives_is_used_whatever_the_variable_says(monkeypatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")
    collecting = Collecting()
    configure(traces_exporter="none", exporters=[collecting], sample_ratio=0.0)
    with monitor_operation("root"):
        pass
    assert flush()
    assert collecting.names == []


# --- Delivery -----------------------------------------------------------------------------------------------------


def test_it_comes_again_when_the_receiver_asks_for_it(receiver) -> None:
    for status in (503, 429):
        receiver.answers.put((status, {"retry-after": "0"}))
    configure(endpoint=receiver.url)
    with monitor_operation("work"):
        pass
    assert flush()
    assert receiver.names() == ["work"] * 3  # the same batch, three times sent, once taken


def test_what_is_refused_is_not_sent_again(receiver, caplog) -> None:
    receiver.answers.put((400, {}))
    configure(endpoint=receiver.url)
    with monitor_operation("work"):
        pass
    assert flush()
    assert receiver.names() == ["work"]
    assert [record.message for record in caplog.records] == [f"{receiver.url}/v1/traces did not take 1 spans: HTTP 400"]


def test_a_batch_that_is_too_large_goes_in_halves(receiver) -> None:
    receiver.largest = 12_000
    configure(endpoint=receiver.url)
    for n in range(4):
        with monitor_operation(f"span {n}", text="x" * 4_000):
            pass
    with monitor_operation("huge", text="x" * 20_000):
        pass
    assert flush()
    assert receiver.names() == ["span 0", "span 1", "span 2", "span 3"]


def test_nobody_there_costs_one_line_and_spans_wait_for_who_comes(caplog) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    configure(endpoint=f"http://127.0.0.1:{port}")
    with monitor_operation("before"):
        pass
    assert not flush()
    assert not flush()
    with receiving(port) as receiver:
        receiver.wait()
        assert receiver.names() == ["before"]
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("otel_agents", logging.WARNING)
    assert record.message.startswith(f"No answer from http://127.0.0.1:{port}/v1/traces (")
    assert "otel-agents up" in record.message


def test_a_queue_that_is_full_waits_for_the_thread_and_loses_nothing(receiver) -> None:
    configure(endpoint=receiver.url, queue_size=10, interval=3600)
    for _ in range(250):
        with monitor_operation("work"):
            pass
    assert flush()
    assert len(receiver.names()) == 250


def test_nothing_is_recorded_before_configure_and_it_is_said_once(caplog, monkeypatch) -> None:
    from opentelemetry.trace import NoOpTracer

    from otel_agents.sdk import runtime

    monkeypatch.setattr(runtime, "current", runtime.Runtime(NoOpTracer()))
    for _ in range(2):
        with monitor_operation("work") as op:
            op.set(a=1)
    assert [record.message for record in caplog.records] == [
        "Nothing is recorded: otel_agents.configure() has not been called"
    ]


def test_every_setting_is_an_argument() -> None:
    *arguments, rest = inspect.signature(configure).parameters
    assert (set(arguments), rest) == ({field.name for field in dataclasses.fields(SdkSettings)}, "unknown")
