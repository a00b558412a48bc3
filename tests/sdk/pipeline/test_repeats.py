"""A model call that is traced twice is counted once, whoever traced it inside."""

import threading

import pytest
from opentelemetry import trace
from opentelemetry.context import get_current

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
        ("messages.create", "model"),
        ("messages.create", "other"),
        ("ask", "model"),
    ]


def test_a_providers_span_outside_of_ours_is_left_alone(recorder):
    provider_span("r-3", 7)
    assert types(recorder) == [("messages.create", "model")]


def test_three_around_one_another_are_one_call_and_none_is_lost(recorder):
    with monitor_operation("ask", model="thrice") as op:
        with trace.get_tracer("framework").start_as_current_span("ChatModel", attributes={KIND: "LLM"}) as around:
            provider_span("r-1", 40)
            around.set_attribute("llm.token_count.prompt", 40)
        op.usage(input_tokens=40)
    assert types(recorder) == [("messages.create", "other"), ("ChatModel", "other"), ("ask", "model")]


def test_what_only_the_one_inside_has_read_is_taken_over(recorder):
    with monitor_operation("ask", model="gpt-4o", provider="openai"):
        openinference_span("gpt-4o-2024-08-06", 1000, 100)
    inside, call = recorder.spans()
    assert inside.attributes["otel_agents.span.type"] == "other"
    said = {key: call.attributes.get(key) for key in ("gen_ai.request.model", *USAGE, "operation.cost")}
    assert said == {
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 100,
        "operation.cost": 1000 * 2.5e-6 + 100 * 10e-6,
    }


def test_a_call_that_fails_twice_over_is_one_that_failed(recorder):
    try:
        with monitor_operation("ask", model="failing"):
            with trace.get_tracer("provider").start_as_current_span("chat", attributes={KIND: "LLM"}):
                raise TimeoutError
    except TimeoutError:
        pass
    recorder.spans()
    metrics = metrics_collector.model_metrics["failing"]
    assert (metrics["requests"], metrics["failures"]) == (1, 1)


def test_embeddings_inside_of_a_call_are_calls_of_their_own(recorder):
    with monitor_operation("ask", model="gpt-4o"):
        said = {"gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 7}
        trace.get_tracer("provider").start_span("embeddings", attributes=said).end()
    assert types(recorder) == [("embeddings", "model"), ("ask", "model")]


def test_a_call_in_another_dialect_is_read_priced_and_belongs_to_the_agent_around(recorder):
    with monitor_operation("request", agent_name="Translator"):
        openinference_span("gpt-4o", 1000, 100)
    call, _ = recorder.spans()
    ours = ("otel_agents.span.type", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.agent.name", *USAGE)
    assert [call.attributes[key] for key in ours] == ["model", "openai", "gpt-4o", "Translator", 1000, 100]
    assert call.attributes["operation.cost"] == 1000 * 2.5e-6 + 100 * 10e-6
    assert metrics_collector.metrics["Translator"].total_tokens == 1100


def test_spans_that_are_nobodys_model_tool_or_agent_are_left_as_they_are(recorder):
    trace.get_tracer("http").start_span("GET", attributes={"http.request.method": "GET"}).end()
    assert dict(recorder.span("GET").attributes) == {"http.request.method": "GET"}


KIND = "openinference.span.kind"
USAGE = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")


def openinference_span(model: str, prompt: int, completion: int) -> None:
    """What an instrumentation of OpenInference's writes."""
    said = {KIND: "LLM", "llm.system": "openai", "llm.model_name": model}
    with trace.get_tracer("openinference").start_as_current_span("ChatCompletion", attributes=said) as span:
        span.set_attributes({"llm.token_count.prompt": prompt, "llm.token_count.completion": completion})


def callbacks(spans: list) -> None:
    """What the callbacks of a framework write, which make no span current."""
    tracer, context = trace.get_tracer("framework"), get_current()
    for inside, answers in spans:
        model_run = tracer.start_span("ChatModel", context)
        inside()
        model_run.set_attributes(
            {KIND: "LLM", "llm.token_count.prompt": answers[0], "llm.token_count.completion": answers[1]}
        )
        model_run.end()


def test_a_call_traced_beside_by_a_frameworks_callbacks_is_one_call(recorder):
    with monitor_operation("chain", agent_name="Chained"):
        callbacks([(lambda: openinference_span("gpt-4o", 1000, 100), (1000, 100))])
    assert types(recorder) == [("ChatCompletion", "model"), ("ChatModel", "other"), ("chain", "agent")]
    assert metrics_collector.metrics["Chained"].total_tokens == 1100


def test_two_beside_one_another_inside_of_ours_are_one_call(recorder):
    with monitor_operation("ask", model="gpt-4o"):
        callbacks([(lambda: openinference_span("gpt-4o", 1000, 100), (1000, 100))])
    assert types(recorder) == [("ChatCompletion", "other"), ("ChatModel", "other"), ("ask", "model")]
    assert recorder.span("ask").attributes["gen_ai.usage.input_tokens"] == 1000


def test_other_calls_beside_stay_calls(recorder):
    with monitor_operation("chain"):
        callbacks([(lambda: openinference_span("gpt-4o", 7, 7), (1000, 100))])
    assert types(recorder) == [("ChatCompletion", "model"), ("ChatModel", "model"), ("chain", "other")]


@pytest.mark.parametrize("id_known", [True, False])
def test_an_answer_given_to_an_agent_is_no_second_call_where_the_call_is_traced(recorder, id_known):
    answer = {
        "id": "chatcmpl-7",
        "object": "chat.completion",
        "model": "gpt-4o",
        "choices": [],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
    }
    with monitor_operation("request", agent_name="Answering") as op:
        if id_known:
            provider_span("chatcmpl-7", 1000)
        else:
            openinference_span("gpt-4o", 1000, 100)
        op.response(answer)
        op.response({**answer, "id": "chatcmpl-8"})  # of a call nobody else has traced
    assert [span.attributes["otel_agents.span.type"] for span in recorder.spans()] == ["model", "model", "agent"]


def test_calls_that_end_together_in_threads_around_the_end_of_the_one_around_are_all_there(recorder):
    tracer = trace.get_tracer("provider")
    for _ in range(50):
        together = threading.Barrier(4)
        with monitor_operation("ask", model="raced"):
            inside = [tracer.start_span("chat", attributes={KIND: "LLM"}) for _ in range(3)]

            def end(span=None, together=together):
                together.wait()
                span.end()

            threads = [threading.Thread(target=end, args=(span,)) for span in inside]
            for thread in threads:
                thread.start()
            together.wait()
        for thread in threads:
            thread.join()
    assert len(recorder.spans()) == 50 * 4
