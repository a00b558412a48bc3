"""What was looked through is not looked through again: an agent's next call says all that was said before, and a bit.

Beside looking, comparing costs nothing: two texts that begin alike are told apart at some ten gigabytes a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST: Final = 512  # characters; a shorter text is looked through in less time
BEGINNING: Final = 128  # characters; texts that have it in common are compared
_MOST: Final = 4_000_000  # characters that are kept of each of the two kinds
_ENTRY: Final = 500  # bytes that remembering a text takes beside its own
_NEAR: Final = 16  # characters by which what two texts share may be taken for less


class Memory:
    """Texts that held nothing, and what became of those that may have held something.

    Attributes:
        clean: the newest of the texts that held nothing and begin alike, by their beginning.
    """

    def __init__(self) -> None:
        self.clean: dict[str, str] = {}
        self._clean_size = 0
        self._done: dict[str, tuple[str, Mapping[str, int]]] = {}
        self._done_size = 0

    def is_clean(self, beginning: str, text: str) -> None:
        """Remember a text that holds nothing."""
        size = self._clean_size + len(text)  # with those whose place another has taken
        if size > _MOST:
            self.clean = {}
            size = len(text)
        if size <= _MOST:
            self._clean_size = size
            self.clean[beginning] = text

    def done(self, text: str) -> tuple[str, Mapping[str, int]] | None:
        """Give what became of a text, and what was found in it, by kind."""
        return self._done.get(text)

    def is_done(self, text: str, new: str, found: Mapping[str, int]) -> None:
        """Remember what became of a text."""
        more = 2 * len(text) + _ENTRY
        size = self._done_size + more
        if size > _MOST:
            self._done = {}
            size = more
        if size <= _MOST:
            self._done_size = size
            self._done[text] = new, found


def shared(before: str, text: str) -> int:
    """Count the characters a text has in common with one before it, which begins alike, or a few less."""
    before = before[:-1]  # without the bracket that closes a list of messages: the text may have more of them
    if text.startswith(before):
        return len(before)
    low, high = BEGINNING, min(len(before), len(text))
    while high - low > _NEAR:
        middle = (low + high) // 2
        if before[low:middle] == text[low:middle]:
            low = middle
        else:
            high = middle
    return low
