"""A conversation and the model's next move, whichever endpoint they travel by."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

JsonObject = dict[str, Any]


class RequestError(Exception):
    """A request the API refuses; carries what OpenAI's error body says."""

    def __init__(
        self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None, kind: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "error": {"message": message, "type": kind or "invalid_request_error", "param": param, "code": code}
        }


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the model may call; ``parameters`` is its JSON schema."""

    name: str
    description: str = ""
    parameters: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A function call the model makes, or made."""

    name: str
    arguments: JsonObject = field(default_factory=dict)

    @property
    def json(self) -> str:
        """The arguments as the model writes them."""
        return json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Round:
    """Function calls made at once, and the text each one came back with."""

    calls: tuple[str, ...]
    results: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the model reads: the last question, what was found out since, the tools, and all of it as text."""

    model: str
    question: str
    rounds: tuple[Round, ...]
    tools: tuple[Tool, ...]
    prompt: str


@dataclass(frozen=True, slots=True)
class Move:
    """What the model does next: it calls functions, or says something."""

    calls: tuple[Call, ...] = ()
    text: str = ""

    @property
    def written(self) -> str:
        """Everything the model writes for it, which is what output tokens are counted from."""
        return self.text + "".join(call.name + call.json for call in self.calls)


class History:
    """Follows a conversation: the last question, and the rounds of calls and results since."""

    def __init__(self) -> None:
        self.question = ""
        self.rounds: list[Round] = []
        self._calls: dict[str, str] = {}
        self._results: dict[str, str] = {}

    @property
    def waiting(self) -> list[str]:
        """The ids of the calls that have no result yet."""
        return [call for call in self._calls if call not in self._results]

    def asked(self, text: str) -> None:
        """The user said something: what was found out before belongs to an earlier question."""
        self.question, self.rounds = text, []

    def called(self, call_id: str, name: str) -> None:
        """The model called a function; calls made before any result belong to one round."""
        if not self.waiting:
            self._calls, self._results = {}, {}
        self._calls[call_id] = name

    def answered(self, call_id: str, result: str) -> None:
        """A function came back; results count in the order of the calls, whatever order they came in."""
        self._results[call_id] = result
        if not self.waiting:
            self.rounds.append(Round(tuple(self._calls.values()), tuple(self._results[call] for call in self._calls)))


def tokens(text: str) -> list[str]:
    """Cut text into pieces the size of a model's tokens, about four characters; joined they are the text again."""
    return re.findall(r"\s?\w{1,6}|\s?[^\w\s]{1,3}|\s+", text)


def refuse_unknown(given: JsonObject, known: frozenset[str], where: str) -> None:
    """Refuse fields the API does not know, such as those an answer has and a question must not have.

    Raises:
        RequestError: there is one.
    """
    for name in given:
        if name not in known:
            path = f"{where}.{name}"
            raise RequestError(f"Unknown parameter: '{path}'.", code="unknown_parameter", param=path)


def new_id(prefix: str) -> str:
    """Make an id as the API does, such as ``call_`` and 24 characters."""
    return prefix + uuid.uuid4().hex[:24]


def plain(content: object) -> str:
    """Read the text of a message's content: a string, or a list of parts with a text each."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""
