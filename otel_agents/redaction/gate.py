"""The first look at a text: could there be anything in it? Nearly always there is not, and this is all that happens.

Python's own ``re`` reads a kilobyte in 10–20 µs and more, so the question is put to the regular expressions of
``pydantic_core``, which is installed wherever ``genai-prices`` is. Written in Rust, they look for all prefixes at once
with vector instructions, if there are 64 of them or fewer. They say yes or no but not where; what finds the place is
run on small pieces that got a yes.

A gate may say yes to too much, never no to what a finder would find.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from otel_agents.redaction.tokens import TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic_core import CoreSchema

    Gate = Callable[[str], bool]

# Parts of the names in otel_agents.redaction.keys as they are spelled before a value. More of them, or shorter ones,
# make the look slower: the rarest spellings are found in keys of values, and not in texts.
_NAMES: Final = (
    *("passw", "Passw", "PASSW", "assphrase", "ecret", "ECRET"),
    *("pikey", "pi_key", "piKey", "pi-key", "PI_KEY", "PI-KEY", "pi-Key", "PI-Key", "PIKey", "PIKEY"),
    *("ss_key", "ssKey", "SS_KEY", "te_key", "uthorization", "UTHORIZATION", "ookie", "OOKIE", "redential"),
    *('"pwd"', '_pwd"', '"cvv"', '"ssn"'),
)
# Behind "token" no "s": input_tokens and max_tokens are in every second message.
_SINGULAR: Final = "(?:token|Token|TOKEN)(?:[A-RT-Za-rt-z0-9_][A-Za-z0-9_]{0,12})?"
_BEFORE_VALUE: Final = r"(?:[\"'`\\]{0,8}\]?\s{0,3}[:=>]|[\"'\\]{1,8},|\sis\s)"
_BEARER: Final = r"(?:earer|EARER)[ \t]{1,4}[0-9A-Za-z._~+/-]{12}"
# Ten digits, two separators at most between two of them: the shortest telephone number, the beginning of a card's.
_DIGITS: Final = r"(?:[0-9][ ().+/-]{0,2}){9}[0-9]"

LOOK_AROUND: Final = 64  # characters; what a gate looks for is shorter
_COARSE, _FINE = 4096, 256  # characters of a piece


def _gate(pattern: str) -> Gate:
    from pydantic_core import SchemaValidator  # with the first text: it takes 4 MB and some 30 ms

    schema = {"type": "str", "pattern": f"(?-u:{pattern})", "regex_engine": "rust-regex"}
    return SchemaValidator(cast("CoreSchema", schema)).isinstance_python


@cache
def tokens_gate() -> Gate:
    """Say whether a text may hold a token."""
    return _gate("|".join([*(row.gate for row in TOKENS if row.gate), _BEARER]))


@cache
def names_gate(more: tuple[str, ...] = ()) -> Gate:
    """Say whether a text may hold the name of a secret before a value: of those known, or of ``more``."""
    names = f"(?:{'|'.join(map(re.escape, more or _NAMES))})[A-Za-z0-9_]{{0,12}}"
    return _gate(f"(?:{names}|{_SINGULAR}){_BEFORE_VALUE}|pwd=")


@cache
def digits_gate() -> Gate:
    """Say whether a text may hold a telephone or card number."""
    return _gate(_DIGITS)


def pieces(text: str, gate: Gate) -> Iterator[tuple[int, int]]:
    """Give the pieces of a text a gate says yes to: where each begins and ends."""
    size = len(text)
    if size <= _FINE:
        yield 0, size
        return
    for coarse in range(0, size, _COARSE):
        coarse_end = min(coarse + _COARSE, size)
        if not gate(text[coarse : coarse_end + LOOK_AROUND]):
            continue
        for fine in range(coarse, coarse_end, _FINE):
            end = min(fine + _FINE, coarse_end)
            if gate(text[fine : end + LOOK_AROUND]):
                yield fine, end
