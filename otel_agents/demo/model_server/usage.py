"""Counts tokens as the API reports them: prompt and answer, what a cache held, what went into reasoning."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from otel_agents.demo.model_server.conversation import tokens

if TYPE_CHECKING:
    from otel_agents.demo.model_server.conversation import Conversation, JsonObject, Move

REASONING_MODELS = ("gpt-5", "gpt-6", "o1", "o3", "o4")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one call; as in the API, ``cached`` is part of ``input`` and ``reasoning`` part of ``output``."""

    input: int
    cached: int
    output: int
    reasoning: int

    def chat(self) -> JsonObject:
        """Give the ``usage`` object of a chat completion."""
        return {
            "prompt_tokens": self.input,
            "completion_tokens": self.output,
            "total_tokens": self.input + self.output,
            "prompt_tokens_details": {"cached_tokens": self.cached, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": self.reasoning,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }

    def response(self) -> JsonObject:
        """Give the ``usage`` object of a response."""
        return {
            "input_tokens": self.input,
            "input_tokens_details": {"cached_tokens": self.cached, "cache_write_tokens": 0},
            "output_tokens": self.output,
            "output_tokens_details": {"reasoning_tokens": self.reasoning},
            "total_tokens": self.input + self.output,
        }


class PromptCache:
    """Remembers the beginnings of prompts in blocks of 128 tokens, as OpenAI's prompt caching does.

    The real API caches prompts of 1,024 tokens and more. The demo's prompts are shorter than a real team's, so here a
    cached beginning counts from ``minimum`` tokens on.
    """

    BLOCK = 128

    def __init__(self, minimum: int = 256, capacity: int = 20_000) -> None:
        self._minimum = minimum
        self._capacity = capacity
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, model: str, prompt: list[str]) -> int:
        """Count the tokens at the front that an earlier prompt began with, and remember this prompt."""
        digest = hashlib.sha256(model.encode())
        cached = 0
        with self._lock:
            for end in range(self.BLOCK, len(prompt) + 1, self.BLOCK):
                digest.update("".join(prompt[end - self.BLOCK : end]).encode())
                key = digest.digest()
                if key in self._seen:
                    cached = end
                self._seen[key] = None
                self._seen.move_to_end(key)
            while len(self._seen) > self._capacity:
                self._seen.popitem(last=False)
        return cached if cached >= self._minimum else 0


def count(conversation: Conversation, move: Move, cache: PromptCache) -> Tokens:
    """Count one call; a reasoning model thinks the longer, the more it has read since the question."""
    prompt = tokens(conversation.prompt)
    thinks = conversation.model.startswith(REASONING_MODELS)
    reasoning = 64 * (1 + len(conversation.rounds)) if thinks else 0
    return Tokens(len(prompt), cache.read(conversation.model, prompt), len(tokens(move.written)) + reasoning, reasoning)
