"""One piece of a message, in any provider's shape, to a part of the GenAI conventions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from otel_agents.sdk.answers.media import MEDIA, medium
from otel_agents.sdk.answers.shapes import fields, first, get, items, jsonable, text

if TYPE_CHECKING:
    from collections.abc import Callable

Part = dict[str, Any]

# Pieces of a Gemini part, which has no type but one field that is set, and the spelling of it in JSON.
_GEMINI_MEDIA: Final = (("inline_data", "inlineData"), ("file_data", "fileData"))


def text_part(content: str) -> Part:
    """A part of plain text."""
    return {"type": "text", "content": content}


def reasoning_part(content: str) -> Part:
    """A part of what the model thought."""
    return {"type": "reasoning", "content": content}


def tool_call(call_id: object, name: object, arguments: object) -> Part:
    """A part that asks for a tool; arguments given as JSON text are parsed where they are whole."""
    return {"type": "tool_call", "id": text(call_id), "name": text(name), "arguments": _arguments(arguments)}


def tool_call_response(call_id: object, result: object) -> Part:
    """A part that holds a tool's result; a list of texts becomes one text."""
    return {"type": "tool_call_response", "id": text(call_id), "result": _result(result)}


def parts_of(content: object) -> list[Part]:
    """The parts of a message's content: a text, one piece, or a list of pieces."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [text_part(content)]
    if isinstance(content, (list, tuple)):
        return [made for piece in content if (made := part(piece)) is not None]
    if inner := get(content, "parts"):  # a Gemini content
        return parts_of(inner)
    made = part(content)
    return [] if made is None else [made]


def part(piece: Any) -> Part | None:
    """One piece of content, or one item of OpenAI's Responses API, as a part; None when it says nothing."""
    if isinstance(piece, str):
        return text_part(piece) if piece else None
    known = fields(piece)
    kind = text(known.get("type"))
    if kind is None:
        return _gemini(known) or _unknown(piece)
    if reader := _BY_TYPE.get(kind):
        return reader(known)
    if kind.endswith(("_tool_result", "_call_output")):
        return _response(known)
    if kind.endswith("_call"):
        return _builtin_call(known, kind)
    return {"type": kind, "content": jsonable(piece)}


def _text(piece: Any) -> Part | None:
    content = text(first(piece, "text", "content", "refusal"))
    return text_part(content) if content else None


def _reasoning(piece: Any) -> Part | None:
    """Anthropic's thinking, or a reasoning item of the Responses API: its text, else its summary."""
    for name in ("thinking", "content", "summary", "text"):
        found = get(piece, name)
        if isinstance(found, str) and found:
            return reasoning_part(found)
        if lines := [line for each in items(found) if (line := text(get(each, "text")))]:
            return reasoning_part("\n\n".join(lines))
    return None


def _call(piece: Any) -> Part:
    """Anthropic's tool_use, the Responses API's function_call and custom_tool_call, and the parts form itself."""
    return tool_call(first(piece, "call_id", "id"), get(piece, "name"), first(piece, "input", "arguments"))


def _chat_call(piece: Any) -> Part:
    """A tool call of OpenAI's chat messages."""
    inner = first(piece, "function", "custom")
    return tool_call(get(piece, "id"), get(inner, "name"), first(inner, "arguments", "input"))


def _builtin_call(piece: Any, kind: str) -> Part:
    """A call of a tool the provider runs itself: web search, code interpreter, MCP and their kin."""
    name = text(get(piece, "name")) or kind.removesuffix("_call")
    arguments = first(piece, "arguments", "action", "queries", "code", "input")
    return tool_call(first(piece, "call_id", "id"), name, arguments)


def _response(piece: Any) -> Part:
    call_id = first(piece, "tool_use_id", "call_id", "id")
    return tool_call_response(call_id, first(piece, "output", "content", "result", "response"))


def _redacted(_: Any) -> Part:
    return reasoning_part("[redacted by the provider]")


def _gemini(piece: Any) -> Part | None:
    if content := text(get(piece, "text")):
        return reasoning_part(content) if get(piece, "thought") is True else text_part(content)
    if call := first(piece, "function_call", "functionCall"):
        return tool_call(get(call, "id"), get(call, "name"), get(call, "args"))
    if answer := first(piece, "function_response", "functionResponse"):
        # Gemini's own API gives calls no id: there the name is what joins call and response.
        return tool_call_response(first(answer, "id", "name"), get(answer, "response"))
    for names in _GEMINI_MEDIA:
        if found := first(piece, *names):
            return medium(found, "file")
    if code := first(piece, "executable_code", "executableCode"):
        return tool_call(None, "code_execution", jsonable(code))
    if ran := first(piece, "code_execution_result", "codeExecutionResult"):
        return tool_call_response(None, get(ran, "output"))
    return None


def _unknown(piece: Any) -> Part | None:
    """A value of the user's own, as its JSON."""
    if first(piece, "thought_signature", "thoughtSignature"):  # a Gemini part that says nothing else
        return None
    plain = jsonable(piece)
    if plain is None or plain == {}:
        return None
    return text_part(plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False))


def _arguments(value: object) -> Any:
    if not isinstance(value, str):
        return jsonable(value)
    try:
        return json.loads(value, parse_constant=str)
    except (ValueError, RecursionError):
        return value


def _result(value: object) -> Any:
    if isinstance(value, (list, tuple)):
        made = parts_of(value)
        if made and all(each["type"] == "text" for each in made):
            return "\n".join(each["content"] for each in made)
        return made
    return jsonable(value)


_BY_TYPE: Final[dict[str, Callable[[Any], Part | None]]] = {
    **dict.fromkeys(("text", "input_text", "output_text", "summary_text", "refusal"), _text),
    **dict.fromkeys(("thinking", "reasoning"), _reasoning),
    "redacted_thinking": _redacted,
    **dict.fromkeys(("tool_use", "server_tool_use", "mcp_tool_use"), _call),
    **dict.fromkeys(("tool_call", "function_call", "custom_tool_call"), _call),
    **dict.fromkeys(("function", "custom"), _chat_call),
    **dict.fromkeys(("tool_result", "tool_call_response"), _response),
    **MEDIA,
}
