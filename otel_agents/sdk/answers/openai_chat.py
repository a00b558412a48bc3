"""OpenAI's chat completions and embeddings, and the many servers that speak the same shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agents.records import Extra
from otel_agents.sdk.answers.answer import Answer, usage_of_totals
from otel_agents.sdk.answers.messages import message_parts, output_message
from otel_agents.sdk.answers.parts import parts_of, reasoning_part, text_part, tool_call
from otel_agents.sdk.answers.shapes import dollars, fields, first, get, is_number, items, text, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_agents.records import Usage

_OBJECTS: Final = ("chat.completion", "chat.completion.chunk", "text_completion")
_USUAL_TIERS: Final = ("default", "auto", "standard")


def is_answer(answer: Any) -> bool:
    """Whether this is a chat completion, a text completion or a set of embeddings."""
    return _has_choices(answer) or _is_embeddings(answer)


def is_chunk(chunk: Any) -> bool:
    """Whether this is a chunk of a streamed completion, or the helper's event around one."""
    return _has_choices(_inner(chunk))


def read(answer: Any, *, content: bool) -> Answer:
    """Read a complete answer."""
    answer = fields(answer)
    choices = items(get(answer, "choices"))
    found = _frame(answer)
    _add_usage(found, get(answer, "usage"))
    reasons = [text(get(choice, "finish_reason")) for choice in choices]
    found.finish_reasons = tuple(reason for reason in reasons if reason)
    if content and choices:
        found.output_messages = [
            output_message(_parts(choice), reason) for choice, reason in zip(choices, reasons, strict=True)
        ]
    return found


def open_stream(*, content: bool) -> ChunkStream:
    """Begin to gather chunks."""
    return ChunkStream(content=content)


class ChunkStream:
    """Gathers the chunks of a streamed completion."""

    def __init__(self, *, content: bool) -> None:
        self._content = content
        self._frame = Answer(None)
        self._usage: Any = None
        self._choices: dict[int, _Choice] = {}

    def feed(self, chunk: Any) -> None:
        """Take the next chunk; what the helper's other events say is in the chunks too."""
        chunk = fields(_inner(chunk))
        choices = get(chunk, "choices")
        if not isinstance(choices, list):
            return
        if self._frame.model is None or self._frame.id is None:  # an Azure stream begins with a nameless chunk
            self._frame = _frame(chunk)
        self._frame.service_tier = self._frame.service_tier or _tier(chunk)
        # Mostly on the last chunk, with or without choices; where each has it, the last is the whole.
        usage = chunk.get("usage") or get(chunk.get("x_groq"), "usage")
        if usage is not None:
            self._usage = usage
        for each in choices:
            choice = fields(each)
            index = tokens(choice.get("index"))
            if index not in self._choices:
                self._choices[index] = _Choice()
            self._choices[index].feed(choice, content=self._content)

    def answer(self) -> Answer:
        """What the chunks so far amount to."""
        found = self._frame
        _add_usage(found, self._usage)
        choices = [self._choices[index] for index in sorted(self._choices)]
        found.finish_reasons = tuple(choice.finish_reason for choice in choices if choice.finish_reason)
        if self._content:
            found.output_messages = [output_message(choice.parts(), choice.finish_reason) for choice in choices]
        return found


