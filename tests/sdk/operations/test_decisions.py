"""op.route and op.score: what was chosen, and how good it was."""

from opentelemetry.trace import INVALID_SPAN

from otel_agents import context, current_operation, monitor_operation

ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "gpt-4o",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
}


def events(span) -> list[tuple[str, dict[str, object]]]:
    return [(event.name, dict(event.attributes)) for event in span.events]


def test_a_routing_decision(recorder) -> None:
    with monitor_operation("select", agent_name="Selector") as op:
        op.route("crewai", score=0.85, reason="several entities", candidates=["simple", "crewai"])
    span = recorder.span()
    expected = {
        "otel_agents.route.selected": "crewai",
        "otel_agents.route.score": 0.85,
        "otel_agents.route.reason": "several entities",
        "otel_agents.route.candidates": ("simple", "crewai"),
    }
    assert events(span) == [("otel_agents.route", expected)]
    assert {key: value for key, value in span.attributes.items() if ".route." in key} == expected


def test_the_last_decision_of_several_is_the_spans(recorder) -> None:
    with monitor_operation("select") as op:
        op.route("simple", 0.4)
        op.route("crewai", candidates={"simple": 0.1, "crewai": 0.9})
    span = recorder.span()
    assert [event[1]["otel_agents.route.selected"] for event in events(span)] == ["simple", "crewai"]
    assert span.attributes["otel_agents.route.selected"] == "crewai"
    assert span.attributes["otel_agents.route.candidates"] == {"simple": 0.1, "crewai": 0.9}


def test_an_evaluation_is_the_conventions_event(recorder) -> None:
    with monitor_operation("ask", model="gpt-4o") as op:
        op.response(ANSWER)
        op.score("relevance", 1, label="pass", explanation="names the city")
    assert events(recorder.span()) == [
        (
            "gen_ai.evaluation.result",
            {
                "gen_ai.evaluation.name": "relevance",
                "gen_ai.evaluation.score.value": 1.0,
                "gen_ai.evaluation.score.label": "pass",
                "gen_ai.evaluation.explanation": "names the city",
                "gen_ai.response.id": "chatcmpl-1",
            },
        )
    ]


def test_scores_of_any_type(recorder) -> None:
    with monitor_operation("ask") as op:
        op.score("a", "0.5")
        op.score("b", "good")
        op.score("c", float("nan"), label=5)
        op.score("d", True)
        op.score("e", [1])
        op.route("x", score="high")
    given = [
        {key.removeprefix("gen_ai.evaluation."): value for key, value in said.items()}
        for _, said in events(recorder.span())
    ]
    assert given == [
        {"name": "a", "score.value": 0.5},
        {"name": "b", "score.label": "good"},
        {"name": "c", "score.label": "5"},
        {"name": "d", "score.value": 1.0},
        {"name": "e", "score.label": "[1]"},
        {"otel_agents.route.selected": "x", "otel_agents.route.score": "high"},
    ]


def test_a_late_evaluation_is_a_span_below(recorder) -> None:
    with context(session="s"), monitor_operation("ask") as op:
        pass
    op.score("feedback", 0)
    asked, judged = recorder.spans()
    assert (judged.name, judged.parent.span_id, judged.attributes["session.id"]) == (
        "evaluate feedback",
        asked.context.span_id,
        "s",
    )
    assert events(judged) == [
        ("gen_ai.evaluation.result", {"gen_ai.evaluation.name": "feedback", "gen_ai.evaluation.score.value": 0.0})
    ]


def test_outside_of_every_operation_nothing_is_recorded(recorder) -> None:
    assert current_operation().span is INVALID_SPAN
    current_operation().route("x")
    current_operation().score("x", 1)
    assert recorder.spans() == []
