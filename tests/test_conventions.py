"""Our attribute names against those released in opentelemetry-semantic-conventions."""

from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics

from otel_agents import conventions

# In the GenAI conventions' repository, and in no released package yet.
UNRELEASED_METRICS = {
    "gen_ai.execute_tool.duration",
    "gen_ai.invoke_agent.duration",
    "gen_ai.invoke_workflow.duration",
}


def named(module, prefix: str) -> set[str]:
    return {value for name, value in vars(module).items() if name.startswith(prefix) and isinstance(value, str)}


def test_every_gen_ai_name_we_write_is_a_released_one():
    written = {name for name in named(conventions, "") - named(conventions, "METRIC_") if name.startswith("gen_ai.")}
    written.remove(conventions.EVALUATION_EVENT)  # an event's name, which the package has not
    assert written - named(gen_ai_attributes, "GEN_AI_") == set()


def test_the_metrics_are_released_ones_but_for_three():
    ours = {name for name in named(conventions, "METRIC_") if name.startswith("gen_ai.")}
    assert ours - named(gen_ai_metrics, "GEN_AI_") == UNRELEASED_METRICS


def test_content_keys_are_names_of_ours():
    names = {value for value in vars(conventions).values() if isinstance(value, str)}
    assert set(conventions.CONTENT_KEYS) <= names