class _Choice:
    """One choice of a stream, piece by piece."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: dict[int, _Call] = {}

    def feed(self, choice: Mapping[str, Any], *, content: bool) -> None:
        self.finish_reason = text(choice.get("finish_reason")) or self.finish_reason
        if not content:
            return
        delta = fields(choice.get("delta") or choice)  # a text completion has its text on the choice
        if piece := text(first(delta, "content", "text", "refusal")):
            self._text.append(piece)
        if piece := text(first(delta, "reasoning_content", "reasoning")):
            self._reasoning.append(piece)
        for call in items(get(delta, "tool_calls")):
            index = get(call, "index")
            self._calls.setdefault(index if isinstance(index, int) else len(self._calls), _Call()).feed(call)

    def parts(self) -> list[dict[str, Any]]:
        parts = [reasoning_part("".join(self._reasoning))] if self._reasoning else []
        if self._text:
            parts.append(text_part("".join(self._text)))
        return parts + [call.part() for _, call in sorted(self._calls.items())]


class _Call:
    """One tool call of a stream, piece by piece."""

    def __init__(self) -> None:
        self._id: str | None = None
        self._name: str | None = None
        self._arguments: list[str] = []

    def feed(self, call: Any) -> None:
        inner = first(call, "function", "custom")
        self._id = self._id or text(get(call, "id"))
        self._name = self._name or text(get(inner, "name"))
        if piece := text(first(inner, "arguments", "input")):
            self._arguments.append(piece)

    def part(self) -> dict[str, Any]:
        return tool_call(self._id, self._name, "".join(self._arguments))


def read_usage(usage: Any) -> Usage | None:
    """The usage object of a completion; ``prompt_tokens`` include what was cached, ``completion_tokens`` reasoning.

    Some compatible servers count reasoning beside the completion instead (xAI; Gemini, without naming it): there the
    total is larger than the sum of the two, by exactly the reasoning.
    """
    usage = fields(usage)
    prompt, completion = get(usage, "prompt_tokens"), get(usage, "completion_tokens")
    if not is_number(prompt) and not is_number(completion):
        return None
    input_total, output_total = tokens(prompt), tokens(completion)
    details = get(usage, "prompt_tokens_details")
    cache_read = tokens(get(details, "cached_tokens")) or tokens(get(usage, "prompt_cache_hit_tokens"))
    output_details = get(usage, "completion_tokens_details")
    reasoning = tokens(get(output_details, "reasoning_tokens"))
    beside = tokens(get(usage, "total_tokens")) - input_total - output_total
    if beside > 0 and reasoning in (0, beside):
        reasoning = beside
        output_total += beside
    return usage_of_totals(
        input_total=input_total,
        output_total=output_total,
        cache_read=cache_read,
        cache_write=tokens(get(details, "cache_write_tokens")),
        reasoning=reasoning,
        extra=Extra(
            input_audio=tokens(get(details, "audio_tokens")),
            input_image=tokens(get(details, "image_tokens")),
            output_audio=tokens(get(output_details, "audio_tokens")),
        ),
    )


def _frame(answer: Any) -> Answer:
    """What an answer and each of its chunks say alike."""
    provider = "groq" if get(answer, "x_groq") is not None else "openai"
    return Answer(provider, text(get(answer, "model")), text(get(answer, "id")), service_tier=_tier(answer))


def _add_usage(answer: Answer, usage: Any) -> None:
    usage = fields(usage)
    answer.usage = read_usage(usage)
    answer.cost = dollars(get(usage, "cost"))  # OpenRouter's
    if get(usage, "prompt_cache_hit_tokens") is not None and (answer.model or "").startswith("deepseek"):
        answer.provider = "deepseek"


def _tier(answer: Any) -> str | None:
    tier = text(get(answer, "service_tier"))
    return None if tier in _USUAL_TIERS else tier


def _parts(choice: Any) -> list[dict[str, Any]]:
    message = get(choice, "message")
    return parts_of(text(get(choice, "text"))) if message is None else message_parts(message)  # a text completion


def _inner(chunk: Any) -> Any:
    known = fields(chunk)
    return known.get("chunk") if known.get("type") == "chunk" else known


def _has_choices(answer: Any) -> bool:
    """Whether there are choices as a model makes them; a user's own object may have choices of another kind."""
    answer = fields(answer)
    choices = answer.get("choices")
    if not isinstance(choices, list):
        return False
    if answer.get("object") in _OBJECTS or is_number(get(get(answer, "usage"), "prompt_tokens")):
        return True
    return bool(choices) and first(choices[0], "message", "delta") is not None


def _is_embeddings(answer: Any) -> bool:
    data = items(get(answer, "data"))
    return get(answer, "object") == "list" and bool(data) and get(data[0], "object") == "embedding"
