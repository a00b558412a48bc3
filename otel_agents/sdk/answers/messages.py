"""Messages of any provider, in and out, to the parts form of the GenAI conventions.

A message is ``{"role": …, "parts": […], "finish_reason": …}``. A part is one of

- ``{"type": "text", "content": …}`` and ``{"type": "reasoning", "content": …}``
- ``{"type": "tool_call", "id", "name", "arguments"}`` and ``{"type": "tool_call_response", "id", "result"}``
- ``{"type": "image" | "audio" | "video" | "file", "mime_type", "bytes" | "uri" | "file_id", "name"}``; the bytes of a
  medium are never kept, only how many there were.

What comes out can always be written as JSON. Objects and dicts are read alike; no provider's package is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agents.sdk.answers.parts import parts_of, reasoning_part
from otel_agents.sdk.answers.shapes import fields, first, get, items, jsonable, text

if TYPE_CHECKING:
    from collections.abc import Mapping

Message = dict[str, Any]

_ROLES: Final = {"model": "assistant", "developer": "system", "function": "tool"}
# Where OpenAI-compatible chat messages keep what the model thought.
_REASONING: Final = ("reasoning_content", "reasoning")


def normalise_messages(value: object, *, role: str = "user") -> list[Message]:
    """Turn any provider's messages into the parts form.

    Args:
        value: a text, one message, one part, or a list of them: OpenAI's chat messages or Responses items, Anthropic's
            messages, Gemini's contents, or messages that are in the parts form already. Anything else becomes one
            message with its JSON as the text.
        role: who speaks where the value does not say.
    """
    if value is None:
        return []
    messages: list[Message] = []
    loose: list[Any] = []  # pieces with no message around them, as Gemini allows
    for element in value if isinstance(value, (list, tuple)) else [value]:
        made = None if isinstance(element, str) else _message(element, role)
        if made is None:
            loose.append(element)
            continue
        _close(loose, messages, role)
        messages.append(made)
    _close(loose, messages, role)
    return messages


def output_message(parts: list[dict[str, Any]], finish_reason: str | None = None) -> Message:
    """A message the model wrote."""
    message: Message = {"role": "assistant", "parts": parts}
    if finish_reason:
        message["finish_reason"] = finish_reason
    return message


def message_parts(message: Any) -> list[dict[str, Any]]:
    """The parts of one message of OpenAI's chat API, Anthropic, Gemini or the parts form."""
    parts: list[dict[str, Any]] = []
    message = fields(message)
    if thought := text(first(message, *_REASONING)):
        parts.append(reasoning_part(thought))
    parts += parts_of(first(message, "parts", "content"))
    parts += parts_of(text(get(message, "refusal")))
    parts += parts_of(items(get(message, "tool_calls")))
    if call := get(message, "function_call"):
        parts += parts_of({"type": "function", "function": call})
    return parts


def _message(element: Any, role: str) -> Message | None:
    """One message, or None when the element is only a piece of one."""
    element = fields(element)
    said = text(get(element, "role"))
    if said is None:
        kind = text(get(element, "type")) or ""
        if kind.endswith("_output"):
            return {"role": "tool", "parts": parts_of(element)}
        if kind.endswith("_call") or kind == "reasoning":
            return {"role": "assistant", "parts": parts_of(element)}
        if not isinstance(get(element, "parts"), (list, tuple)):
            return None
    said = _ROLES.get(said or role, said or role)
    parts = message_parts(element)
    if said == "tool" and not any(each["type"] == "tool_call_response" for each in parts):
        parts = parts_of(
            {"type": "tool_result", "id": get(element, "tool_call_id"), "content": get(element, "content")}
        )
    message: Message = {"role": said, "parts": parts}
    for name in ("name", "finish_reason"):
        if found := text(get(element, name)):
            message[name] = found
    return message


def _close(loose: list[Any], messages: list[Message], role: str) -> None:
    """Make one message of the pieces gathered so far."""
    if loose and (parts := parts_of(loose)):
        messages.append({"role": role, "parts": parts})
    loose.clear()


def system_instructions(call: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The instructions given apart from the messages, as parts.

    Args:
        call: the keyword arguments of a provider's call: ``instructions`` (OpenAI Responses), ``system`` (Anthropic),
            ``config.system_instruction`` (Gemini).
    """
    for name in ("instructions", "system", "system_instruction", "systemInstruction"):
        if found := call.get(name):
            return parts_of(found)
    config = call.get("config")
    found = get(config, "system_instruction") or get(config, "systemInstruction")
    return parts_of(found) if found else []


def tool_definitions(call: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tools offered to the model, as ``{"type", "name", "description", "parameters"}``.

    Args:
        call: the keyword arguments of a provider's call: ``tools``, ``functions`` or ``config.tools``.
    """
    offered = items(call.get("tools") or call.get("functions") or get(call.get("config"), "tools"))
    definitions: list[dict[str, Any]] = []
    for tool in offered:
        declared = items(get(tool, "function_declarations") or get(tool, "functionDeclarations"))
        definitions.extend(_definition(each) for each in declared or [get(tool, "function") or tool])
    return definitions


def _definition(tool: Any) -> dict[str, Any]:
    if callable(tool):
        name, description, parameters = getattr(tool, "__name__", None), getattr(tool, "__doc__", None), None
    else:
        name, description = get(tool, "name"), get(tool, "description")
        parameters = get(tool, "parameters") or get(tool, "input_schema") or get(tool, "parameters_json_schema")
    kind = text(get(tool, "type")) or "function"
    definition: dict[str, Any] = {"type": "function" if kind == "custom" else kind, "name": text(name) or kind}
    if text(description):
        definition["description"] = description
    if parameters:
        definition["parameters"] = jsonable(parameters)
    return definition
