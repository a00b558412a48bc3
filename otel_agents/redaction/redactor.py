"""The redactor: texts, JSON and nested values in, the same without secrets out."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from otel_agents.redaction.gate import LOOK_AROUND, digits_gate, names_gate, pieces, tokens_gate
from otel_agents.redaction.keys import NUMBERS_TOO, Keys
from otel_agents.redaction.memory import BEGINNING, SHORTEST, Memory, shared
from otel_agents.redaction.tokens import TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from otel_agents.redaction.finders import Found
    from otel_agents.redaction.gate import Gate

Own = re.Pattern[str] | Callable[[str], str]

KINDS: Final = tuple(
    dict.fromkeys(
        (
            *(row.kind for row in TOKENS),
            *("password", "secret", "token", "private_key", "authorization", "cookie", "credential", "url_password"),
            *("card", "ssn", "email", "phone"),
        )
    )
)
_SHORTEST: Final = 6  # characters of the shortest finding, a@b.de
_SHORT: Final = 64
_REACH: Final = 2048  # characters around an at-sign that say what it is, and more
_MARK: Final = re.compile(r"\[redacted:(\w+)\]")
_OPENING: Final = frozenset(("", " ", "\n", "\t", "\r", '"', "'", "`", "(", "[", "{", "<"))
_ESCAPED: Final = frozenset(("\\n", "\\t", "\\r"))
_HEADERS: Final = frozenset(("authorization", "cookie"))  # kinds that stand in pairs of a name and a value
_NUMBERS: Final = frozenset((int, float, bool))
_MOST_KNOWN: Final = 8192
_DEPTH: Final = 64
_PASSES: Final = 4  # what stood beside a secret may be seen as one once that is gone
_SCHEMA: Final = frozenset(("type", "$ref", "anyOf", "oneOf", "allOf", "enum"))


def replacement(kind: str) -> str:
    """Give what stands in the place of a secret."""
    return f"[redacted:{kind}]"


class Redactor:
    """Takes secrets and personal data out of texts and values.

    Any thread may use it. Values that hold nothing are given back as they are, the very same objects.

    Args:
        keys: further names of keys whose values are secret.
        patterns: what else to redact, by kind: a regular expression, or a function from a text to the text without.
        leave: kinds, and keys of named values, to leave alone.
        counts: where findings are counted, by kind.
    """

    def __init__(
        self,
        *,
        keys: Iterable[str] = (),
        patterns: Mapping[str, Own] | None = None,
        leave: Iterable[str] = (),
        counts: Counter[str] | None = None,
    ) -> None:
        self._leave = frozenset(leave)
        self._keys = Keys(keys, self._leave)
        self._own = {kind: own for kind, own in (patterns or {}).items() if kind not in self._leave}
        self._clean: set[str] = set()  # short texts that hold nothing: names of agents, of models
        self._memory = Memory()
        self._counts: Counter[str] = Counter() if counts is None else counts

    @cached_property
    def _gates(self) -> tuple[Gate, ...]:
        own = self._keys.spellings
        return (tokens_gate(), names_gate(), digits_gate(), *([names_gate(own)] if own else []))

    # --- Values -----------------------------------------------------------------------------------------------------

    def changes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Give those of some named values that have to change, changed."""
        changed: dict[str, Any] = {}
        known, clean = self._keys.known, self._clean
        for key, value in values.items():
            secret = known[key] if key in known else self._keys.kind(key)
            if key in self._leave:
                continue
            if secret is not None:
                new = self._under(secret, value, _DEPTH)
            elif value.__class__ is str:
                if value in clean or len(value) < _SHORTEST:
                    continue
                new = self.text(value)
            elif value.__class__ in _NUMBERS:
                continue
            else:
                new = self.value(value)
            if new is not value:
                changed[key] = new
        return changed

    def may_hold(self, text: str) -> bool:
        """Whether there may be anything in a text, or in one of several with line ends between them."""
        return bool(self._own) or self._may_hold(text)

    def is_secret(self, key: str) -> bool:
        """Whether whatever stands under a key is a secret."""
        return self._keys.kind(key) is not None

    def value(self, value: Any, depth: int = _DEPTH) -> Any:
        """Redact a text, bytes, or whatever is nested of mappings and sequences."""
        if isinstance(value, str):
            return self.text(value, depth)
        if isinstance(value, Mapping):
            return self._mapping(value, depth) if depth else value
        if isinstance(value, bytes):
            return self._bytes(value)
        if isinstance(value, Sequence) and depth:
            return self._sequence(value, depth - 1)
        return value

    def _mapping(self, values: Mapping[Any, Any], depth: int) -> Mapping[Any, Any]:
        kind_of = self._keys.kind
        name = values.get("name") or values.get("key") if "value" in values else None
        named = kind_of(name) if isinstance(name, str) else None  # {"name": "password", "value": …}
        changed = {}
        for key, value in values.items():
            secret = kind_of(key) if isinstance(key, str) else None
            if key == "value" and named is not None:
                secret = named
            new = self.value(value, depth - 1) if secret is None else self._under(secret, value, depth - 1)
            if new is not value:
                changed[key] = new
        return {**values, **changed} if changed else values

    def _sequence(self, values: Sequence[Any], depth: int) -> Sequence[Any]:
        made: list[Any] = []
        before: Any = None
        for value in values:
            secret = None
            if before.__class__ is str and value.__class__ is str and (before[:1] == "-" or len(values) == 2):
                secret = self._keys.kind(before)
                if before[:1] != "-" and secret not in _HEADERS:
                    secret = None  # a list of two fields' names
            made.append(self.value(value, depth) if secret is None else self._under(secret, value, depth))
            before = value
        return _same_or(values, made)

    def _under(self, kind: str, value: Any, depth: int) -> Any:
        """Redact what stands under the key of a secret: all texts in it, but not the schema of an argument."""
        if isinstance(value, str | bytes):
            if not value or value[:9] in ("[redacted", b"[redacted"):
                return value
            self._counts[kind] += 1
            return replacement(kind)
        if isinstance(value, int | float) and not isinstance(value, bool) and kind in NUMBERS_TOO:
            self._counts[kind] += 1
            return replacement(kind)
        if isinstance(value, Mapping) and depth:
            if not _SCHEMA.isdisjoint(value):
                return self._mapping(value, depth)
            changed = {key: self._under(kind, each, depth - 1) for key, each in value.items()}
            return value if all(changed[key] is value[key] for key in value) else changed
        if isinstance(value, Sequence) and depth:
            return _same_or(value, [self._under(kind, each, depth - 1) for each in value])
        return value

    def _bytes(self, value: bytes) -> bytes:
        text = value.decode("latin-1")  # each byte a character, and back
        new = self._plain(text) if self._may_hold(text) else text
        return value if new is text else new.encode("latin-1", "replace")

    # --- Texts ------------------------------------------------------------------------------------------------------

    def text(self, text: str, depth: int = _DEPTH) -> str:
        """Redact a text; one that is JSON stays JSON."""
        if len(text) <= _SHORT:
            if text in self._clean or len(text) < _SHORTEST:
                return text
            if not self._own and not self._may_hold(text):
                if len(self._clean) >= _MOST_KNOWN:
                    self._clean.clear()
                self._clean.add(text)
                return text
        elif not self._own:
            beginning = text[:BEGINNING] if len(text) >= SHORTEST else ""
            before = self._memory.clean.get(beginning)
            if not self._may_hold(text, 0 if before is None else shared(before, text)):
                if beginning:
                    self._memory.is_clean(beginning, text)
                return text
            if (done := self._memory.done(text)) is not None:
                new, found = done
                self._counts.update(found)
                return new
        new = self._looked_through(text, depth)
        if depth > _DEPTH // 2 and not self._own:  # further inside, less of a text is read as JSON
            self._memory.is_done(text, new, _marks(new) - _marks(text) if new is not text else {})
        return new

    def _looked_through(self, text: str, depth: int) -> str:
        if depth and text[:1] in ("{", "[", '"'):
            try:
                held = json.loads(text)
            except (ValueError, RecursionError):
                held = None
            if isinstance(held, dict | list | str):
                new = self.value(held, depth - 1)
                return text if new is held else json.dumps(new, ensure_ascii=False)
        return self._plain(text)

    def _may_hold(self, text: str, clean: int = 0) -> bool:
        """Say whether there may be anything in a text behind its ``clean`` beginning: the gates, cheapest first."""
        if "@" in text and _holds_address(text[clean - _REACH :] if clean > _REACH else text):
            return True
        if clean > LOOK_AROUND:
            text = text[clean - LOOK_AROUND :]
        for gate in self._gates:
            if gate(text):
                return True
        if not text.isascii():  # the gates say no to halves of surrogate pairs, whatever else there is
            try:
                text.encode()
            except UnicodeEncodeError:
                return True
        return False

    def _plain(self, text: str) -> str:
        if not text.isascii():
            text = _without_halves(text)
        for _ in range(_PASSES):
            places = sorted(found for found in self._places(text) if found.kind not in self._leave)
            if not places:
                break
            text = self._replaced(text, places)
        for kind, own in self._own.items():
            text = self._by_own(text, kind, own)
        return text

    def _places(self, text: str) -> Iterator[Found]:
        from otel_agents.redaction import finders  # with the first suspicion: its patterns take 30 ms to compile

        yield from finders.at_signs(text)
        of_tokens, of_names, of_digits, *of_own_names = self._gates
        yield from chain.from_iterable(finders.tokens(text, *piece) for piece in pieces(text, of_tokens))
        yield from chain.from_iterable(finders.digits(text, *piece) for piece in pieces(text, of_digits))
        for gate in (of_names, *of_own_names):
            yield from chain.from_iterable(finders.named(text, *piece, self._keys) for piece in pieces(text, gate))

    def _replaced(self, text: str, places: Sequence[Found]) -> str:
        out: list[str] = []
        at = 0
        for start, end, kind in places:
            if start < at:
                at = max(at, end)  # two that overlap are one, of the kind that begins first
                continue
            out += (text[at:start], replacement(kind))
            self._counts[kind] += 1
            at = end
        out.append(text[at:])
        return "".join(out)

    def _by_own(self, text: str, kind: str, own: Own) -> str:
        if isinstance(own, re.Pattern):
            new, count = own.subn(lambda _: replacement(kind), text)
        else:
            new = own(text)
            count = int(new != text)
        self._counts[kind] += count
        return new if count else text


def _marks(text: str) -> Counter[str]:
    """Count the replacements in a text, by kind."""
    return Counter(_MARK.findall(text))


def _same_or(values: Sequence[Any], made: list[Any]) -> Sequence[Any]:
    """Give the values themselves where nothing in them changed."""
    if all(new is old for new, old in zip(made, values, strict=True)):
        return values
    return tuple(made) if isinstance(values, tuple) else made


def _holds_address(text: str) -> bool:
    """Say whether there is an at-sign with a name or a password before it: decorators and mentions have none."""
    at = text.find("@")
    while at >= 0:
        if text[at - 1 : at] not in _OPENING and text[at - 2 : at] not in _ESCAPED:
            from otel_agents.redaction import finders

            # JSON may have letters written as numbers, which is for the finder of texts to read.
            return "\\u" in text or next(finders.at_signs(text), None) is not None
        at = text.find("@", at + 1)
    return False


def _without_halves(text: str) -> str:
    """Give the text with halves of surrogate pairs replaced, as they are when it is encoded."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text
