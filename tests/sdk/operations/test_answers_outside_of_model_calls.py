"""Usage and answers given to an operation that is no model call become model calls below it, so that totals hold."""

from otel_agents import conventions, current_operation, metrics_collector, monitor_operation

ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "gpt-4o-2024-08-06",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Yes"}}],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 100},
}


def test_answers_of_an_agent_are_model_calls_below_it_one_after_the_other(recorder):
    with monitor_operation("user_request", agent_name="Asker") as op:
        op.response(ANSWER)
        op.response(ANSWER)

    first, second, request = recorder.spans()
    assert [span.name for span in (first, second)] == ["chat gpt-4o-2024-08-06"] * 2
    assert {span.parent.span_id for span in (first, second)} == {request.context.span_id}
    assert (first.start_time, second.start_time >= first.start_time) == (request.start_time, True)
    assert conventions.USAGE_INPUT_TOKENS not in request.attributes
    assert {key: first.attributes[key] for key in (conventions.USAGE_INPUT_TOKENS, conventions.AGENT_NAME)} == {
        conventions.USAGE_INPUT_TOKENS: 1000,
        conventions.AGENT_NAME: "Asker",
    }


def test_their_tokens_and_cost_are_the_agents_in_the_programs_own_figures(recorder):
    with monitor_operation("user_request", agent_name="Spender") as op:
        op.usage(input_tokens=1000, output_tokens=100, cost=0.25)
    spender = metrics_collector.metrics["Spender"]
    assert (spender.total_requests, spender.total_tokens, spender.total_cost) == (1, 1100, 0.25)


def test_a_stream_read_inside_an_agent_is_a_model_call_with_its_time_to_the_first_chunk(recorder):
    chunks = [
        {"object": "chat.completion.chunk", "model": "gpt-4o", "choices": [{"index": 0, "delta": {"content": "Yes"}}]},
        {"object": "chat.completion.chunk", "model": "gpt-4o", "choices": [], "usage": ANSWER["usage"]},
    ]
    with monitor_operation("user_request", agent_name="Reader") as op:
        assert list(op.stream(iter(chunks))) == chunks

    call = recorder.span("chat gpt-4o")
    assert call.attributes[conventions.USAGE_OUTPUT_TOKENS] == 100
    assert call.attributes[conventions.RESPONSE_TIME_TO_FIRST_CHUNK] > 0


def test_the_current_operation_of_a_model_call_keeps_its_usage_to_itself(recorder):
    with monitor_operation("chat", model="gpt-4o"):
        current_operation().usage(input_tokens=3)
    assert recorder.span().attributes[conventions.USAGE_INPUT_TOKENS] == 3
