"""Our attribute names against those released in opentelemetry-semantic-conventions."""

from opentelemetry.semconv._incubating.attributes import gen_ai_attributes

from otel_agents import conventions


def test_every_gen_ai_name_we_write_is_a_released_one():
    released = {value for name, value in vars(gen_ai_attributes).items() if name.startswith("GEN_AI_")}
    written = {name: value for name, value in vars(conventions).items() if str(value).startswith("gen_ai.")}
    assert written.pop("EVALUATION_EVENT") == "gen_ai.evaluation.result"  # an event's name, which the package has not
    assert set(written.values()) - released == set()


def test_content_keys_are_names_of_ours():
    names = {value for value in vars(conventions).values() if isinstance(value, str)}
    assert set(conventions.CONTENT_KEYS) <= names
