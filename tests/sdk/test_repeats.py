"""A model call that is traced twice is counted once, whoever traced it inside."""

from opentelemetry import trace

from otel_agents import metrics_collector, monitor_operation


def types(recorder) -> list[tuple[str, str]]:
    """The name and type of each span, in the order they were delivered."""
    return [(span.name, span.attributes.get("otel_agents.span.type", "")) for span in recorder.spans()]


def provider_span(response_id: str, tokens: int) -> None:
    """What a provider's package traces of its own call."""
    said = {"gen_ai.operation.name": "chat", "gen_ai.response.id": response_id, "gen_ai.usage.input_tokens": tokens}
    with trace.get_tracer("provider").start_as_current_span("messages.create", attributes=said):
        pass


def ours(response_id: str, tokens: int, model: str, *inside: tuple[str, int]) -> None:
    with monitor_operation("ask", model=model) as op:
        for call in inside:
            provider_span(*call)
        op.set({"gen_ai.response.id": response_id})
        op.usage(input_tokens=tokens)


def test_the_providers_own_span_of_the_same_answer_is_no_second_model_call(recorder):
    ours("r-1", 40, "repeated", ("r-1", 40))
    assert types(recorder) == [
        ("messages.create", "other"),
        ("ask", "model"),
    ]
    assert metrics_collector.model_metrics["repeated"]["requests"] == 1


def test_another_answer_inside_stays_a_call_of_its_own(recorder):
    ours("r-2", 40, "retried", ("r-1", 15), ("r-2", 40))
    assert types(recorder) == [
        ("messages.create", ""),
        ("messages.create", "other"),
        ("ask", "model"),
    ]


def test_a_providers_span_outside_of_ours_is_left_alone(recorder):
    provider_span("r-3", 7)
    assert types(recorder) == [("messages.create", "")]
