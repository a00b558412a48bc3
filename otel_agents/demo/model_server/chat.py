"""OpenAI's Chat Completions on the wire: reads a request, writes the answer whole or as a stream of chunks."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from otel_agents.demo.model_server.conversation import (
    Conversation,
    History,
    RequestError,
    Tool,
    new_id,
    plain,
    refuse_unknown,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agents.demo.model_server.conversation import JsonObject, Move
    from otel_agents.demo.model_server.usage import Tokens


MESSAGE = frozenset({"role", "content", "name", "refusal", "annotations", "audio", "function_call"})
MESSAGE |= {"tool_calls", "tool_call_id"}
FUNCTION = frozenset({"name", "arguments"})


def read(body: JsonObject) -> Conversation:
    """Read the conversation out of a request's body.

    Raises:
        RequestError: the request is one the API would refuse.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RequestError(
            "Missing required parameter: 'messages'.", code="missing_required_parameter", param="messages"
        )
    history = History()
    for index, message in enumerate(messages):
        refuse_unknown(message, MESSAGE, f"messages[{index}]")
        role = message["role"]
        if role == "tool":
            if message["tool_call_id"] not in history.waiting:
                raise RequestError(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceding message with "
                    "'tool_calls'.",
                    param=f"messages.[{index}].role",
                )
            history.answered(message["tool_call_id"], plain(message["content"]))
            continue
        _refuse_unanswered(history)
        if role == "user":
            history.asked(plain(message["content"]))
        elif role == "assistant":
            for number, call in enumerate(message.get("tool_calls") or ()):
                refuse_unknown(call["function"], FUNCTION, f"messages[{index}].tool_calls[{number}].function")
                history.called(call["id"], call["function"]["name"])
        elif role not in ("system", "developer"):
            raise RequestError(f"Invalid value: '{role}'.", code="invalid_value", param=f"messages[{index}].role")
    _refuse_unanswered(history)
    functions = [tool["function"] for tool in body.get("tools") or () if tool["type"] == "function"]
    offered = tuple(Tool(f["name"], f.get("description") or "", f.get("parameters") or {}) for f in functions)
    prompt = json.dumps([body.get("tools") or [], messages], ensure_ascii=False)
    return Conversation(str(body["model"]), history.question, tuple(history.rounds), offered, prompt)


def _refuse_unanswered(history: History) -> None:
    if history.waiting:
        raise RequestError(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(history.waiting)}",
            param="messages",
        )


def answer(body: JsonObject, move: Move, usage: Tokens) -> JsonObject:
    """Write a whole ``chat.completion``."""
    message: JsonObject = {"role": "assistant", "content": move.text or None, "refusal": None, "annotations": []}
    if move.calls:
        message["tool_calls"] = [
            {"id": new_id("call_"), "type": "function", "function": {"name": call.name, "arguments": call.json}}
            for call in move.calls
        ]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(move)}
    return {**_head(body, "chat.completion"), "choices": [choice], "usage": usage.chat()}


def stream(body: JsonObject, move: Move, usage: Tokens) -> Iterator[str]:
    """Write ``chat.completion.chunk`` events, a token each; the last one has the usage when it was asked for."""
    head = _head(body, "chat.completion.chunk")
    include_usage = bool((body.get("stream_options") or {}).get("include_usage"))

    def chunk(delta: JsonObject, finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _event({**head, "choices": [choice], **({"usage": None} if include_usage else {})})

    yield chunk({"role": "assistant", "content": None if move.calls else "", "refusal": None})
    for index, call in enumerate(move.calls):
        function = {"name": call.name, "arguments": ""}
        yield chunk({"tool_calls": [{"index": index, "id": new_id("call_"), "type": "function", "function": function}]})
        for piece in tokens(call.json):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    for piece in tokens(move.text):
        yield chunk({"content": piece})
    yield chunk({}, _finish(move))
    if include_usage:
        yield _event({**head, "choices": [], "usage": usage.chat()})
    yield "data: [DONE]\n\n"


def _head(body: JsonObject, kind: str) -> JsonObject:
    return {
        "id": new_id("chatcmpl-"),
        "object": kind,
        "created": int(time.time()),
        "model": body["model"],
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _finish(move: Move) -> str:
    return "tool_calls" if move.calls else "stop"


def _event(data: JsonObject) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
