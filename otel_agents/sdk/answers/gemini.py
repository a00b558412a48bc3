"""Gemini's generateContent: answers and chunks, as the client's objects or as JSON with its camelCase names."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from otel_agents.records import Extra
from otel_agents.sdk.answers.answer import Answer, usage_of_totals
from otel_agents.sdk.answers.messages import output_message
from otel_agents.sdk.answers.parts import parts_of
from otel_agents.sdk.answers.shapes import fields, first, get, is_number, items, text, tokens

if TYPE_CHECKING:
    from otel_agents.records import Usage

# Where the usage tells the tokens by medium, and what totals they are parts of.
_DETAILS: Final = (
    (
        "input",
        "prompt_tokens_details",
        "promptTokensDetails",
        "tool_use_prompt_tokens_details",
        "toolUsePromptTokensDetails",
    ),
    ("cache_read", "cache_tokens_details", "cacheTokensDetails"),
    ("output", "candidates_tokens_details", "candidatesTokensDetails"),
)
_MEDIA: Final = {"AUDIO": "audio", "IMAGE": "image", "DOCUMENT": "image", "VIDEO": "video"}
_TIERS: Final = {"ON_DEMAND_FLEX": "flex", "ON_DEMAND_PRIORITY": "priority"}


def is_answer(answer: Any) -> bool:
    """Whether this is an answer of generateContent; one whose prompt was blocked has usage and no candidates."""
    answer = fields(answer)
    candidates = items(get(answer, "candidates"))
    if candidates and first(candidates[0], "content", "finish_reason", "finishReason") is not None:
        return True
    return read_usage(_usage(answer)) is not None


is_chunk = is_answer  # a chunk has the shape of an answer


def read(answer: Any, *, content: bool) -> Answer:
    """Read a complete answer."""
    stream = open_stream(content=content)
    stream.feed(answer)
    return stream.answer()


def open_stream(*, content: bool) -> ChunkStream:
    """Begin to gather chunks."""
    return ChunkStream(content=content)


class ChunkStream:
    """Gathers the chunks of a streamed answer."""

    def __init__(self, *, content: bool) -> None:
        self._content = content
        self._model: str | None = None
        self._id: str | None = None
        self._usage: Any = None
        self._error: str | None = None
        self._reasons: dict[int, str] = {}
        self._parts: dict[int, list[dict[str, Any]]] = {}

    def feed(self, chunk: Any) -> None:
        """Take the next chunk. Each may tell the usage so far: the last one is the whole."""
        chunk = fields(chunk)
        self._model = self._model or text(first(chunk, "model_version", "modelVersion"))
        self._id = self._id or text(first(chunk, "response_id", "responseId"))
        if (usage := _usage(chunk)) is not None:
            self._usage = usage
        if feedback := first(chunk, "prompt_feedback", "promptFeedback"):
            self._error = text(first(feedback, "block_reason", "blockReason")) or self._error
        for each in items(get(chunk, "candidates")):
            candidate = fields(each)
            index = tokens(get(candidate, "index"))
            if reason := text(first(candidate, "finish_reason", "finishReason")):
                self._reasons[index] = reason
            if self._content:
                gathered = self._parts.setdefault(index, [])
                for piece in parts_of(get(get(candidate, "content"), "parts")):
                    _append(gathered, piece)

    def answer(self) -> Answer:
        """What the chunks so far amount to."""
        return Answer(
            "gcp.gemini",
            self._model and self._model.removeprefix("models/"),
            self._id,
            tuple(reason for _, reason in sorted(self._reasons.items())),
            read_usage(self._usage),
            [output_message(parts, self._reasons.get(index)) for index, parts in sorted(self._parts.items())]
            if self._content
            else None,
            _TIERS.get(text(first(self._usage, "traffic_type", "trafficType")) or ""),
            error=self._error,
        )


def read_usage(usage: Any) -> Usage | None:
    """The usage metadata: the prompt includes what was cached; thoughts and the prompts of tools stand apart."""
    usage = fields(usage)
    prompt, candidates = (
        first(usage, "prompt_token_count", "promptTokenCount"),
        first(usage, "candidates_token_count", "candidatesTokenCount"),
    )
    if not is_number(prompt) and not is_number(candidates):
        return None
    thoughts = tokens(first(usage, "thoughts_token_count", "thoughtsTokenCount"))
    of_tools = tokens(first(usage, "tool_use_prompt_token_count", "toolUsePromptTokenCount"))
    return usage_of_totals(
        input_total=tokens(prompt) + of_tools,
        output_total=tokens(candidates) + thoughts,
        cache_read=tokens(first(usage, "cached_content_token_count", "cachedContentTokenCount")),
        reasoning=thoughts,
        extra=_media(usage),
    )


def _media(usage: Any) -> Extra:
    """What of the totals is no text. A page of a document counts as an image."""
    found: Counter[str] = Counter()
    for total, *lists in _DETAILS:
        for details in lists:
            for each in items(get(usage, details)):
                medium = _MEDIA.get(text(get(each, "modality")) or "")
                if medium is not None:
                    found[f"{total}_{medium}"] += tokens(first(each, "token_count", "tokenCount"))
    return Extra(**{name: found[name] for name in Extra._fields if name in found})


def _usage(answer: Any) -> Any:
    return first(answer, "usage_metadata", "usageMetadata")


def _append(parts: list[dict[str, Any]], piece: dict[str, Any]) -> None:
    """Add a piece, to the last part when both are texts of one kind: chunks cut texts anywhere."""
    if parts and piece["type"] == parts[-1]["type"] and piece["type"] in ("text", "reasoning"):
        parts[-1]["content"] += piece["content"]
    else:
        parts.append(piece)
