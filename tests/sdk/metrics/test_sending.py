"""Where metrics go, and what happens when nobody takes them."""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

import otel_agents
from otel_agents import metrics, monitor_operation
from otel_agents.errors import ConfigurationError
from otel_agents.sdk.exporters.otlp_grpc import EXPORT_METRICS
from tests.sdk.metrics.conftest import newest, read
from tests.sdk.receiving import receiving

sent = metrics.counter("sent")


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("otel-agents")]


def test_off_is_the_default(receiver) -> None:
    otel_agents.configure(endpoint=receiver.url, traces_exporter="none")
    sent.add(1)
    assert otel_agents.flush()
    otel_agents.shutdown()
    assert (receiver.metrics, otel_agents.telemetry_health().metrics) == ([], {})


def test_labels_are_redacted(configure, receiver) -> None:
    configure()
    for address in ("ada@example.com", "bob@example.com"):
        metrics.counter("letters").add(1, to=f"Dear {address}", password="swordfish", city="Lisbon")
    assert otel_agents.flush()
    labels = {"to": "Dear [redacted:email]", "password": "[redacted:password]", "city": "Lisbon"}
    assert newest(receiver)["letters"].points == [(labels, 2)]


def test_they_are_sent_every_interval_and_at_the_end(configure, receiver) -> None:
    configure(metrics_interval=0.02)
    sent.add(1)
    receiver.wait(2)
    otel_agents.shutdown()
    assert newest(receiver)["sent"].points == [({}, 1)]
    assert threads() == []


def test_a_request_has_the_programs_name_and_its_headers(configure, receiver) -> None:
    configure(service_name="shop", resource_attributes={"team": "a"}, headers={"authorization": "Bearer x"})
    sent.add(1)
    assert otel_agents.flush()
    ((path, headers, message),) = receiver.metrics
    (resource,) = message.resource_metrics
    named = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
    assert (path, headers["authorization"], headers["content-type"]) == (
        "/v1/metrics",
        "Bearer x",
        "application/x-protobuf",
    )
    assert (named["service.name"], named["team"]) == ("shop", "a")
    assert [(scope.scope.name, scope.scope.version) for scope in resource.scope_metrics] == [
        ("otel_agents.metrics", otel_agents.__version__)
    ]


def test_the_next_configuration_describes_another_program(configure, receiver) -> None:
    configure(service_name="one", resource_attributes={"team": "a"})
    configure(service_name="two")
    sent.add(1)
    assert otel_agents.flush()
    (resource,) = newest_message(receiver).resource_metrics
    named = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
    assert (named["service.name"], "team" in named) == ("two", False)


def newest_message(receiver) -> ExportMetricsServiceRequest:
    return receiver.metrics[-1][2]


@pytest.mark.parametrize(
    ("variables", "given", "expected"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "{url}"}, {}, "/v1/metrics"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "{url}/base/"}, {}, "/base/v1/metrics"),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "{url}/my-metrics"}, {}, "/my-metrics"),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:9"}, {"endpoint": "{url}"}, "/v1/metrics"),
        ({}, {"endpoint": "{url}/v1/traces"}, "/v1/metrics"),
        ({}, {"endpoint": "http://127.0.0.1:9", "metrics_endpoint": "{url}/the-metrics"}, "/the-metrics"),
    ],
)
def test_the_address(receiver, monkeypatch, variables, given, expected) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(url=receiver.url))
    told = {name: value.format(url=receiver.url) for name, value in given.items()}
    otel_agents.configure(metrics=True, traces_exporter="none", **told)
    sent.add(1)
    assert otel_agents.flush()
    assert [path for path, _, _ in receiver.metrics] == [expected]


def test_metrics_have_variables_of_their_own(receiver, monkeypatch) -> None:
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-signal=traces")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x-signal=metrics")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "gzip")
    otel_agents.configure(spool=False)
    sent.add(1)
    with monitor_operation("one"):
        pass
    assert otel_agents.flush()
    ((_, of_spans, _),), ((_, of_metrics, _),) = receiver.requests, receiver.metrics
    assert (of_spans["x-signal"], of_spans.get("content-encoding")) == ("traces", None)
    assert (of_metrics["x-signal"], of_metrics["content-encoding"]) == ("metrics", "gzip")


