"""instrument(): what it finds and switches on, what it skips and why, and what it refuses."""

import os
import sys

import pytest

import otel_agents
from otel_agents import instrument, uninstrument
from otel_agents.errors import ConfigurationError

BASE = "opentelemetry.instrumentation.instrumentor"
PROGRAM = """
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor
did = []
class Instrumentor(BaseInstrumentor):
    def instrumentation_dependencies(self): return ()
    def _instrument(self, **given): did.append("on"); self.given = given; {body}
    def _uninstrument(self, **given): did.append("off")
"""


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch):
    for variable in ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "TRACELOOP_TRACE_CONTENT"):
        monkeypatch.setenv(variable, "")  # so that it is put back
        monkeypatch.delenv(variable)
    yield
    uninstrument()


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install instrumentations that are a few lines each."""
    pytest.importorskip(BASE)
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def install(package: str, library: str, *, body: str = "", target: str | None = None) -> list[str]:
        module = package.replace("-", "_")
        made.append(module)
        (tmp_path / f"{module}.py").write_text(PROGRAM.format(body=body))
        about = tmp_path / f"{module}-1.0.dist-info"
        about.mkdir()
        needs = f'Provides-Extra: instruments\nRequires-Dist: {target}; extra == "instruments"\n' if target else ""
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n{needs}")
        (about / "entry_points.txt").write_text(f"[opentelemetry_instrumentor]\n{library} = {module}:Instrumentor\n")
        return module

    yield install
    uninstrument()
    for module in made:
        sys.modules.pop(module, None)


def test_one_for_each_library_and_opentelemetrys_goes_first(install) -> None:
    install("openinference-instrumentation-shop", "shop")
    module = install("opentelemetry-instrumentation-shop", "shop")
    told = instrument("shop")
    assert told.on == {"shop": "opentelemetry-instrumentation-shop 1.0"}
    assert told.skipped == {
        "openinference-instrumentation-shop 1.0": "opentelemetry-instrumentation-shop 1.0 traces shop"
    }
    assert sys.modules[module].did == ["on"]


def test_it_can_be_said_twice_and_taken_back(install) -> None:
    module = install("opentelemetry-instrumentation-shop", "shop")
    assert instrument("shop") == instrument("shop")
    assert sys.modules[module].did == ["on"]
    uninstrument("shop")
    uninstrument("shop")
    assert sys.modules[module].did == ["on", "off"]


def test_a_package_can_be_chosen_and_stays_chosen(install) -> None:
    install("openinference-instrumentation-shop", "shop")
    install("opentelemetry-instrumentation-shop", "shop")
    assert instrument("openinference-instrumentation-shop").on == {"shop": "openinference-instrumentation-shop 1.0"}
    assert instrument("shop").on == {"shop": "openinference-instrumentation-shop 1.0"}
    told = instrument("opentelemetry_instrumentation_shop")
    assert told.skipped == {
        "opentelemetry-instrumentation-shop 1.0": "openinference-instrumentation-shop 1.0 traces shop"
    }


def test_one_that_fails_does_not_keep_the_next_from_being_switched_on(install) -> None:
    install("opentelemetry-instrumentation-shop", "shop", body="raise OSError('out of order')")
    install("openinference-instrumentation-shop", "shop")
    install("openinference-instrumentation-till", "till")
    told = instrument("shop", "till")
    assert told.on == {
        "shop": "openinference-instrumentation-shop 1.0",
        "till": "openinference-instrumentation-till 1.0",
    }
    assert told.skipped == {"opentelemetry-instrumentation-shop 1.0": "OSError: out of order"}
    assert str(told) == (
        "shop  traced by openinference-instrumentation-shop 1.0\n"
        "till  traced by openinference-instrumentation-till 1.0\n"
        "skipped opentelemetry-instrumentation-shop 1.0: OSError: out of order"
    )


def test_a_library_that_is_not_there_is_not_traced(install) -> None:
    module = install("opentelemetry-instrumentation-shop", "shop", target="no-such-library>=2")
    (why,) = instrument("shop").skipped.values()
    assert "no-such-library" in why
    assert module not in sys.modules


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("shpo", "no instrumentation of 'shpo' is installed; did you mean 'shop'?"),
        ("mcp", "no instrumentation of 'mcp' is installed; one is: pip install openinference-instrumentation-mcp"),
    ],
)
def test_a_name_nothing_has_is_refused_with_what_is_near_or_missing(install, monkeypatch, name, says) -> None:
    install("opentelemetry-instrumentation-shop", "shop")
    with pytest.raises(ConfigurationError) as caught:
        instrument("shop", name)
    assert str(caught.value) == says
    assert instrument("shop").on != {}


def test_without_any_there_is_nothing_to_switch_on(monkeypatch) -> None:
    monkeypatch.setattr("otel_agents.sdk.instrumenting.entry_points", lambda group: [])
    assert str(instrument()) == "No instrumentation is installed."


def test_metrics_of_model_calls_are_left_to_us_and_others_are_not(install) -> None:
    module = install("opentelemetry-instrumentation-genai-aaa", "openai")
    other = install("opentelemetry-instrumentation-shop", "shop")
    assert instrument("opentelemetry-instrumentation-genai-aaa", "shop").skipped == {}
    assert type(sys.modules[module].Instrumentor().given["meter_provider"]).__name__ == "NoOpMeterProvider"
    assert sys.modules[other].Instrumentor().given == {}


@pytest.mark.parametrize(("capture", "said"), [(True, "span_only"), (False, "no_content")])
def test_what_others_record_of_messages_follows_our_setting(recorder, install, capture, said) -> None:
    install("opentelemetry-instrumentation-shop", "shop")
    recorder.configure(capture_content=capture)
    instrument("shop")
    assert os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] == said
    otel_agents.configure(traces_exporter="none")  # which reads that variable too
    from otel_agents.sdk import runtime

    assert runtime.current.capture_content is capture


@pytest.mark.parametrize(("capture", "shown"), [(True, "how many?"), (False, "__REDACTED__")])
def test_openinference_hides_messages_where_we_do(recorder, capture, shown) -> None:
    pytest.importorskip("openinference.instrumentation.openai")
    import openai

    recorder.configure(capture_content=capture)
    instrument("openinference-instrumentation-openai")
    client = openai.OpenAI(base_url="http://127.0.0.1:9", api_key="none", max_retries=0)
    with pytest.raises(openai.APIConnectionError):
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "how many?"}])
    assert shown in recorder.span("ChatCompletion").attributes["input.value"]
