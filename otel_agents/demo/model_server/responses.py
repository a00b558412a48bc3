"""OpenAI's Responses API on the wire: reads a request, writes the answer whole or as a stream of typed events."""

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


FUNCTION_CALL = frozenset({"type", "id", "call_id", "name", "arguments", "status", "namespace", "caller", "async"})


def read(body: JsonObject) -> Conversation:
    """Read the conversation out of a request's body.

    Raises:
        RequestError: the request is one the API would refuse, or one that needs what only the real API stores.
    """
    if body.get("previous_response_id"):
        raise RequestError(
            f"Previous response with id '{body['previous_response_id']}' not found.",
            code="previous_response_not_found",
            param="previous_response_id",
        )
    given = body.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) and given else given
    if not isinstance(items, list) or not items:
        raise RequestError("Missing required parameter: 'input'.", code="missing_required_parameter", param="input")
    history = History()
    for index, item in enumerate(items):
        kind = item.get("type", "message")
        if kind == "message" and item["role"] == "user":
            history.asked(plain(item["content"]))
        elif kind == "function_call":
            refuse_unknown(item, FUNCTION_CALL, f"input[{index}]")
            history.called(item["call_id"], item["name"])
        elif kind == "function_call_output":
            if item["call_id"] not in history.waiting:
                raise RequestError(
                    f"No tool call found for function call output with call_id {item['call_id']}.", param="input"
                )
            history.answered(item["call_id"], plain(item["output"]))
    if history.waiting:
        raise RequestError(f"No tool output found for function call {history.waiting[0]}.", param="input")
    functions = [tool for tool in body.get("tools") or () if tool["type"] == "function"]
    offered = tuple(Tool(f["name"], f.get("description") or "", f.get("parameters") or {}) for f in functions)
    prompt = json.dumps([body.get("tools") or [], body.get("instructions") or "", items], ensure_ascii=False)
    return Conversation(str(body["model"]), history.question, tuple(history.rounds), offered, prompt)


def answer(body: JsonObject, move: Move, usage: Tokens) -> JsonObject:
    """Write a whole ``response``."""
    done = {"status": "completed", "completed_at": int(time.time()), "usage": usage.response()}
    return {**_head(body), **done, "output": _items(move, usage)}


def stream(body: JsonObject, move: Move, usage: Tokens) -> Iterator[str]:
    """Write the events of a streamed response in the API's order, a delta for each token."""
    number = 0

    def event(kind: str, **data: object) -> str:
        nonlocal number
        line = json.dumps({"type": f"response.{kind}", "sequence_number": number, **data}, ensure_ascii=False)
        number += 1
        return f"event: response.{kind}\ndata: {line}\n\n"

    head = _head(body)
    started = {**head, "status": "in_progress", "output": [], "usage": None}
    yield event("created", response=started)
    yield event("in_progress", response=started)
    items = _items(move, usage)
    for index, item in enumerate(items):
        place = {"item_id": item["id"], "output_index": index}
        if item["type"] == "function_call":
            yield event(
                "output_item.added", output_index=index, item={**item, "status": "in_progress", "arguments": ""}
            )
            for piece in tokens(item["arguments"]):
                yield event("function_call_arguments.delta", **place, delta=piece)
            yield event("function_call_arguments.done", **place, arguments=item["arguments"])
        elif item["type"] == "message":
            place["content_index"] = 0
            part = item["content"][0]
            yield event("output_item.added", output_index=index, item={**item, "status": "in_progress", "content": []})
            yield event("content_part.added", **place, part={**part, "text": ""})
            for piece in tokens(part["text"]):
                yield event("output_text.delta", **place, delta=piece, logprobs=[])
            yield event("output_text.done", **place, text=part["text"], logprobs=[])
            yield event("content_part.done", **place, part=part)
        else:
            yield event("output_item.added", output_index=index, item=item)
        yield event("output_item.done", output_index=index, item=item)
    done = {"status": "completed", "completed_at": int(time.time()), "usage": usage.response()}
    yield event("completed", response={**head, **done, "output": items})


def _items(move: Move, usage: Tokens) -> list[JsonObject]:
    items: list[JsonObject] = [{"id": new_id("rs_"), "type": "reasoning", "summary": []}] if usage.reasoning else []
    items += [
        {
            "id": new_id("fc_"),
            "type": "function_call",
            "status": "completed",
            "call_id": new_id("call_"),
            "name": call.name,
            "arguments": call.json,
        }
        for call in move.calls
    ]
    if move.text:
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": move.text}
        items.append(
            {"id": new_id("msg_"), "type": "message", "status": "completed", "role": "assistant", "content": [part]}
        )
    return items


def _head(body: JsonObject) -> JsonObject:
    return {
        "id": new_id("resp_"),
        "object": "response",
        "created_at": int(time.time()),
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "metadata": body.get("metadata") or {},
        "model": body["model"],
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": None,
        "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
        "service_tier": "default",
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation", "disabled"),
        "user": body.get("user"),
    }