def test_over_grpc() -> None:
    came: list[tuple[bytes, dict[str, str]]] = []

    class Service(grpc.GenericRpcHandler):
        def service(self, call):
            return grpc.unary_unary_rpc_method_handler(self.export) if call.method == EXPORT_METRICS else None

        def export(self, request, context):
            came.append((request, dict(context.invocation_metadata())))
            return b""

    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((Service(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        otel_agents.configure(
            metrics=True,
            system_metrics=False,
            traces_exporter="none",
            protocol="grpc",
            endpoint=f"http://127.0.0.1:{port}",
            headers={"x-team": "a"},
        )
        sent.add(4, region="eu")
        assert otel_agents.flush()
        otel_agents.shutdown()
    finally:
        server.stop(None).wait()
    request, headers = came[0]
    assert read(ExportMetricsServiceRequest.FromString(request))["sent"].points == [({"region": "eu"}, 4)]
    assert headers["x-team"] == "a"


def test_sums_since_the_last_collection_where_that_is_asked(configure, receiver) -> None:
    configure(metrics_temporality="delta")
    took = metrics.histogram("took.delta", buckets=[10])
    for n in (1, 2):
        sent.add(n)
        took.record(n)
        assert otel_agents.flush()
    assert [read(message)["sent"].points for _, _, message in receiver.metrics] == [[({}, 1)], [({}, 2)]]
    assert [read(message)["took.delta"].points[0][1].sum for _, _, message in receiver.metrics] == [1, 2]


def test_exponential_histograms_where_they_are_asked_for(configure, receiver) -> None:
    configure(metrics_histograms="base2_exponential_bucket_histogram")
    metrics.histogram("took.exponential").record(3)
    assert otel_agents.flush()
    assert newest_message(receiver).resource_metrics[0].scope_metrics[0].metrics[0].WhichOneof("data") == (
        "exponential_histogram"
    )


def test_the_console_prints_them(capsys) -> None:
    otel_agents.configure(metrics="console", traces_exporter="none", system_metrics=False)
    sent.add(3)
    otel_agents.shutdown()
    (line,) = capsys.readouterr().out.splitlines()
    (metric,) = json.loads(line)["resource_metrics"][0]["scope_metrics"][0]["metrics"]
    assert (metric["name"], [point["value"] for point in metric["data"]["data_points"]]) == ("sent", [3])


def test_when_nobody_answers_one_warning_says_so_for_spans_too(receiver, configure, caplog) -> None:
    with receiving() as gone:
        nobody = gone.url
    with caplog.at_level(logging.WARNING):
        configure(endpoint=nobody, traces_exporter="otlp", spool=False, metrics_interval=0.01)
        sent.add(1)
        with monitor_operation("one"):
            pass
        assert not otel_agents.flush()
        otel_agents.shutdown()
    unanswered = [record.getMessage() for record in caplog.records if "No answer from" in record.getMessage()]
    assert len(unanswered) == 1
    assert len(caplog.records) <= 2  # the other tells of the spans that are lost, as there is no spool
    assert threads() == []
    assert otel_agents.telemetry_health().metrics["undelivered"] >= 1


def test_what_was_not_taken_waits_for_the_next_time(configure, receiver) -> None:
    receiver.answers.put((503, {}))
    configure(metrics_temporality="delta")
    sent.add(1)
    assert not otel_agents.flush()
    sent.add(2)
    assert otel_agents.flush()
    assert [read(message)["sent"].points for _, _, message in receiver.metrics] == [
        [({}, 1)],
        [({}, 1)],
        [({}, 2)],
    ]
    assert otel_agents.telemetry_health().metrics == {"delivered": 2}


def test_a_receiver_without_metrics_is_told_of_once(configure, receiver, caplog) -> None:
    for _ in range(3):
        receiver.answers.put((404, {}))
    configure()
    with caplog.at_level(logging.WARNING, "otel_agents"):
        for _ in range(3):
            sent.add(1)
            assert otel_agents.flush()
    assert [record.getMessage() for record in caplog.records] == [
        f"{receiver.url}/v1/metrics did not take metrics: HTTP 404"
    ]
    assert otel_agents.telemetry_health().metrics == {"undelivered": 3}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"metrics": "prometheus"}, "setting 'metrics': expected true, false, otlp, console or none, got 'prometheus'"),
        ({"metrics_interval": 0}, "setting 'metrics_interval': expected a number between 0.01 and 86400, got 0"),
        (
            {"metrics_temporality": "newest"},
            "setting 'metrics_temporality': expected one of cumulative, delta, lowmemory, got 'newest'",
        ),
        ({"label_limit": 0}, "setting 'label_limit': expected a whole number between 1 and 1000000, got 0"),
    ],
)
def test_a_wrong_setting_is_named(settings, expected) -> None:
    with pytest.raises(ConfigurationError, match=f"^{expected}$"):
        otel_agents.configure(**settings)


def test_a_wrong_variable_of_metrics_is_named(monkeypatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "soon")
    with pytest.raises(ConfigurationError, match=r"^variable OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: expected a number"):
        otel_agents.configure(metrics=True, traces_exporter="none")
