"""The scripted model's mind: it reads the conversation and decides what to call or say next.

A plan is a generator: it yields function calls, receives their results, and returns the answer. The model keeps no
state, like the real one: each request plays the results found in the conversation into the plan from its start, and
what the plan yields after the last of them is the next move.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from otel_agents.demo.model_server.code_plans import CODE_PLANS
from otel_agents.demo.model_server.conversation import Call, Move
from otel_agents.demo.model_server.data_plans import DATA_PLANS
from otel_agents.demo.model_server.plans import GaveUpError, Plan, failure

if TYPE_CHECKING:
    from otel_agents.demo.model_server.conversation import Conversation, JsonObject, Tool

HELLO = (
    "Hello. I hand questions to two colleagues: one reads and searches source code, the other queries the sales and "
    "support database. Ask me about either."
)
NO_TOOL = (
    "I am the scripted model of the otel-agents demo. I pick tools, read what they return and report it; none of the "
    "tools offered fits this question."
)


def decide(conversation: Conversation) -> Move:
    """Give the next move in a conversation."""
    plan = _choose(conversation)
    offered = {tool.name for tool in conversation.tools}
    # After a hand-over the conversation still holds the calls of the agent before: they are no part of this plan.
    rounds = [list(r.results) for r in conversation.rounds if offered.issuperset(r.calls)]
    try:
        calls = next(plan)
        for results in rounds:
            calls = plan.send(results)
    except StopIteration as end:
        return Move(text=end.value)
    except GaveUpError as why:
        return Move(text=str(why))
    return Move(calls=tuple(calls))


def _choose(conversation: Conversation) -> Plan:
    question, tools = conversation.question, conversation.tools
    transfers = [tool for tool in tools if tool.name.startswith("transfer_to_")]
    if transfers:
        return _hand_over(question, transfers)
    offered = {tool.name for tool in tools}
    for needed, pattern, plan in (*DATA_PLANS, *CODE_PLANS):
        if offered.issuperset(needed) and re.search(pattern, question, re.IGNORECASE):
            return plan(question)
    return _any_tool(question, tools)


def _hand_over(question: str, transfers: list[Tool]) -> Plan:
    """Hand over to the colleague whose description has most words of the question, or answer at once."""
    best = max(transfers, key=lambda tool: _likeness(question, tool))
    if not _likeness(question, best):
        return HELLO
    known = _words(best.description)
    about = [word for word in re.findall(r"\w+", question.lower()) if _words(word) & known]
    takes_reason = "reason" in best.parameters.get("properties", {})
    yield [Call(best.name, {"reason": f"the question is about {', '.join(about)}"} if takes_reason else {})]
    return "I have handed this over."


def _any_tool(question: str, tools: tuple[Tool, ...]) -> Plan:
    """Call the one tool that seems to fit, its arguments taken from the question, and report what it returned."""
    best = max(tools, key=lambda tool: _likeness(question, tool), default=None)
    if best is None or not _likeness(question, best):
        return HELLO if not question.strip(" ?!.").count(" ") else NO_TOOL
    [result] = yield [Call(best.name, _arguments(question, best))]
    problem = failure(result)
    return f"{best.name} failed: {problem}" if problem else f"According to {best.name}: {result}"


def _likeness(question: str, tool: Tool) -> int:
    return len(_words(question) & _words(f"{tool.name} {tool.description}"))


def _words(text: str) -> set[str]:
    """The words that carry meaning, without their endings: "defined" and "definitions" are alike."""
    return {word[:5] for word in re.findall(r"[a-z]{4,}|py\b|sql", text.lower()) if word not in FILLERS}


# Words of every question, which say nothing about who can answer it.
FILLERS = frozenset(
    {"what", "which", "where", "when", "whose", "with", "this", "that", "these", "does", "have", "many"}
)
FILLERS |= {
    "much",
    "most",
    "from",
    "into",
    "your",
    "about",
    "tell",
    "give",
    "show",
    "they",
    "there",
    "please",
    "question",
}


def _arguments(question: str, tool: Tool) -> JsonObject:
    properties: JsonObject = tool.parameters.get("properties", {})
    required = tool.parameters.get("required", list(properties))
    return {name: _argument(question, properties.get(name, {})) for name in required}


def _argument(question: str, schema: JsonObject) -> object:
    """Find a value for one parameter in the question, by its JSON type."""
    if schema.get("enum"):
        return next((value for value in schema["enum"] if str(value).lower() in question.lower()), schema["enum"][0])
    numbers = re.findall(r"-?\d+(?:\.\d+)?", question)
    match schema.get("type"):
        case "integer":
            return int(float(numbers[0])) if numbers else 1
        case "number":
            return float(numbers[0]) if numbers else 1.0
        case "boolean":
            return True
        case "array":
            return [_argument(question, schema.get("items", {}))]
        case "object":
            return {}
    named = re.findall(r"[\"'`“](.+?)[\"'`”]", question) or re.findall(r"(?<=\s)[A-Z]\w*(?:\s[A-Z]\w*)*", question)
    return named[0] if named else question
