"""Which keys hold secrets: names of attributes, of JSON members, of arguments and of variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# The end of a key's name, in words, and what kind of secret that is. A single word may also end a longer one without a
# mark between them ("dbpassword", "accesstoken").
_ENDINGS: Final = {
    "password": "password",
    "passwd": "password",
    "passphrase": "password",
    "passcode": "password",
    "passwort": "password",
    "pwd": "password",
    "secret": "secret",
    "client secret": "secret",
    "token": "token",
    "jwt": "token",
    "bearer": "token",
    "apikey": "api_key",
    "api key": "api_key",
    "access key": "api_key",
    "secret key": "api_key",
    "private key": "private_key",
    "signing key": "private_key",
    "encryption key": "private_key",
    "authorization": "authorization",
    "cookie": "cookie",
    "cookies": "cookie",
    "credential": "credential",
    "credentials": "credential",
    "card number": "card",
    "cvv": "card",
    "cvc": "card",
    "ssn": "ssn",
}
_GLUED: Final = ("password", "passwd", "passphrase", "apikey", "secret", "token")
# Words after the name that leave it what it is: password_hash, token2, apiKeyValue.
_SUFFIXES: Final = frozenset(
    ("value", "hash", "raw", "plain", "text", "plaintext", "old", "new", "current", "header", "confirm", "confirmation")
)
# Tokens of language models and of lists are none of these: eos_token, next_page_token, time_to_first_token.
_HARMLESS: Final = frozenset(
    (
        *("bos", "eos", "pad", "unk", "sep", "cls", "mask", "stop", "start", "end", "special", "image", "word"),
        *("next", "page", "continuation", "pagination", "cursor", "first", "last", "per", "each", "max", "min"),
    )
)
NUMBERS_TOO: Final = frozenset(("password", "card", "ssn"))  # kinds that may be numbers; "token" may count tokens

_PIECE: Final = re.compile(r"[A-Z]{1,32}(?=[A-Z][a-z])|[A-Z]?[a-z]{1,64}|[A-Z]{1,64}|[0-9]{1,32}")
_MOST_KNOWN: Final = 4096
_LONGEST: Final = 200  # a longer key is data


class Keys:
    """Tells which keys hold secrets.

    Args:
        more: further names, such as "employee id"; a key that ends with one is of kind "key".
        leave: kinds that are none.

    Attributes:
        spellings: the further names as texts may spell them.
        known: what has been said of keys so far.
    """

    def __init__(self, more: Iterable[str] = (), leave: Iterable[str] = ()) -> None:
        leave = frozenset(leave)
        own = {" ".join(words(name)): "key" for name in more}
        self._endings = {ending: kind for ending, kind in {**_ENDINGS, **own}.items() if kind not in leave}
        self._glued = tuple(word for word in (*_GLUED, *own) if word in self._endings and " " not in word)
        self._longest = max((ending.count(" ") + 1 for ending in self._endings), default=0)
        self.known: dict[str, str | None] = dict.fromkeys(("PWD", "OLDPWD"))  # a shell's folders
        self.spellings = tuple(sorted({each for name in own for each in _spellings(name.split())}))

    def kind(self, key: str) -> str | None:
        """Give the kind of secret a key holds, or None."""
        try:
            return self.known[key]
        except KeyError:
            found = self._find(key) if len(key) <= _LONGEST else None
            if len(self.known) < _MOST_KNOWN:
                self.known[key] = found
            return found

    def _find(self, key: str) -> str | None:
        name = words(key)
        while len(name) > 1 and (name[-1].isdigit() or name[-1] in _SUFFIXES):
            name.pop()
        for count in range(min(self._longest, len(name)), 0, -1):
            kind = self._endings.get(" ".join(name[-count:]))
            if kind is not None:
                return None if name[-1] == "token" and _HARMLESS.intersection(name) else kind
        for word in self._glued:
            if name and name[-1].endswith(word):
                return self._endings[word]
        return None


def _spellings(name: Sequence[str]) -> Iterator[str]:
    for mark in ("_", "-", " ", ""):
        yield from (mark.join(name), mark.join(name).upper(), mark.join(map(str.capitalize, name)))
    yield "".join([*name[:1], *map(str.capitalize, name[1:])])


def words(key: str) -> list[str]:
    """Take a name apart into lower-case words: ``X-API-Key``, ``apiKey`` and ``api_key`` read alike."""
    return [piece.lower() for piece in _PIECE.findall(key)]
